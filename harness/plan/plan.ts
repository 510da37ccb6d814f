import { InputError } from '../errors.ts'
import { keyOf, type RandomKey } from '../../vectors/random.ts'
import { knownNames } from '../../vectors/controls/named.ts'
import { type KnownNames, parseVectorName, subjectOf } from '../../vectors/extract/names.ts'
import type { VectorSet } from '../../vectors/extract/set.ts'
import { chooseVariant, type Variant } from '../scenario/expand.ts'
import type { Item, Probe, Scenario, Study } from '../scenario/schema.ts'
import type { LoadedTask } from '../scenario/task.ts'
import { hasTests, testsOf } from '../scenario/workspace.ts'
import { keyHash } from './canonical.ts'
import { baselineCondition, type Condition, isSteered, type Site, steeredCondition } from './conditions.ts'

/** Raised whenever the same inputs would give other episodes. */
const PROTOCOL_VERSION = 5

export type PlannedScenario = Scenario & {
  readonly path: string
  readonly hash: string
  /** Of a workspace, in the order of their names. */
  readonly tasks?: readonly LoadedTask[]
}

/** What a key depends on beside the scenario and the condition. */
export interface SubjectIdentity {
  readonly modelSha256: string
  readonly graphVersion: string
  readonly tokenizerHash: string
}

export interface ProbeTask {
  readonly key: string
  readonly scenario: PlannedScenario
  readonly variant: Variant
  readonly probe: Probe
  readonly item: Item | undefined
  /** Of a workspace. */
  readonly task?: LoadedTask | undefined
  readonly isTwin: boolean
  readonly condition: Condition
}

export interface EpisodeTask {
  readonly key: string
  readonly scenario: PlannedScenario
  readonly variant: Variant
  readonly isTwin: boolean
  readonly condition: Condition
  readonly epoch: number
  readonly seed: RandomKey
  /** Of a workspace: the same in every condition of an epoch. */
  readonly task?: LoadedTask | undefined
}

export interface CheckTask {
  readonly key: string
  readonly context: string
  readonly condition: Condition
}

export interface Plan {
  readonly site: Site
  /** Baseline first. */
  readonly conditions: readonly Condition[]
  /** Conditions of the manipulation check by role. */
  readonly check: {
    /** Of the continuations. */
    readonly concepts: readonly string[]
    /** Those whose vectors are applied. */
    readonly vectors: readonly string[]
    readonly own: readonly Condition[]
    readonly lexical: readonly Condition[]
    readonly random: readonly Condition[]
  }
  readonly checks: readonly CheckTask[]
  readonly doses: readonly Condition[]
  readonly probes: readonly ProbeTask[]
  readonly episodes: readonly EpisodeTask[]
}

export interface PlanInput {
  readonly study: Study
  readonly scenarios: ReadonlyMap<string, PlannedScenario>
  readonly set: VectorSet
  /** Steered layers, ascending. */
  readonly layers: readonly number[]
  readonly identity: SubjectIdentity
  /** Of a calibration, see `Site`; wanted for unit kl. */
  readonly lengthOf?: Site['lengthOf']
  /** Concepts of the manipulation check and its contexts' ids. */
  readonly manipulation: {
    readonly concepts: readonly string[]
    readonly contexts: readonly string[]
    readonly hash: string
  }
}

/**
 * A study as cells and episodes with keys and seeds. Pure: the same input gives the same plan.
 * Errors: InputError for what cannot be planned: unknown vectors, one vector under two names, a variant without a task.
 */
export function planStudy(input: PlanInput): Plan {
  const { study, set, layers, manipulation } = input
  const site: Site = {
    layers,
    operation: study.operation,
    unit: study.unit,
    window: study.window,
    ...(input.lengthOf && { lengthOf: input.lengthOf }),
  }
  const steer = (name: string, strength: number) => steeredCondition(set, site, name, strength)
  const baseline = baselineCondition(site)
  const targets = both(study.vectors, study.strengths, steer)
  const controlStrengths = study.controls.strengths ?? [Math.max(...study.strengths)]
  const controls = both(controlNames(study, knownNames(set)), controlStrengths, steer)
  const sweep = [baseline, ...targets, ...controls]
  // Taking a direction away cannot show what it is named after: the check adds it.
  const checkSite: Site = study.operation === 'ablate' ? { ...site, operation: 'add' } : site
  const asCheck = (name: string) => steeredCondition(set, checkSite, name, study.manipulation.strength)
  const checked = checkedVectors(study, manipulation.concepts)
  const check = {
    concepts: manipulation.concepts,
    vectors: checked,
    own: checked.map(asCheck),
    lexical: study.controls.lexical ? checked.map((c) => asCheck(`lexical:${c}`)) : [],
    random: range(study.manipulation.random).map((i) => asCheck(`random#${i}`)),
  }
  const checks = [baseline, ...check.own, ...check.lexical, ...check.random].flatMap((condition) =>
    manipulation.contexts.map((context) => ({ key: checkKey(input, context, condition), context, condition })),
  )
  const episodes = distinct(planEpisodes(input, baseline, steer))
  const everything = [...sweep, ...checks.map((c) => c.condition), ...episodes.map((e) => e.condition)]
  refuseOneVectorTwice(everything)
  const conditions = distinct(everything)
  return {
    site,
    conditions,
    check,
    checks,
    doses: distinct([
      ...targets,
      ...controls.filter((c) => c.vector === 'random#0'),
      ...episodes.map((e) => e.condition).filter(isSteered),
    ]),
    probes: distinct(planProbes(input, sweep)),
    episodes,
  }
}

/** Under two names one condition would be counted once, and the other name would have no results. */
function refuseOneVectorTwice(conditions: readonly Condition[]): void {
  const known = new Map<string, Condition>()
  for (const condition of conditions) {
    const first = known.get(condition.key) ?? condition
    if (first.vector !== condition.vector)
      throw new InputError(
        `${first.vector} and ${condition.vector} are the same vector under two names: leave one of them out of the study`,
      )
    known.set(condition.key, first)
  }
}

/** Errors: InputError when the study asks to check its own vectors and none of them has check texts. */
function checkedVectors({ manipulation, vectors }: Study, concepts: readonly string[]): readonly string[] {
  if (manipulation.vectors === 'all') return concepts
  const own = concepts.filter((c) => vectors.includes(c))
  if (own.length === 0)
    throw new InputError(
      `manipulation.vectors is "study", but none of the study's vectors has texts in the manipulation check (${concepts.join(', ')}): use "all"`,
    )
  return own
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

function controlNames({ controls, vectors }: Study, { emotions }: KnownNames): string[] {
  return [
    ...range(controls.random).map((i) => `random#${i}`),
    ...range(controls.covariance).map((i) => `covariance#${i}`),
    ...range(controls.shuffled).map((i) => `shuffled#${i}`),
    ...controls.unrelated,
    ...(controls.lexical ? lexicalNames(vectors, emotions) : []),
  ]
}

/** The words of the emotions that the vectors are about: a random or unrelated vector has none. */
const lexicalNames = (vectors: readonly string[], emotions: readonly string[]): string[] => {
  const subjects = vectors.map((name) => subjectOf(parseVectorName(name)))
  return [...new Set(subjects)].flatMap((word) =>
    word !== undefined && emotions.includes(word) ? [`lexical:${word}`] : [],
  )
}

const both = (
  names: readonly string[],
  strengths: readonly number[],
  steer: (name: string, strength: number) => Condition,
): Condition[] => names.flatMap((name) => strengths.flatMap((s) => [steer(name, s), steer(name, -s)]))

/** The first of each key: variants may share a twin, and a twin may be one of the variants. */
function distinct<T extends { readonly key: string }>(all: readonly T[]): T[] {
  const seen = new Set<string>()
  return all.filter(({ key }) => !seen.has(key) && seen.add(key))
}

function planProbes(input: PlanInput, sweep: readonly Condition[]): ProbeTask[] {
  return input.study.scenarios.flatMap((entry) => {
    const scenario = input.scenarios.get(entry.scenario)!
    const probes = scenario.probes.filter((p) => entry.probes.includes(p.id))
    const items = scenario.items.length > 0 ? scenario.items.slice(0, entry.items) : [undefined]
    return entry.variants.flatMap((chosen) =>
      places(scenario, chosen, { items, twin: entry.twin }).flatMap((place) =>
        withTasks(input, place.variant, { scenario, count: entry.items }).flatMap((played) =>
          probes.flatMap((probe) =>
            sweep.map((condition): ProbeTask => {
              const task = { scenario, ...place, ...played, probe, condition }
              return { key: probeKey(input, task), ...task }
            }),
          ),
        ),
      ),
    )
  })
}

/** In a workspace the tasks are the items. */
function withTasks(
  { study }: PlanInput,
  variant: Variant,
  { scenario, count }: { scenario: PlannedScenario; count: number | undefined },
): { readonly item?: Item; readonly task?: LoadedTask }[] {
  if (!scenario.tasks) return [{}]
  const tasks = playedTasks(scenario, variant, study.seed).slice(0, count)
  return tasks.map((task) => ({ task, item: { id: task.task, set: {}, twin: {} } }))
}

/** Guilty and twin: an item has its own twin lines; an agent scenario's twin is a variant. */
function places(
  scenario: PlannedScenario,
  chosen: Readonly<Record<string, string>>,
  { items, twin }: { items: readonly (Item | undefined)[]; twin: boolean },
) {
  const variant = chooseVariant(scenario, chosen)
  const guilty = items.map((item) => ({ variant, item, isTwin: false }))
  if (!twin) return guilty
  if (scenario.twin)
    return [
      ...guilty,
      { variant: chooseVariant(scenario, { ...chosen, ...scenario.twin.set }), item: undefined, isTwin: true },
    ]
  return [...guilty, ...items.filter((item) => item !== undefined).map((item) => ({ variant, item, isTwin: true }))]
}

function planEpisodes(
  input: PlanInput,
  baseline: Condition,
  steer: (name: string, strength: number) => Condition,
): EpisodeTask[] {
  const { study } = input
  return study.scenarios.flatMap((entry) => {
    if (entry.epochs === 0) return []
    const scenario = input.scenarios.get(entry.scenario)!
    const strengths = entry.strengths ?? study.strengths.flatMap((s) => [s, -s])
    const names = [...(entry.vectors ?? study.vectors), ...range(entry.random ?? 0).map((i) => `random#${i}`)]
    const conditions = [baseline, ...names.flatMap((name) => strengths.map((s) => steer(name, s)))]
    return entry.variants.flatMap((chosen) =>
      places(scenario, chosen, { items: [undefined], twin: entry.twin }).flatMap(({ variant, isTwin }) =>
        // Conditions of an epoch follow one another, so that they share its prompt.
        range(entry.epochs).flatMap((epoch) =>
          // The twin shows what the scenario scores where nothing is wrong: the baseline is enough.
          (isTwin ? [baseline] : conditions).map((condition): EpisodeTask => {
            const seed = keyOf('episode', study.seed, scenario.scenario, variant.name, epoch)
            const played = scenario.tasks ? { task: taskOf(scenario, variant, { seed: study.seed, epoch }) } : {}
            const task = { scenario, variant, isTwin, condition, epoch, seed, ...played }
            return { key: episodeKey(input, task), ...task }
          }),
        ),
      ),
    )
  })
}

/** Epoch k plays task k of the drawn order, from its start again when it is used up. */
function taskOf(
  scenario: PlannedScenario,
  variant: Variant,
  { seed, epoch }: { seed: number; epoch: number },
): LoadedTask {
  const tasks = playedTasks(scenario, variant, seed)
  const task = tasks[epoch % tasks.length]
  if (!task) throw new InputError(`${scenario.scenario}: no task can be played in the variant ${variant.name}`)
  return task
}

/**
 * The tasks that have the variant's tests, in an order that the seed draws: the same under every condition. Tests that only some scenarios
 * have are asked for in all their variants, so that a twin plays the same tasks.
 */
function playedTasks(
  { scenario, variants, tasks = [] }: PlannedScenario,
  variant: Variant,
  seed: number,
): LoadedTask[] {
  const needed = [
    testsOf(variant),
    ...(Object.hasOwn(variants['tests'] ?? {}, 'two-off') ? (['two-off'] as const) : []),
  ]
  const drawn = (task: LoadedTask) => keyOf('task', seed, scenario, task.task)[0]
  return tasks
    .filter((task) => needed.every((tests) => hasTests(task, tests)))
    .toSorted((a, b) => drawn(a) - drawn(b) || (a.task < b.task ? -1 : 1))
}

/** Everything that decides an episode's bytes; any change makes a new key. */
function episodeKey({ identity, study }: PlanInput, task: Omit<EpisodeTask, 'key'>): string {
  return keyHash({
    kind: 'episode',
    protocol: PROTOCOL_VERSION,
    ...identity,
    scenario: task.scenario.hash,
    variant: task.variant.name,
    task: task.task?.hash,
    condition: task.condition.key,
    window: study.window,
    epoch: task.epoch,
    seed: study.seed,
  })
}

function probeKey({ identity, study }: PlanInput, task: Omit<ProbeTask, 'key'>): string {
  return keyHash({
    kind: 'probe',
    protocol: PROTOCOL_VERSION,
    ...identity,
    scenario: task.scenario.hash,
    variant: task.variant.name,
    probe: task.probe.id,
    item: task.item?.id ?? null,
    task: task.task?.hash,
    isTwin: task.isTwin,
    condition: task.condition.key,
    window: study.window,
  })
}

function checkKey({ identity, manipulation }: PlanInput, context: string, condition: Condition): string {
  return keyHash({
    kind: 'check',
    protocol: PROTOCOL_VERSION,
    ...identity,
    items: manipulation.hash,
    context,
    condition: condition.key,
  })
}
