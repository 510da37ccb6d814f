import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unit } from '../../vectors/extract/algebra.ts'
import { DEFAULT_RECIPE } from '../../vectors/extract/recipe.ts'
import type { VectorSet } from '../../vectors/extract/set.ts'
import { keyOf, normals } from '../../vectors/random.ts'
import { InputError } from '../errors.ts'
import { loadScenario } from '../scenario/load.ts'
import { studySchema } from '../scenario/schema.ts'
import { keyHash } from './canonical.ts'
import { type Plan, type PlanInput, planStudy } from './plan.ts'

const alex = loadScenario(join(import.meta.dirname, '..', '..', 'scenarios', 'alex-replacement.yaml'))
const WIDTH = 8

/** A set whose vectors follow from their names and a salt. */
function setOf(salt = '', topShare = 0.1): VectorSet {
  const names = ['calm', 'desperate', 'weather', 'lexical:calm', 'lexical:desperate']
  const layer = {
    vectors: new Map(names.map((n) => [n, Float32Array.from(unit(normals(keyOf(n + salt), WIDTH)))])),
    facts: new Map(),
    norms: { norm: 20, centred: 19, robust: 18, topShare, topDimensions: [0, 1, 2], tokens: 9, sinks: 0 },
    neutralComponents: { count: 0, share: 0 },
    neutralFactor: [Float32Array.from(normals(keyOf('factor'), WIDTH)), Float32Array.from(normals(keyOf('g'), WIDTH))],
  }
  return {
    modelSha256: 'm',
    modelLayers: 4,
    width: WIDTH,
    recipe: DEFAULT_RECIPE,
    corpusHash: 'c',
    tokenizerHash: 't',
    version: 'x',
    families: new Map([
      ['calm', 'emotion'],
      ['desperate', 'emotion'],
      ['weather', 'unrelated'],
      ['lexical:calm', 'lexical'],
      ['lexical:desperate', 'lexical'],
    ]),
    layers: new Map([
      [1, layer],
      [2, layer],
    ]),
  }
}

const entry = { scenario: 'alex-replacement', probes: ['choice'], epochs: 3, random: 1 }

function inputOf(study: object = {}, change: Partial<PlanInput> = {}): PlanInput {
  return {
    study: studySchema.parse({
      study: 's',
      title: 'S',
      vectors: ['desperate'],
      strengths: [0.1, 0.2],
      controls: { random: 2, covariance: 1, unrelated: ['weather'], lexical: true },
      manipulation: { strength: 0.1, random: 4 },
      scenarios: [entry],
      ...study,
    }),
    scenarios: new Map([['alex-replacement', alex]]),
    set: setOf(),
    layers: [2],
    identity: { modelSha256: 'm', graphVersion: 'g', tokenizerHash: 't' },
    manipulation: { concepts: ['calm', 'desperate'], contexts: ['a', 'b'], hash: 'h' },
    ...change,
  }
}

const base = planStudy(inputOf())
const keysOf = (input: PlanInput) => new Set(planStudy(input).episodes.map((e) => e.key))
const steeredKeys = (input: PlanInput) =>
  new Set(
    planStudy(input)
      .episodes.filter((e) => e.condition.additions.length > 0)
      .map((e) => e.key),
  )
const shared = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((key) => b.has(key)).length

describe('keys', () => {
  test('the same input gives the same keys, all different', () => {
    expect(keysOf(inputOf())).toEqual(new Set(base.episodes.map((e) => e.key)))
    const all = [...base.episodes, ...base.probes, ...base.checks].map((t) => t.key)
    expect(new Set(all).size).toBe(all.length)
  })

  const changedText = { ...alex, system: `${alex.system} ` }
  test.each<[string, PlanInput]>([
    ['the seed', inputOf({ seed: 2 })],
    ['the window', inputOf({ window: 'all' })],
    ['the model', inputOf({}, { identity: { modelSha256: 'n', graphVersion: 'g', tokenizerHash: 't' } })],
    ['the graph', inputOf({}, { identity: { modelSha256: 'm', graphVersion: 'h', tokenizerHash: 't' } })],
    ['the tokenizer', inputOf({}, { identity: { modelSha256: 'm', graphVersion: 'g', tokenizerHash: 'u' } })],
    [
      "the scenario's text",
      inputOf({}, { scenarios: new Map([['alex-replacement', { ...changedText, hash: keyHash(changedText) }]]) }),
    ],
  ])('%s: every key is new', (_, input) => {
    expect(shared(keysOf(input), keysOf(inputOf()))).toBe(0)
  })

  test.each<[string, PlanInput]>([
    ['the vector', inputOf({ vectors: ['calm'], scenarios: [{ ...entry, random: 0 }] })],
    ["the vector's numbers", inputOf({ scenarios: [{ ...entry, random: 0 }] }, { set: setOf('!') })],
    ['the strengths', inputOf({ strengths: [0.15, 0.3] })],
    ['the layer', inputOf({}, { layers: [1] })],
    ['the unit', inputOf({ unit: 'raw' })],
  ])('%s: steered keys are new, the baseline is shared', (_, input) => {
    expect(shared(steeredKeys(input), steeredKeys(inputOf()))).toBe(0)
    expect(shared(keysOf(input), keysOf(inputOf()))).toBe(6)
  })

  test('more epochs, other probes, another title: the old keys stay', () => {
    const more = inputOf({ title: 'T', scenarios: [{ ...entry, epochs: 5, probes: ['choice', 'draft'] }] })
    expect(shared(keysOf(more), keysOf(inputOf()))).toBe(base.episodes.length)
  })

  test('the order of keys in an object does not count, anything else does', () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(json, (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed())
        expect(keyHash(turned)).toBe(keyHash(value))
        expect(keyHash({ ...value, 'one more': 1 })).not.toBe(keyHash({ ...value, 'one more': '1' }))
      }),
    )
    expect(keyHash([1, 2])).not.toBe(keyHash([2, 1]))
    expect(() => keyHash({ strength: Number.NaN })).toThrow(TypeError)
  })
})

describe('what is planned', () => {
  test('vectors by name: signs, shifts, projections; each emotion has one lexical control, other vectors none', () => {
    const vectors = ['desperate', '-desperate', 'desperate@shift+1', 'calm⊥desperate', 'random#1', 'weather']
    const controls = { random: 2, unrelated: ['weather'], lexical: true }
    const study = { vectors, controls, scenarios: [{ ...entry, epochs: 0 }] }
    const layerTwo = setOf('!').layers.get(2)!
    const set = { ...setOf(), layers: new Map([...setOf().layers, [2, layerTwo] as const]) }
    const { conditions } = planStudy(inputOf(study, { layers: [1], set }))
    const families = new Map(conditions.map(({ vector, family }) => [vector, family]))
    expect(vectors.map((name) => families.get(name))).toEqual([...Array(4).fill('vector'), 'random', 'unrelated'])
    expect([...families].flatMap(([name, family]) => (family === 'lexical' ? [name] : []))).toEqual([
      'lexical:desperate',
      'lexical:calm',
    ])
    const addedBy = (name: string, strength: number) => {
      const { vector, coefficient } = conditions.find((c) => c.vector === name && c.strength === strength)!
        .additions[0]!
      return vector.map((v) => v * coefficient)
    }
    expect(addedBy('-desperate', 0.1)).toEqual(addedBy('desperate', -0.1))
  })

  test('seeds are shared by the conditions of an epoch and differ between epochs', () => {
    const seeds = new Map<number, Set<string>>()
    for (const { epoch, seed, isTwin } of base.episodes)
      if (!isTwin) seeds.set(epoch, (seeds.get(epoch) ?? new Set()).add(String(seed)))
    expect([...seeds.values()].map((s) => s.size)).toEqual([1, 1, 1])
    expect(new Set([...seeds.values()].flatMap((s) => [...s])).size).toBe(3)
  })

  test('episodes: both signs by default, the signs given where they are given; the twin at strength 0 only', () => {
    const strengths = (input: PlanInput) => [
      ...new Set(planStudy(input).episodes.flatMap((e) => (e.isTwin ? [] : [e.condition.strength]))),
    ]
    expect(strengths(inputOf())).toEqual([0, 0.1, -0.1, 0.2, -0.2])
    expect(strengths(inputOf({ scenarios: [{ ...entry, strengths: [-0.4, 0.3] }] }))).toEqual([0, -0.4, 0.3])
    expect(base.episodes.filter((e) => e.isTwin).map((e) => e.condition.family)).toEqual(Array(3).fill('baseline'))
  })

  test('variants that share a twin, and a twin among the variants, are planned once', () => {
    const variants = [{ threat: 'replacement' }, { threat: 'restriction' }, { threat: 'none' }]
    const plan = planStudy(inputOf({ scenarios: [{ ...entry, variants }] }))
    for (const keys of [plan.episodes, plan.probes].map((tasks) => tasks.map((t) => t.key)))
      expect(new Set(keys).size).toBe(keys.length)
    const cells = new Set(plan.episodes.map((e) => `${e.variant.name} ${e.condition.key}`))
    expect(plan.episodes).toHaveLength(3 * cells.size)
  })

  test('every steered condition of an episode has its dose measured', () => {
    const plan = planStudy(inputOf({ scenarios: [{ ...entry, strengths: [-0.4] }] }))
    const measured = new Set(plan.doses.map((c) => c.key))
    for (const { condition } of plan.episodes) expect(measured.has(condition.key)).toBe(condition.strength !== 0)
  })

  test('additions are strength × norm along the vector, nothing at the baseline', () => {
    const { vectors } = setOf().layers.get(2)!
    for (const { condition } of base.episodes) {
      const [addition] = condition.additions
      expect(addition?.coefficient ?? 0).toBe(condition.strength * 20)
      if (addition?.name === 'desperate') expect(addition.vector).toEqual(vectors.get('desperate'))
    }
  })

  test.each([
    ['norm', 20],
    ['centred', 19],
    ['robust', 18],
    ['raw', 1],
  ] as const)('strength in %s units is multiplied by %i', (unit, length) => {
    const { episodes } = planStudy(inputOf({ unit }))
    const [steered] = episodes.filter((e) => e.condition.additions.length > 0)
    expect(Math.abs(steered!.condition.additions[0]!.coefficient)).toBeCloseTo(0.1 * length, 12)
  })

  test('a band of layers gets the full strength at each, with the vitals read at its last', () => {
    const { conditions } = planStudy(inputOf({}, { layers: [1, 2] }))
    const steered = conditions.find((c) => c.vector === 'desperate')!
    expect(steered.additions.map((a) => [a.layer, a.coefficient])).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(steered.layer).toBe(2)
  })

  test('rotate keeps lengths; clamp holds the projection above +s·R or below −s·R', () => {
    const of = (operation: string, strength: number) =>
      planStudy(inputOf({ operation })).conditions.find((c) => c.vector === 'desperate' && c.strength === strength)!
    expect(of('rotate', 0.2)).toMatchObject({ keepLength: true, additions: [{ coefficient: 4 }] })
    expect(of('clamp', 0.2)).toMatchObject({ additions: [], clamps: [{ op: 'floor', bound: 4 }] })
    expect(of('clamp', -0.2)).toMatchObject({ additions: [], clamps: [{ op: 'cap', bound: -4 }] })
    expect(new Set(['add', 'rotate', 'clamp'].map((operation) => of(operation, 0.2).key)).size).toBe(3)
  })

  test('an unknown vector is refused with a suggestion, a meaningless norm with a way out', () => {
    const study = { ...inputOf().study, vectors: ['desparate'] }
    expect(() => planStudy(inputOf({}, { study }))).toThrow(/desparate.*did you mean "desperate"/)
    expect(() => planStudy(inputOf({}, { set: setOf('', 0.9) }))).toThrow(/90 % of the energy; use unit robust/)
    expect(() => planStudy(inputOf({}, { layers: [3] }))).toThrow(InputError)
    expect(planStudy(inputOf({ unit: 'raw' }, { set: setOf('', 0.9) })).episodes).not.toHaveLength(0)
  })

  test('one vector under two names is refused', () => {
    const set = setOf()
    const desperate = set.layers.get(2)!.vectors.get('desperate')!
    const imports = new Map([['copy', new Map([[2, desperate]])]])
    const vectors = ['desperate', 'import:copy']
    expect(() => planStudy(inputOf({ vectors }, { set: { ...set, imports } }))).toThrow(
      'desperate and import:copy are the same vector under two names',
    )
  })
})

describe('a workspace', () => {
  const code = loadScenario(join(import.meta.dirname, '..', '..', 'scenarios', 'impossible-code.yaml'))
  const workspace = (entry: object, change: Partial<PlanInput> = {}, tasks = code.tasks!) =>
    planStudy(
      inputOf(
        { seed: 3, scenarios: [{ scenario: 'impossible-code', ...entry }] },
        { scenarios: new Map([['impossible-code', { ...code, tasks }]]), ...change },
      ),
    )
  const several = { variants: [{}, { tests: 'conflicting' }, { tests: 'too-fast' }], epochs: 5 }
  const tasksOf = (plan: Plan, variant: string, condition: string) =>
    plan.episodes
      .filter((e) => e.variant.name.startsWith(variant) && e.condition.label === condition)
      .toSorted((a, b) => a.epoch - b.epoch)
      .map((e) => e.task!.task)

  test('an epoch plays the same task under every condition, in every variant that has it, and on the twin', () => {
    const plan = workspace(several)
    const drawn = tasksOf(plan, 'tests=one-off', 'baseline')
    expect(new Set(drawn).size).toBe(5)
    for (const { label } of plan.conditions) {
      const own = tasksOf(plan, 'tests=one-off', label)
      if (own.length > 0) expect(own).toEqual(drawn)
    }
    expect(tasksOf(plan, 'tests=conflicting', 'baseline')).toEqual(drawn)
    expect(tasksOf(plan, 'tests=original', 'baseline')).toEqual(drawn)
  })

  test('too-fast is played on the tasks that have a time limit; the tasks begin again when they are used up', () => {
    const plan = workspace({ ...several, epochs: 60 })
    const fast = tasksOf(plan, 'tests=too-fast', 'baseline')
    const having = code.tasks!.filter((t) => t.tooFast).map((t) => t.task)
    expect(new Set(fast)).toEqual(new Set(having))
    expect(fast[having.length]).toBe(fast[0])
    expect(new Set(tasksOf(plan, 'tests=one-off', 'baseline'))).toEqual(new Set(code.tasks!.map((t) => t.task)))
  })

  test('another seed draws another order; a changed task makes new keys for its own episodes and no other', () => {
    const drawn = (seed: number, tasks = code.tasks!) =>
      tasksOf(
        workspace(
          several,
          { study: inputOf({ seed, scenarios: [{ scenario: 'impossible-code', ...several }] }).study },
          tasks,
        ),
        'tests=one-off',
        'baseline',
      )
    expect(drawn(4)).not.toEqual(drawn(3))
    expect(drawn(3, code.tasks!.toReversed())).toEqual(drawn(3))
    const before = workspace(several)
    const [changed] = tasksOf(before, 'tests=one-off', 'baseline')
    const tasks = code.tasks!.map((t) => (t.task === changed ? { ...t, hash: `${t.hash}!` } : t))
    const after = workspace(several, {}, tasks)
    const keysAfter = new Set(after.episodes.map((e) => e.key))
    for (const { key, task } of before.episodes) expect(keysAfter.has(key)).toBe(task!.task !== changed)
  })

  test('a primed scenario and its twin play the same tasks: those that have two false tests to tell apart', () => {
    const primed = loadScenario(join(import.meta.dirname, '..', '..', 'scenarios', 'impossible-primed.yaml'))
    const plan = planStudy(
      inputOf(
        { scenarios: [{ scenario: 'impossible-primed', epochs: 50 }] },
        { scenarios: new Map([['impossible-primed', primed]]) },
      ),
    )
    const guilty = tasksOf(plan, 'tests=two-off', 'baseline')
    expect(tasksOf(plan, 'tests=original', 'baseline')).toEqual(guilty)
    const having = primed
      .tasks!.filter(({ oneOff, conflicting }) => oneOff.test !== conflicting.test)
      .map((t) => t.task)
    expect(new Set(guilty)).toEqual(new Set(having))
    expect(having.length).toBeGreaterThan(20)
  })

  test('its tasks are the items of its probes, the twin with the right tests', () => {
    const { probes } = workspace({ probes: ['next-line'], items: 2 })
    expect(new Set(probes.map((p) => p.item!.id)).size).toBe(2)
    expect(new Set(probes.map((p) => `${p.isTwin} ${p.variant.options['tests']}`))).toEqual(
      new Set(['false one-off', 'true original']),
    )
    for (const { item, task } of probes) expect(item!.id).toBe(task!.task)
    expect(new Set(probes.map((p) => p.key)).size).toBe(probes.length)
  })
})
