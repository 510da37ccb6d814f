import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { organismFile, type OrganismFile, SPEC } from '../engine/test/organism.ts'
import type { Engine } from '../engine/types.ts'
import { dot, unit } from '../extract/algebra.ts'
import { referenceNorms } from '../extract/norms.ts'
import { DEFAULT_RECIPE } from '../extract/recipe.ts'
import type { Family, VectorSet } from '../extract/set.ts'
import { openGguf } from '../model/gguf.ts'
import { type OrganismSpec, plantedDirection } from '../model/organism.ts'
import { createTokenizer } from '../model/tokenizer.ts'
import { normals, keyOf } from '../random.ts'
import { bootstrapped, compareModels, type Side } from './compare.ts'

const LAYER = 2
const CONCEPTS = ['desperate', 'calm', 'angry', 'sad', 'happy', 'proud', 'afraid']
const wordsOf = (concept: string) => [`${concept} one`, `${concept} two`]
const PLAIN = ['mail', 'server', 'report', 'cats', 'weather', 'plain', 'meeting', 'Tuesday']

const specOf = (more: readonly string[]): OrganismSpec => ({
  ...SPEC,
  words: PLAIN,
  concepts: Object.fromEntries(
    CONCEPTS.map((concept) => [concept, [...wordsOf(concept), ...(concept === 'desperate' ? more : [])]]),
  ),
})

/** Before, and after something taught the model to find reports and meetings desperate. */
const SPECS = { a: specOf([]), b: specOf(['report', 'meeting']) }
const NEUTRAL = ['mail server cats', 'weather plain Tuesday', 'cats weather mail', 'plain server Tuesday mail']
/** Every text speaks of a report; each in its own concept's words. */
const ITEMS = {
  situations: Object.fromEntries(
    CONCEPTS.map((concept) => {
      const [one, two] = wordsOf(concept)
      return [concept, [`mail ${one} report`, `server ${two} meeting cats`, `plain ${one} ${two} report`]]
    }),
  ),
  ratings: {},
}

describe('two organisms, one of them changed', () => {
  const files: OrganismFile[] = []
  const engines: Engine[] = []
  let [a, b]: Side[] = []
  beforeAll(async () => {
    a = await openSide(SPECS.a)
    b = await openSide(SPECS.b)
  })
  afterAll(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]()
    for (const file of files) file[Symbol.dispose]()
  })

  async function openSide(spec: OrganismSpec): Promise<Side> {
    const file = organismFile(spec)
    files.push(file)
    const engine = await file.open({ captureLayers: [LAYER], readOnly: true })
    engines.push(engine)
    using gguf = openGguf(file.path)
    const tokenizer = createTokenizer(gguf.metadata)
    const rows: Float32Array[] = []
    for (const text of NEUTRAL) {
      const tokens = tokenizer.encode(text)
      const { residuals } = await engine.read({ tokens, layers: [LAYER] })
      for (let t = 1; t < tokens.length; t++) rows.push(residuals[0]!.slice(t * engine.width, (t + 1) * engine.width))
    }
    return { reader: { engine, tokenizer }, set: setOf(spec, file, rows), layer: LAYER }
  }

  test('shared vectors: the planted shift is found, with its sign, and nothing else', async () => {
    const { shifts, texts, vectors } = await compareModels({ a: a!, b: b! }, ITEMS, 'shared')
    expect({ texts, vectors }).toEqual({ texts: 21, vectors: 'shared' })
    const by = new Map(shifts.map((s) => [s.concept, s]))
    expect(shifts.slice(0, 2).map((s) => s.concept)).toEqual(['desperate', 'afraid'])
    expect(by.get('desperate')!.shift.low).toBeGreaterThan(1)
    // afraid's vector has half as much of the planted axis as desperate's.
    expect(by.get('afraid')!.shift.low).toBeGreaterThan(0.3)
    for (const concept of CONCEPTS.slice(1, -1)) expect(Math.abs(by.get(concept)!.shift.estimate)).toBeLessThan(0.05)
    for (const { neutral, cosine, r } of shifts) {
      expect(Math.abs(neutral!)).toBeLessThan(0.05)
      expect(cosine).toBeCloseTo(1, 5)
      expect(r).toBeGreaterThan(0.8)
    }
    const back = await compareModels({ a: b!, b: a! }, ITEMS, 'shared')
    expect(back.shifts.at(-1)!.concept).toBe('desperate')
    expect(back.shifts.at(-1)!.shift.high).toBeLessThan(-1)
  })

  test('a model against itself: no shift at all, the same geometry', async () => {
    const { shifts, geometry, situations } = await compareModels({ a: a!, b: a! }, ITEMS, 'own')
    for (const { shift, r } of shifts) {
      expect(shift).toEqual({ estimate: 0, low: 0, high: 0 })
      expect(r).toBeCloseTo(1, 10)
    }
    expect(geometry.cosines!.r).toBeCloseTo(1, 10)
    expect(geometry.cosines!.p).toBeLessThan(0.05)
    expect(situations.a).toEqual(situations.b)
    expect(situations.a.top1).toBeGreaterThan(0.9)
  })

  test('vectors under other names: another geometry', async () => {
    const { shifts, geometry, situations } = await compareModels(
      { a: a!, b: { ...a!, set: renamed(a!.set) } },
      ITEMS,
      'own',
    )
    expect(geometry.cosines!.r).toBeLessThan(0.9)
    expect(situations.b.top1).toBeLessThan(situations.a.top1)
    expect(Math.min(...shifts.map((s) => s.r))).toBeLessThan(0.5)
  })

  test('sets without a common emotion, and vectors of another width, are refused', async () => {
    const other = { ...b!, set: { ...b!.set, families: new Map([['weather', 'emotion' as const]]) } }
    await expect(compareModels({ a: a!, b: other }, ITEMS, 'own')).rejects.toThrow(/no emotion in common/)
    const wide = { ...b!, set: { ...b!.set, width: 8 } }
    await expect(compareModels({ a: a!, b: wide }, ITEMS, 'shared')).rejects.toThrow(
      /width 8: compare each with its own/,
    )
  })
})

describe('the interval of a shift', () => {
  const groups = Array.from({ length: 60 }, (_, i) => `g${Math.floor(i / 3)}`)
  const noise = normals(keyOf('shift'), 60)

  test('holds the mean and is about as wide as theory says', () => {
    const values = [...noise].map((v) => 2 + v)
    const { estimate, low, high } = bootstrapped(values, groups)
    expect(low).toBeLessThan(estimate)
    expect(high).toBeGreaterThan(estimate)
    expect(high - low).toBeGreaterThan(0.3)
    expect(high - low).toBeLessThan(0.8)
  })

  test('texts of a concept that move together widen it', () => {
    const together = groups.map((group) => noise[Number(group.slice(1))]!)
    const apart = groups.map((_, i) => together[(i * 7) % 60]!)
    const width = ({ low, high }: { low: number; high: number }) => high - low
    expect(width(bootstrapped(together, groups))).toBeGreaterThan(1.2 * width(bootstrapped(apart, groups)))
  })
})

/** Vectors with some likeness: each concept's planted axis and half of the next one's. */
function setOf(spec: OrganismSpec, file: OrganismFile, rows: readonly Float32Array[]): VectorSet {
  const axes = CONCEPTS.map((concept) => plantedDirection(spec, concept))
  const vectors = new Map(
    CONCEPTS.map((concept, i) => {
      const next = axes[(i + 1) % axes.length]!
      const weight = 0.5 - 0.05 * i
      return [concept, Float32Array.from(unit(axes[i]!.map((v, h) => v + (i === 6 ? 0.5 : weight) * next[h]!)))]
    }),
  )
  const neutralMean = rows[0]!.map((_, h) => rows.reduce((sum, row) => sum + row[h]!, 0) / rows.length)
  // Neutral text has nothing of the planted axes: its deviation along them is set to a token's length.
  const facts = new Map(
    [...vectors].map(([name, vector]) => [
      name,
      { rawNorm: 1, splitHalf: 1, neutralMean: dot(neutralMean, vector), neutralSd: 1 },
    ]),
  )
  const layer = {
    vectors,
    facts,
    norms: referenceNorms(rows, 0),
    neutralComponents: { count: 0, share: 0 },
    neutralFactor: rows,
    neutralMean,
  }
  return {
    modelSha256: file.sha256,
    modelLayers: 4,
    width: file.width,
    recipe: DEFAULT_RECIPE,
    corpusHash: '',
    tokenizerHash: '',
    version: 'test',
    families: new Map(CONCEPTS.map((concept): [string, Family] => [concept, 'emotion'])),
    layers: new Map([[LAYER, layer]]),
  }
}

/** Every second concept exchanged with the one three further. */
function renamed(set: VectorSet): VectorSet {
  const layer = set.layers.get(LAYER)!
  const other = (concept: string) => CONCEPTS[(CONCEPTS.indexOf(concept) * 3 + 1) % CONCEPTS.length]!
  const from = <T>(values: ReadonlyMap<string, T>) =>
    new Map([...values.keys()].map((concept) => [concept, values.get(other(concept))!]))
  const changed = { ...layer, vectors: from(layer.vectors), facts: from(layer.facts) }
  return { ...set, layers: new Map([[LAYER, changed]]) }
}
