import type { EpisodeView, Findings, ManipulationCheck, ScenarioFindings } from '../../reports/findings.ts'
import type { EngineStats } from '../../vectors/engine/types.ts'
import { InputError } from '../errors.ts'
import type { Scenario, Study } from '../scenario/schema.ts'
import type { Store } from '../store/open.ts'
import {
  checkAnswersOf,
  codeAttemptsOf,
  conditionsOf,
  dosesOf,
  episodesOf,
  eventsOf,
  probeAnswersOf,
  runOf,
  scenarioOf,
} from '../store/read.ts'
import type { CodeAttemptRow, ConditionFacts, DoseFacts, EpisodeRow, ProbeRow, RunId, RunRow } from '../store/types.ts'
import { attemptTableOf } from './attempts.ts'
import { probeTable } from './changes.ts'
import { type CheckParts, manipulationOf } from './check.ts'
import { claimsOf } from './claims.ts'
import { episodeView, type VitalFacts } from './episode-view.ts'
import { ratesOf } from './rates.ts'
import { readoutOf } from './readout.ts'
import { variantTables } from './variants.ts'

/** What a run wrote down about itself, beside its rows. */
export interface RunRecord {
  readonly study: Study
  readonly layer: number
  readonly layers: number
  readonly modelId: string
  /** Runs stored before the vectors could be chosen checked all concepts. */
  readonly check: Omit<CheckParts, 'vectors'> & { readonly vectors?: readonly string[] }
  readonly vitals: VitalFacts
  readonly topShare: number
  /** Absent in runs stored before cards were kept. */
  readonly card?: Findings['run']['card']
  readonly versions: Readonly<Record<string, string>>
}

/** Everything that a stored run found, as plain data for reports. Errors: InputError when there is no such run. */
export async function findingsOf(store: Store, id: RunId): Promise<Findings> {
  const run = runOf(store, id)
  if (!run) throw new InputError(`${store.path} has no run ${id}`)
  const record = run.facts as unknown as RunRecord
  const conditions = conditionsOf(store, id)
  const baseline = conditions.find((c) => c.family === 'baseline')
  if (!baseline) throw new InputError(`run ${id} was stopped before it was planned; run the study again`)
  const doses = dosesOf(store, id)
  const parts: CheckParts = { ...record.check, vectors: record.check.vectors ?? record.check.concepts }
  const manipulation = manipulationOf(checkAnswersOf(store, id), parts, {
    baseline: baseline.key,
    strength: record.study.manipulation.strength,
  })
  const data: RunData = {
    store,
    run,
    record,
    conditions,
    baseline: baseline.key,
    doses,
    manipulation,
    episodes: episodesOf(store, id),
    probes: probeAnswersOf(store, id),
    attempts: attemptsAt(codeAttemptsOf(store, id), record.layer),
  }
  const scenarios = scenariosOf(data)
  const episode = await shownEpisode(data)
  return {
    run: runFacts(data),
    manipulation,
    doses: doses.map((d) => doseOf(d, conditions)),
    scenarios,
    claims: claimsOf({ manipulation, card: record.card ?? 'not made', controls: record.study.controls }, scenarios),
    ...(episode ? { episode } : {}),
    warnings: warningsOf(data),
  }
}

/** Unsteered episodes are reused whatever layer a study steers: what was read at another one cannot be put beside this one. */
const attemptsAt = (attempts: readonly CodeAttemptRow[], layer: number): CodeAttemptRow[] =>
  attempts.map((attempt) => ({ ...attempt, vitals: attempt.vitals.filter((vital) => vital.layer === layer) }))

interface RunData {
  readonly store: Store
  readonly run: RunRow
  readonly record: RunRecord
  readonly conditions: readonly ConditionFacts[]
  readonly baseline: string
  readonly doses: readonly DoseFacts[]
  readonly manipulation: ManipulationCheck
  readonly episodes: readonly EpisodeRow[]
  readonly probes: readonly ProbeRow[]
  readonly attempts: readonly CodeAttemptRow[]
}

function runFacts({ store, run, record }: RunData): Findings['run'] {
  const { study } = record
  return {
    study: run.study,
    title: run.title,
    model: record.modelId,
    modelSha256: run.model,
    layer: record.layer,
    layers: record.layers,
    window: typeof study.window === 'string' ? study.window : JSON.stringify(study.window),
    unit: study.unit,
    // Runs stored before operations could be chosen added.
    operation: study.operation ?? 'add',
    seed: run.seed,
    vectors: study.vectors,
    card: record.card ?? 'not made',
    strengths: study.strengths.flatMap((s) => [s, -s]),
    controls: study.controls,
    episodes: run.episodes,
    prompts: promptsOf(store, run),
    startedAt: run.startedAt,
    seconds: run.finishedAt === null ? 0 : (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000,
    versions: record.versions,
    digest: run.digest ?? '',
  }
}

/** Over all goes at the run: each leaves the engine's own count. */
function promptsOf(store: Store, run: RunRow): Findings['run']['prompts'] {
  const counts = eventsOf(store, run.id).flatMap(({ kind, detail }) =>
    kind === 'engine' ? [detail as Partial<EngineStats>] : [],
  )
  if (counts.length === 0) return null
  const sum = (key: 'promptTokens' | 'reusedTokens') => counts.reduce((n, c) => n + (c[key] ?? 0), 0)
  return { tokens: sum('promptTokens'), shared: sum('reusedTokens') }
}

function doseOf(dose: DoseFacts, conditions: readonly ConditionFacts[]): Findings['doses'][number] {
  const condition = conditions.find((c) => c.key === dose.condition)!
  const { model: _model, ...numbers } = dose
  return {
    ...numbers,
    condition: condition.label,
    vector: condition.vector ?? 'none',
    strength: condition.strength ?? 0,
  }
}

function scenariosOf(data: RunData): ScenarioFindings[] {
  const { store, record, probes, episodes, conditions, baseline } = data
  const hashes = [...new Set([...probes.map((p) => p.scenario), ...episodes.map((e) => e.scenario)])]
  const overCeiling = new Set(data.doses.filter((d) => d.overCeiling).map((d) => d.condition))
  const check = checkOf(data.manipulation)
  return hashes.map((hash) => {
    const content = JSON.parse(scenarioOf(store, hash)!.content) as Scenario
    const own = episodes.filter((e) => e.scenario === hash)
    const readouts = content.probes.flatMap((probe) => {
      const asked = probes.filter((p) => p.scenario === hash && p.probe === probe.id)
      const variants = variantTables(content, asked)
      return variants.map(({ variant, rows }) => {
        const own = new Set(rows.map((r) => r.condition))
        const sweep = conditions.filter((c) => own.has(c.key))
        return readoutOf({
          id: variants.length === 1 ? probe.id : `${probe.id}, ${variant}`,
          table: probeTable(probe, rows),
          conditions: sweep,
          baseline,
          vectors: record.study.vectors,
          overCeiling,
          check,
        })
      })
    })
    const bad = content.outcomes?.bad ?? []
    const rates =
      own.length > 0 ? { rates: ratesOf({ bad, episodes: own, conditions, baseline, overCeiling, check }) } : {}
    const vital = shownVital(record)
    const attempts = attemptTableOf({ episodes: own, attempts: data.attempts, conditions, baseline, vital })
    return { scenario: content.scenario, title: content.title, readouts, ...rates, ...(attempts && { attempts }) }
  })
}

/** The study's first emotion; the case that the research is about where it has none. */
const shownVital = ({ study, vitals }: RunRecord): string =>
  study.vectors.find((name) => vitals.names.includes(name)) ?? 'desperate'

/** A vector that the check did not cover stands or falls with the whole set. */
const checkOf = (manipulation: ManipulationCheck) => (vector: string) => {
  const row = manipulation.rows.find((r) => r.vector === vector)
  if (manipulation.result === 'not testable') return { passed: false, reason: manipulation.reason }
  if (row) return { passed: row.result === 'pass', reason: `z ${row.zAgainstRandom.toFixed(1)} for ${vector}` }
  return { passed: manipulation.result === 'pass', reason: manipulation.reason }
}

/** The episode worth looking at: one with a bad outcome, else the longest steered one, else the first. */
async function shownEpisode({ store, record, episodes, conditions }: RunData): Promise<EpisodeView | undefined> {
  const done = episodes.filter((e) => e.status === 'done')
  const bad = done.find((e) => e.outcomes[0]?.value === 1)
  const episode = bad ?? done[0]
  if (!episode) return undefined
  const condition = conditions.find((c) => c.key === episode.condition)!
  return episodeView({ store, episode, condition, vitals: record.vitals })
}

function warningsOf({ run, record, episodes, doses }: RunData): string[] {
  const unscored = episodes.filter((e) => e.status === 'done' && e.outcomes[0]?.status === 'unscored').length
  const out: string[] = []
  if (record.topShare > 0.5) {
    out.push(
      `three dimensions hold ${Math.round(100 * record.topShare)} % of the residual's energy at layer ${record.layer}: unit norm overstates what ordinary dimensions get; compare doses by the robust unit`,
    )
  }
  if (record.card === 'fail')
    out.push('the verification card of the vector set fails: see duress vectors verify for what it could not show')
  if (run.status !== 'done') out.push(`the run is ${run.status}: run the same command again to go on`)
  if (unscored > 0) out.push(`${unscored} of ${episodes.length} episodes could not be scored`)
  if (run.episodes.failed > 0) out.push(`${run.episodes.failed} episodes failed and count nowhere`)
  if (doses.some((d) => d.overCeiling))
    out.push('some doses are above the damage ceiling (mean KL > .2 nats a token or NLL rise > .5)')
  return out
}
