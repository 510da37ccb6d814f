import { InfraError } from '../errors.ts'
import { finite, toJson } from './blobs.ts'
import type { Store } from './open.ts'
import { insertCodeAttempt } from './write-attempt.ts'
import type { Claim, ClaimResult, CodeAttempt, EpisodePlan, EpisodeRow, Outcome, RunId } from './types.ts'

/** Stores the episodes that a run covers and links them to it; those already done count as reused. Planning again changes nothing. */
export const planEpisodes = (store: Store, run: RunId, plans: readonly EpisodePlan[]): void =>
  store.write(() => {
    for (const plan of plans) {
      insertPlan(store, plan)
      store.run(
        `INSERT INTO run_episode (run_id, episode_id, reused) SELECT @run, id, status = 'done' FROM episode WHERE key = @key
         ON CONFLICT (run_id, episode_id) DO NOTHING`,
        { run, key: plan.key },
      )
    }
  })

/**
 * Starts the next attempt of a planned episode: turns of an unfinished attempt go, its record stays. A done episode is left alone.
 * A claim held elsewhere on the same episode becomes void.
 */
export const claimEpisode = (
  store: Store,
  key: string,
  by: { readonly run: RunId; readonly at: string },
): ClaimResult =>
  store.write(() => {
    const known = store.get<StatusRow>('SELECT id, status, attempt FROM episode WHERE key = @key', { key })
    if (!known) throw new InfraError(`expected episode ${key} in ${store.path}, found none: plan it first`)
    if (known.status === 'done') return { status: 'done', episode: known.id }
    const claim = { episode: known.id, attempt: known.attempt + 1 }
    store.run('DELETE FROM turn WHERE episode_id = @episode', { episode: claim.episode })
    store.run(
      `UPDATE episode SET status = 'running', attempt = @attempt, started_at = @at, finished_at = NULL WHERE id = @episode`,
      { ...claim, at: by.at },
    )
    store.run(
      'INSERT INTO episode_attempt (episode_id, attempt, run_id, started_at) VALUES (@episode, @attempt, @run, @at)',
      {
        ...claim,
        ...by,
      },
    )
    return { status: 'claimed', ...claim }
  })

/** Stores the outcomes, the attempts and the digest of an episode and marks it done, in one transaction. */
export const finishEpisode = (
  store: Store,
  claim: Claim,
  end: {
    readonly digest: string
    readonly outcomes: readonly Outcome[]
    readonly attempts?: readonly CodeAttempt[]
    readonly at: string
  },
): void => {
  if (end.outcomes.length === 0)
    throw new InfraError(`episode ${claim.episode}: expected an outcome, got none: an unscored one says why`)
  store.write(() => {
    checkClaim(store, claim)
    for (const outcome of end.outcomes) insertOutcome(store, claim.episode, outcome)
    for (const attempt of end.attempts ?? []) insertCodeAttempt(store, claim.episode, attempt)
    store.run(`UPDATE episode SET status = 'done', digest = @digest, finished_at = @at WHERE id = @episode`, {
      episode: claim.episode,
      digest: end.digest,
      at: end.at,
    })
    endAttempt(store, claim, { at: end.at, kind: null, message: null })
  })
}

/** Marks an attempt as failed by the machinery (never by the model): the episode may be claimed again. */
export const failAttempt = (
  store: Store,
  claim: Claim,
  failure: { readonly at: string; readonly kind: string; readonly message: string },
): void =>
  store.write(() => {
    checkClaim(store, claim)
    store.run(`UPDATE episode SET status = 'failed', finished_at = @at WHERE id = @episode`, {
      episode: claim.episode,
      at: failure.at,
    })
    endAttempt(store, claim, failure)
  })

/** Refuses a claim that is no longer the newest, so that a late worker cannot write into another attempt. Call it inside the transaction. */
export const checkClaim = (store: Store, { episode, attempt }: Claim): void => {
  const now = store.get<StatusRow>('SELECT id, status, attempt FROM episode WHERE id = @episode', { episode })
  if (now?.status === 'running' && now.attempt === attempt) return
  const found = now ? `attempt ${now.attempt}, ${now.status}` : 'no such episode'
  throw new InfraError(
    `episode ${episode}: expected attempt ${attempt} to be running, found ${found}: its claim is void, drop this attempt`,
  )
}

interface StatusRow {
  readonly id: number
  readonly status: EpisodeRow['status']
  readonly attempt: number
}

const insertPlan = (store: Store, plan: EpisodePlan): void => {
  const cell = {
    model: plan.model,
    scenario: plan.scenario,
    variant: plan.variant,
    isTwin: Number(plan.isTwin),
    condition: plan.condition,
  }
  store.run(
    `INSERT INTO cell (model, scenario, variant, is_twin, condition) VALUES (@model, @scenario, @variant, @isTwin, @condition)
     ON CONFLICT DO NOTHING`,
    cell,
  )
  store.run(
    `INSERT INTO episode (key, cell_id, epoch, seed_0, seed_1, facts)
     SELECT @key, id, @epoch, @seed0, @seed1, @facts FROM cell
     WHERE model = @model AND scenario = @scenario AND variant = @variant AND is_twin = @isTwin AND condition = @condition
     ON CONFLICT (key) DO NOTHING`,
    {
      ...cell,
      key: plan.key,
      epoch: plan.epoch,
      seed0: plan.seed[0],
      seed1: plan.seed[1],
      facts: toJson(plan.facts, `episode ${plan.key}`),
    },
  )
}

const insertOutcome = (store: Store, episode: number, outcome: Outcome): void => {
  store.run(
    `INSERT INTO outcome (episode_id, scorer, class, value, status, rule, evidence, detail)
     VALUES (@episode, @scorer, @class, @value, @status, @rule, @evidence, @detail)`,
    {
      ...outcome,
      episode,
      value: finite(outcome.value, `outcome of ${outcome.scorer}`),
      detail: outcome.detail === undefined ? null : toJson(outcome.detail, `outcome of ${outcome.scorer}`),
    },
  )
}

const endAttempt = (
  store: Store,
  claim: Claim,
  end: { readonly at: string; readonly kind: string | null; readonly message: string | null },
): void => {
  store.run(
    'UPDATE episode_attempt SET ended_at = @at, error_kind = @kind, message = @message WHERE episode_id = @episode AND attempt = @attempt',
    { episode: claim.episode, attempt: claim.attempt, ...end },
  )
}
