import { dot } from '../../vectors/extract/algebra.ts'
import type { VitalFacts } from '../analyse/episode-view.ts'
import { keyHash } from '../plan/canonical.ts'
import { type Plan, type PlanInput, planStudy, type PlannedScenario } from '../plan/plan.ts'
import type { Study } from '../scenario/schema.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { sinkNorm } from '../../vectors/extract/norms.ts'
import { layerOf, setHash, type VectorSet, vectorHash } from '../../vectors/extract/set.ts'
import type { KvType } from '../../vectors/model/graph-builder.ts'
import { graphVersionOf } from '../../vectors/model/graph.ts'
import { type CardWord, cardWord } from '../../vectors/verify/card-file.ts'
import { openDoseProbe } from '../../vectors/verify/dose.ts'
import { loadItems } from '../../vectors/verify/items.ts'
import { checkPrompts } from '../../vectors/verify/manipulation.ts'
import { CORE_CONCEPTS, loadCorpus } from '../../vectors/stories/corpus.ts'
import { checkAnswersOf, dosesOf, episodesOf, modelOf, probeAnswersOf } from '../store/read.ts'
import type { Store } from '../store/open.ts'
import type { RunId } from '../store/types.ts'
import {
  beginRun,
  finishRun,
  planConditions,
  planEpisodes,
  planProbes,
  putBasis,
  putCondition,
  putEvent,
  putModel,
  putScenario,
  putVectorSet,
} from '../store/write.ts'
import { InfraError, InputError } from '../errors.ts'
import { SandboxInfraError } from '../../sandbox/errors.ts'
import type { SandboxProvider } from '../../sandbox/types.ts'
import { speaksOfThinking } from '../episode/window.ts'
import { calibrateLengths } from './calibrate.ts'
import { vectorNeeds, withImports } from './named-vectors.ts'
import { runWork } from './schedule.ts'
import {
  basisNames,
  captureLayersOf,
  type Machine,
  type ModelOnDisk,
  openModel,
  openRunEngine,
  openVectors,
  type StepProgress,
} from './subject.ts'
import type { ScheduleResult, ScheduleSink, Work } from './work.ts'
import { answerKeys, runDigest, worksOf } from './works.ts'

export interface StudyRun {
  readonly study: Study
  readonly scenarios: ReadonlyMap<string, PlannedScenario>
  readonly store: Store
  readonly machine: Machine
  /** Rows that decode at once. */
  readonly maxRows: number
  /** Memory for keys and values. @default a quarter of what is free */
  readonly kvBytes?: number
  /** Of keys and values. @default 'f32' */
  readonly kvType?: KvType
  readonly command: string
  readonly versions: Readonly<Record<string, string>>
  /** Opens the sandboxes; called only when a scenario has a workspace. */
  readonly openSandboxes: () => Promise<SandboxProvider>
  /** Soft stop: finish what runs, start nothing new. */
  readonly soft: AbortSignal
  readonly onStep: StepProgress
  /** Told of every work's progress; made when the works are known. */
  readonly sinkOf: (works: readonly Pick<Work, 'key' | 'group'>[], run: RunId) => ScheduleSink
}

export interface StudyResult {
  readonly run: RunId
  readonly schedule: ScheduleResult
  readonly digest: string
}

/** A timed-out attempt is infrastructure: an episode of a few hundred tokens takes seconds. */
const ATTEMPT_TIMEOUT_MS = 1_800_000
const RETRIES = 2

/** Carries out a study: whatever the store holds already is reused by key, the rest is run and stored. */
export async function runStudy(options: StudyRun): Promise<StudyResult> {
  const { study, store, machine, onStep, scenarios } = options
  const sandboxes = hasWorkspace(scenarios) ? await holding(options.openSandboxes) : undefined
  const model = await openModel(study.model, machine, onStep)
  if (speaksOfThinking(study.window) && !model.chat.thinkTags)
    throw new InputError(
      `the window speaks of role think, but ${model.file.id} has no chat template with <think> tags: choose other roles or another model`,
    )
  const layers = steeredLayers(study, model.layers)
  const layer = layers.at(-1)!
  const needs = vectorNeeds(study.vectors, layers)
  const emotions = new Set(loadCorpus().concepts.map((c) => c.name))
  const own = needs.concepts.filter((name) => emotions.has(name))
  const concepts = study.concepts === 'all' ? 'all' : [...new Set([...CORE_CONCEPTS, ...own])]
  // Shifts that leave the model are refused where their vector is asked for.
  const read = needs.layers.filter((at) => at >= 0 && at < model.layers)
  const { set: extracted, path } = await openVectors(
    model,
    machine,
    { layers: captureLayersOf(model, { depths: study.trace, steered: [...layers, ...read] }), concepts },
    onStep,
  )
  const set = withImports(extracted, machine.home, needs)
  const contextTokens = contextOf(scenarios)
  await using engine = await openRunEngine(
    model,
    machine,
    {
      set,
      steerLayers: layers,
      operations: study.operation === 'add' ? 0 : 1,
      contextTokens,
      maxRows: options.maxRows,
      ...(options.kvBytes === undefined ? {} : { kvBytes: options.kvBytes }),
      ...(options.kvType === undefined ? {} : { kvType: options.kvType }),
    },
    onStep,
  )
  const items = loadItems().manipulation
  const manipulation = { concepts: items.concepts, contexts: items.contexts.slice(0, study.manipulation.contexts) }
  const planInput: PlanInput = {
    study,
    scenarios,
    set,
    layers,
    identity: {
      modelSha256: model.file.sha256,
      graphVersion: engine.graphVersion,
      tokenizerHash: model.tokenizer.hash,
    },
    manipulation: {
      concepts: manipulation.concepts,
      contexts: manipulation.contexts.map((c) => c.id),
      hash: keyHash(manipulation),
    },
  }
  const subject = { engine, tokenizer: model.tokenizer, chat: model.chat }
  const dose = await openDoseProbe(subject, loadCorpus().neutral[0]!, layers)
  const onProgress = (done: number, total: number) => onStep('calibrate', done, total)
  const lengths =
    study.unit === 'kl' ? { lengthOf: await calibrateLengths({ engine, dose, plan: planInput, onProgress }) } : {}
  const plan = planStudy({ ...planInput, ...lengths })
  const basis = { names: basisNames(set), hash: keyHash({ names: basisNames(set), set: setHash(set) }) }
  const card = cardWord({ path, set: extracted }, layers)
  const parts = { model, set, plan, layer, card, basis, concepts: manipulation.concepts }
  const run = register(options, { ...parts, sandbox: await sandboxFacts(sandboxes) })
  const works = worksOf({
    subject,
    set,
    store,
    run,
    plan,
    checkConcepts: manipulation.concepts,
    checkPrompts: checkPrompts(subject, manipulation),
    dose,
    knownDoses: new Set(dosesOf(store, run).map((d) => d.condition)),
    basis,
    sandboxes,
    now: machine.now,
  })
  const schedule = await runWork(works, {
    concurrency: options.maxRows,
    timeoutMs: ATTEMPT_TIMEOUT_MS,
    retries: RETRIES,
    retryDelayMs: 500,
    signal: options.soft,
    hardSignal: machine.signal,
    sink: options.sinkOf(works, run),
  })
  const digest = digestOf(store, run)
  const status = schedule.interrupted ? 'interrupted' : schedule.failed > 0 ? 'failed' : 'done'
  putEvent(store, run, { at: machine.now().toISOString(), kind: 'engine', detail: { ...engine.stats() } })
  finishRun(store, run, { status, at: machine.now().toISOString(), digest })
  return { run, schedule, digest }
}

const hasWorkspace = (scenarios: ReadonlyMap<string, PlannedScenario>): boolean =>
  [...scenarios.values()].some(({ world }) => world === 'workspace')

/** A sandbox that does not hold here is told before anything is run. */
async function holding(open: () => Promise<SandboxProvider>): Promise<SandboxProvider> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof SandboxInfraError) throw new InfraError(error.message, { cause: error })
    throw error
  }
}

/** Results of two sandboxes are not results of the same thing. */
async function sandboxFacts(sandboxes: SandboxProvider | undefined) {
  if (!sandboxes) return null
  const { backend, profileHash, guarantees, versions } = await sandboxes.probe()
  return { backend, profileHash, guarantees, versions }
}

const steeredLayers = ({ layers, layer, depth }: Study, count: number): number[] =>
  layers ? [...new Set(layers)].toSorted((a, b) => a - b) : [layer ?? layerAt(depth, count)]

const contextOf = (scenarios: ReadonlyMap<string, PlannedScenario>): number =>
  Math.max(512, ...[...scenarios.values()].map((s) => s.limits.contextTokens))

interface Registered {
  readonly model: ModelOnDisk
  readonly set: VectorSet
  readonly plan: Plan
  readonly layer: number
  /** What is known of the vectors when the run begins. */
  readonly card: CardWord
  readonly basis: { readonly names: readonly string[]; readonly hash: string }
  readonly concepts: readonly string[]
  /** What ran the model's code; null where nothing did. */
  readonly sandbox: Awaited<ReturnType<typeof sandboxFacts>>
}

/** Puts into the store what episodes and answers will refer to. */
function register(options: StudyRun, { model, set, plan, layer, card, basis, concepts, sandbox }: Registered): RunId {
  const { store, study, machine, scenarios, kvType = 'f32' } = options
  const { file } = model
  refuseOtherKvType(store, file.sha256, kvType)
  putModel(store, {
    sha256: file.sha256,
    id: file.id,
    architecture: String(model.gguf.metadata.get('general.architecture')),
    graphVersion: graphVersionOf(kvType),
    facts: { title: model.title, layers: model.layers, width: model.width, kvType },
  })
  for (const { path: _path, hash: _hash, tasks: _tasks, ...content } of scenarios.values()) {
    putScenario(store, {
      id: content.scenario,
      title: content.title,
      bad: content.outcomes?.bad ?? [],
      content: JSON.stringify(content),
    })
  }
  putVectorSet(store, vectorSetFacts(set, file.sha256))
  putBasis(store, basis)
  const run = beginRun(store, {
    study: study.study,
    title: study.title,
    model: file.sha256,
    seed: study.seed,
    command: options.command,
    startedAt: machine.now().toISOString(),
    facts: {
      study,
      layer,
      layers: model.layers,
      modelId: file.id,
      topShare: set.layers.get(layer)!.norms.topShare,
      vitals: vitalFacts(set, plan, layer),
      vectorSet: setHash(set),
      card,
      sandbox,
      check: {
        concepts,
        vectors: plan.check.vectors,
        own: keys(plan.check.own),
        lexical: keys(plan.check.lexical),
        random: keys(plan.check.random),
      },
      threads: machine.threads,
      maxRows: options.maxRows,
      kvType,
      versions: options.versions,
    },
  })
  for (const { key, label, family, vector, strength, unit, layer: at, window } of plan.conditions) {
    putCondition(store, { key, label, family, vector, strength, unit, spec: { layer: at, window } })
  }
  planConditions(
    store,
    run,
    plan.conditions.map((c) => c.key),
  )
  planEpisodes(
    store,
    run,
    plan.episodes.map(({ key, scenario, variant, isTwin, condition, epoch, seed, task }) => ({
      key,
      model: file.sha256,
      scenario: scenario.hash,
      variant: variant.name,
      isTwin,
      condition: condition.key,
      epoch,
      seed,
      facts: { window: study.window, studySeed: study.seed, ...(task && { task: task.task, taskHash: task.hash }) },
    })),
  )
  planProbes(store, run, answerKeys(plan, concepts))
  return run
}

/** Doses and checks are stored by condition and model: of two types of keys and values they would be mixed. */
function refuseOtherKvType(store: Store, sha256: string, kvType: KvType): void {
  const known = modelOf(store, sha256)
  const before = (known?.facts as { readonly kvType?: KvType } | undefined)?.kvType ?? 'f32'
  if (known && before !== kvType)
    throw new InputError(
      `${store.path} holds runs of this model with keys and values in ${before}, not ${kvType}: use another --db`,
    )
}

/** Emotions shown in reports: those of the manipulation check. */
function vitalFacts(set: VectorSet, plan: Plan, layer: number): VitalFacts {
  const { vectors, facts, norms } = layerOf(set, layer)
  const names = plan.check.concepts
  const neutral = Object.fromEntries(
    names.map((name) => [name, { mean: facts.get(name)!.neutralMean, sd: facts.get(name)!.neutralSd }]),
  )
  const steering = new Map(plan.episodes.flatMap((e) => e.condition.additions.map((a) => [a.name, a.vector] as const)))
  const overlapWith = (vector: Float32Array) =>
    Object.fromEntries(names.map((name) => [name, dot(vector, vectors.get(name)!)]))
  return {
    layer,
    sinkNorm: sinkNorm(norms),
    names,
    neutral,
    overlap: Object.fromEntries([...steering].map(([name, vector]) => [name, overlapWith(vector)])),
  }
}

const keys = (conditions: readonly { readonly key: string }[]): string[] => conditions.map((c) => c.key)

function vectorSetFacts(set: VectorSet, model: string) {
  const vectors = [...set.layers].flatMap(([layer, { vectors: byName, facts }]) =>
    [...byName].map(([name, vector]) => ({
      name,
      layer,
      family: set.families.get(name)!,
      hash: vectorHash(vector),
      rawNorm: facts.get(name)!.rawNorm,
    })),
  )
  const { recipe, corpusHash, version } = set
  return { hash: setHash(set), model, name: 'shipped corpus', facts: { recipe, corpusHash, version }, vectors }
}

function digestOf(store: Store, run: RunId): string {
  const episodes = episodesOf(store, run).flatMap((e) => (e.digest === null ? [] : [{ key: e.key, digest: e.digest }]))
  const probes = probeAnswersOf(store, run).map((p) => ({ key: p.key, digest: p.digest }))
  const checks = checkAnswersOf(store, run).map((c) => ({ key: c.key, digest: String(c.value) }))
  return runDigest([...episodes, ...probes, ...checks])
}
