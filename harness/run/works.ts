import PQueue from 'p-queue'
import { createHash } from 'node:crypto'
import type { Subject } from '../episode/model.ts'
import { type EpisodeResult, type EpisodeTurn, runEpisode } from '../episode/agent.ts'
import type { Place } from '../episode/open-world.ts'
import { askProbe, type ProbePrompt, probePrompts } from '../episode/probe.ts'
import { readTone } from '../episode/tone.ts'
import { keyHash } from '../plan/canonical.ts'
import type { Condition } from '../plan/conditions.ts'
import type { CheckTask, EpisodeTask, Plan, ProbeTask } from '../plan/plan.ts'
import type { LoadedTask } from '../scenario/task.ts'
import { scoreEpisode } from '../score/score.ts'
import { doneKeys } from '../store/read.ts'
import type { Store } from '../store/open.ts'
import type { CodeAttempt, Outcome, RunId } from '../store/types.ts'
import {
  claimEpisode,
  failAttempt,
  finishEpisode,
  putCheckAnswer,
  putDose,
  putProbeAnswer,
  writeTurn,
} from '../store/write.ts'
import { type CheckPrompt, readCheck } from '../../vectors/verify/manipulation.ts'
import { type DoseProbe, measureDose } from '../../vectors/verify/dose.ts'
import { layerOf, type VectorSet } from '../../vectors/extract/set.ts'
import type { SandboxProvider } from '../../sandbox/types.ts'
import { attemptRows } from './attempt-rows.ts'
import { codeOutcome } from './code-outcome.ts'
import type { Work } from './work.ts'
import { turnForStore } from './turns.ts'

export interface WorkContext {
  readonly subject: Subject
  readonly set: VectorSet
  readonly store: Store
  readonly run: RunId
  readonly plan: Plan
  readonly checkConcepts: readonly string[]
  readonly checkPrompts: readonly CheckPrompt[]
  readonly dose: DoseProbe
  /** Conditions whose dose the store knows already. */
  readonly knownDoses: ReadonlySet<string>
  readonly basis: { readonly hash: string; readonly names: readonly string[] }
  /** Only where a scenario has a workspace. */
  readonly sandboxes?: SandboxProvider | undefined
  readonly now: () => Date
}

/** Keys that the store links to the run for probes and checks. */
export const answerKeys = (plan: Plan, checkConcepts: readonly string[]): string[] => [
  ...plan.checks.flatMap((task) => checkConcepts.map((concept) => checkAnswerKey(task, concept))),
  ...plan.probes.map((p) => p.key),
]

/** Everything the plan asks for that the store does not hold yet, in order: checks, doses, probes, episodes. */
export function worksOf(context: WorkContext): Work[] {
  const { plan, store } = context
  const done = doneKeys(store, [...answerKeys(plan, context.checkConcepts), ...plan.episodes.map((e) => e.key)])
  // The engine reads prompts one after another: measuring one condition at a time costs nothing and lets progress be seen.
  const one = new PQueue({ concurrency: 1 })
  const measured = [
    ...checkWorks(context, done),
    ...plan.doses.filter((c) => !context.knownDoses.has(c.key)).map((condition) => doseWork(context, condition)),
    ...probeWorks(context, done),
  ].map((work): Work => ({ ...work, run: (attempt) => one.add(() => work.run(attempt)) }))
  return [...measured, ...plan.episodes.filter((e) => !done.has(e.key)).map((task) => episodeWork(context, task))]
}

const checkAnswerKey = (task: CheckTask, concept: string): string => keyHash({ check: task.key, concept })

/** One work a condition: its contexts share a cell. */
function checkWorks(context: WorkContext, done: ReadonlySet<string>): Work[] {
  const { plan, checkConcepts, checkPrompts, subject, store } = context
  const open = plan.checks.filter((task) => checkConcepts.some((concept) => !done.has(checkAnswerKey(task, concept))))
  return grouped(open, (task) => task.condition.key).map((tasks) => ({
    key: `check ${tasks[0]!.condition.key}`,
    group: 'manipulation check',
    title: tasks[0]!.condition.label,
    async run({ signal }) {
      for (const task of tasks) {
        const prompt = checkPrompts.find((p) => p.id === task.context)!
        const values = await readCheck(subject.engine, prompt, task.condition, signal)
        for (const [i, concept] of checkConcepts.entries()) {
          const key = checkAnswerKey(task, concept)
          putCheckAnswer(store, {
            key,
            model: subject.engine.modelSha256,
            context: task.context,
            concept,
            condition: task.condition.key,
            value: values[i]!,
          })
        }
      }
    },
  }))
}

/** Damage ceiling of design §4: mean KL ≤ .2 nats a token, rise of the negative log-likelihood ≤ .5. */
const CEILING = { meanKl: 0.2, nllRise: 0.5 }

function doseWork({ subject, set, store, plan, dose }: WorkContext, condition: Condition): Work {
  return {
    key: `dose ${condition.key}`,
    group: 'dose',
    title: condition.label,
    async run() {
      const { norms } = layerOf(set, plan.site.layers[0]!)
      const effect = await measureDose(subject.engine, dose, condition)
      const { rawL2 } = effect
      putDose(store, {
        model: subject.engine.modelSha256,
        condition: condition.key,
        rawL2,
        overNorm: rawL2 / norms.norm,
        overCentred: rawL2 / norms.centred,
        overRobust: rawL2 / norms.robust,
        meanKl: effect.meanKl,
        p95Kl: effect.p95Kl,
        cosine: effect.cosine,
        nllRise: effect.nllRise,
        overCeiling: effect.meanKl > CEILING.meanKl || effect.nllRise > CEILING.nllRise,
      })
    },
  }
}

/** One work a probe and condition: its items share a cell. */
function probeWorks(context: WorkContext, done: ReadonlySet<string>): Work[] {
  const { plan, subject, store } = context
  const open = plan.probes.filter((p) => !done.has(p.key))
  const prompts = new Map<string, ProbePrompt[]>()
  const promptsOf = async (task: ProbeTask): Promise<ProbePrompt[]> => {
    const place = [task.scenario.hash, task.variant.name, task.probe.id, task.item?.id, task.isTwin].join('|')
    const known = prompts.get(place) ?? (await probePrompts(subject, { ...task, place: placeOf(context, task) }))
    prompts.set(place, known)
    return known
  }
  const cell = (p: ProbeTask) => [p.scenario.scenario, p.variant.name, p.probe.id, p.condition.key].join('|')
  return grouped(open, cell).map((tasks) => ({
    key: `probe ${cell(tasks[0]!)}`,
    group: `${tasks[0]!.scenario.scenario} · ${tasks[0]!.probe.id}`,
    title: tasks[0]!.condition.label,
    async run({ signal }) {
      for (const task of tasks) {
        const { probe, condition } = task
        const result = await askProbe(subject, await promptsOf(task), {
          kind: probe.kind,
          condition,
          window: plan.site.window,
          signal,
        })
        putProbeAnswer(store, {
          key: task.key,
          model: subject.engine.modelSha256,
          scenario: task.scenario.hash,
          variant: task.variant.name,
          item: task.item?.id ?? '',
          probe: probe.id,
          isTwin: task.isTwin,
          condition: condition.key,
          answers: result.answers,
          coverage: result.coverage,
          digest: result.digest,
          receipt: result.receipt,
        })
      }
    },
  }))
}

function episodeWork(context: WorkContext, task: EpisodeTask): Work {
  const { subject, store, run, plan, now } = context
  return {
    key: task.key,
    group: `${task.scenario.scenario} · ${task.variant.name} · ${task.condition.label}`,
    title: `epoch ${task.epoch}`,
    async run({ signal }) {
      const claim = claimEpisode(store, task.key, { run, at: now().toISOString() })
      if (claim.status === 'done') return
      try {
        const { scenario, variant, condition, seed } = task
        const turns: EpisodeTurn[] = []
        const result = await runEpisode({
          subject,
          scenario,
          variant,
          condition,
          window: plan.site.window,
          seed,
          signal,
          place: placeOf(context, task),
          onTurn: async (turn) => {
            await writeTurn(store, claim, turnForStore(turn, context, condition))
            // Only attempts are read over turns; an episode in the mailbox need not be held.
            if (task.task) turns.push(turn)
          },
        })
        const judged = await judge(context, task, { result, turns, signal })
        finishEpisode(store, claim, { digest: result.digest, ...judged, at: now().toISOString() })
      } catch (error) {
        failAttempt(store, claim, {
          at: now().toISOString(),
          kind: error instanceof Error ? error.name : 'unknown',
          message: String(error),
        })
        throw error
      }
    },
  }
}

/** The task of a workspace and where it is run; undefined for other worlds. */
function placeOf({ sandboxes }: WorkContext, { task }: { readonly task?: LoadedTask | undefined }): Place | undefined {
  return task && sandboxes ? { task, sandboxes } : undefined
}

/** What an episode comes to: its outcome, and its attempts where it had any. */
async function judge(
  { subject, set, basis, sandboxes }: WorkContext,
  { key, scenario, condition }: EpisodeTask,
  played: { readonly result: EpisodeResult; readonly turns: readonly EpisodeTurn[]; readonly signal: AbortSignal },
): Promise<{ readonly outcomes: readonly Outcome[]; readonly attempts?: readonly CodeAttempt[] }> {
  const { result, turns, signal } = played
  const { evidence, ended } = result
  if (evidence.world === 'mailbox') return { outcomes: [scoreEpisode(scenario, { evidence: evidence.mail, ended })] }
  const { code } = evidence
  const attempts = await attemptRows({
    code,
    turns,
    tokenizer: subject.tokenizer,
    readings: { set, names: basis.names, condition },
    readTone: (text) => readTone(subject, text, signal),
  })
  return { outcomes: [await codeOutcome(sandboxes!, scenario, { code, ended, secret: key })], attempts }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}

/** Sha256 over the digests of everything a run covers, in the order of the keys: equal when every episode and answer is. */
export function runDigest(parts: readonly { readonly key: string; readonly digest: string }[]): string {
  const hash = createHash('sha256')
  for (const { key, digest } of parts.toSorted((a, b) => (a.key < b.key ? -1 : 1))) hash.update(`${key} ${digest}\n`)
  return hash.digest('hex')
}
