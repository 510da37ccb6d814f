import { neutralPlace } from '../controls/named.ts'
import { InputError } from '../errors.ts'
import { cosine, dot, mean, subtract, type Vector } from '../extract/algebra.ts'
import { layerOf, type LayerVectors, type VectorSet } from '../extract/set.ts'
import { readMean, type TextReader } from '../extract/texts.ts'
import { keyOf, permutation, philox, uniform } from '../random.ts'
import { correlation } from './correlation.ts'
import { type Geometry, judgeGeometry } from './geometry.ts'
import type { VerificationItems } from './items.ts'
import { judgeSituations, type SituationsResult } from './situations.ts'

/** One of the two models that are compared, with its vectors. */
export interface Side {
  readonly reader: Pick<TextReader, 'engine' | 'tokenizer' | 'signal'>
  readonly set: VectorSet
  readonly layer: number
}

/** Whose vectors both are read with: A's, where a direction means the same in both; or each its own. */
export type ReadWith = 'shared' | 'own'

export interface Shift {
  readonly concept: string
  /** Mean over the texts of B's reading minus A's, in standard deviations of neutral text; 95 % interval over the texts' concepts. */
  readonly shift: { readonly estimate: number; readonly low: number; readonly high: number }
  /** The same over the concept's own situations; null when it has none. */
  readonly own: number | null
  /** How far neutral text itself has moved, which the readings leave out; null unless the vectors are shared. */
  readonly neutral: number | null
  /** Correlation over the texts of A's readings with B's. */
  readonly r: number
  /** Cosine of A's vector with B's; null unless shared. */
  readonly cosine: number | null
}

export interface Comparison {
  readonly vectors: ReadWith
  readonly texts: number
  /** In order of the shift, the largest first. */
  readonly shifts: readonly Shift[]
  readonly geometry: {
    /** Correlation of the two tables of cosines between concepts (Mantel 1967, Cancer Research 27:209), p against exchanged names; null for few concepts. */
    readonly cosines: { readonly r: number; readonly p: number; readonly concepts: number } | null
    readonly a: Geometry
    readonly b: Geometry
  }
  /** Each with its own vectors. */
  readonly situations: { readonly a: SituationsResult; readonly b: SituationsResult }
}

/**
 * Reads the same situations on both models and compares place by place. A reading is a text's mean projection minus that of the model's
 * own neutral texts; in shared vectors both are in units of A's neutral deviation.
 * Errors: InputError where the sets have no emotion in common, or vectors cannot be shared.
 */
export async function compareModels(
  sides: { readonly a: Side; readonly b: Side },
  items: Pick<VerificationItems, 'situations' | 'ratings'>,
  vectors: ReadWith,
): Promise<Comparison> {
  const { a, b } = sides
  const concepts = emotionsOf(a.set).filter((name) => b.set.families.get(name) === 'emotion')
  if (concepts.length === 0) throw new InputError('the two vector sets have no emotion in common')
  if (vectors === 'shared' && a.set.width !== b.set.width)
    throw new InputError(
      `vectors of width ${a.set.width} cannot be read on a model of width ${b.set.width}: compare each with its own`,
    )
  const texts = Object.entries(items.situations).flatMap(([concept, all]) => all.map((text) => ({ concept, text })))
  const labels = texts.map((t) => t.concept)
  const [rowsA, rowsB] = [await readAll(a, texts), await readAll(b, texts)]
  const [layerA, layerB] = [layerOf(a.set, a.layer), layerOf(b.set, b.layer)]
  const shifts = concepts.map((concept): Shift => {
    const own = layerA.vectors.get(concept)!
    const there = vectors === 'shared' ? own : layerB.vectors.get(concept)!
    const baseA = layerA.facts.get(concept)!
    const baseB = neutralPlace(layerB, {
      name: vectors === 'shared' ? 'shared' : concept,
      vector: there,
      family: 'vector',
    })
    const unitB = vectors === 'shared' ? baseA.neutralSd : baseB.sd
    const readA = rowsA.map((row) => (dot(row, own) - baseA.neutralMean) / baseA.neutralSd)
    const readB = rowsB.map((row) => (dot(row, there) - baseB.mean) / unitB)
    const changes = readB.map((v, i) => v - readA[i]!)
    const ownChanges = changes.filter((_, i) => labels[i] === concept)
    return {
      concept,
      shift: bootstrapped(changes, labels),
      own: ownChanges.length === 0 ? null : average(ownChanges),
      neutral: vectors === 'shared' ? (baseB.mean - baseA.neutralMean) / baseA.neutralSd : null,
      r: correlation(readA, readB),
      cosine: vectors === 'shared' ? cosine(own, layerB.vectors.get(concept)!) : null,
    }
  })
  return {
    vectors,
    texts: texts.length,
    shifts: shifts.toSorted((x, y) => y.shift.estimate - x.shift.estimate),
    geometry: {
      cosines: compareCosines(concepts, layerA, layerB),
      a: judgeGeometry(pick(layerA, concepts), items.ratings),
      b: judgeGeometry(pick(layerB, concepts), items.ratings),
    },
    situations: {
      a: situationsOf({ concepts, labels, rows: rowsA, layer: layerA }),
      b: situationsOf({ concepts, labels, rows: rowsB, layer: layerB }),
    },
  }
}

const emotionsOf = ({ families }: VectorSet): string[] =>
  [...families].flatMap(([name, family]) => (family === 'emotion' ? [name] : []))

const pick = ({ vectors }: LayerVectors, names: readonly string[]) =>
  new Map(names.map((name) => [name, vectors.get(name)!]))

async function readAll({ reader, layer }: Side, texts: readonly { readonly text: string }[]): Promise<Vector[]> {
  const on = { ...reader, layers: [layer] }
  return Promise.all(texts.map(async ({ text }) => (await readMean(on, text, { token: 1 })).layers[0]!))
}

function situationsOf(o: {
  readonly concepts: readonly string[]
  readonly labels: readonly string[]
  readonly rows: readonly Vector[]
  readonly layer: LayerVectors
}): SituationsResult {
  const tested = o.concepts.filter((concept) => o.labels.includes(concept))
  const kept = o.rows.flatMap((row, i) => (tested.includes(o.labels[i]!) ? [{ row, label: o.labels[i]! }] : []))
  const centre = kept.length > 0 ? mean(kept.map((k) => k.row)) : new Float64Array()
  return judgeSituations(
    {
      concepts: tested,
      labels: kept.map((k) => tested.indexOf(k.label)),
      rows: kept.map((k) => subtract(k.row, centre)),
    },
    (concept) => o.layer.vectors.get(concept)!,
  )
}

const RESAMPLES = 1000

/**
 * Mean with the percentile interval of the bootstrap (Efron and Tibshirani 1993, §13.3). What is drawn are the groups (the texts of one
 * concept go together), because texts of a concept are alike.
 */
export function bootstrapped(values: readonly number[], groups: readonly string[]): Shift['shift'] {
  const byGroup = new Map<string, number[]>()
  for (const [i, group] of groups.entries()) byGroup.set(group, [...(byGroup.get(group) ?? []), values[i]!])
  const parts = [...byGroup.values()].map((own) => ({ sum: own.reduce((x, y) => x + y, 0), n: own.length }))
  const words = new Uint32Array(4)
  const means = Array.from({ length: RESAMPLES }, (_, resample) => {
    const key = keyOf('bootstrap', resample)
    let [sum, n] = [0, 0]
    for (let draw = 0; draw < parts.length; draw++) {
      if (draw % 4 === 0) philox([draw, 0, 0, 0], key, words)
      const part = parts[Math.floor(uniform(words[draw % 4]!) * parts.length)]!
      sum += part.sum
      n += part.n
    }
    return sum / n
  }).toSorted((x, y) => x - y)
  return {
    estimate: average(values),
    low: means[Math.floor(0.025 * RESAMPLES)]!,
    high: means[Math.ceil(0.975 * RESAMPLES) - 1]!,
  }
}

const FEWEST_CONCEPTS = 5
const PERMUTATIONS = 1000

/** Names are exchanged in one of the tables, rows and columns together. */
function compareCosines(concepts: readonly string[], a: LayerVectors, b: LayerVectors) {
  if (concepts.length < FEWEST_CONCEPTS) return null
  const [tableA, tableB] = [tableOf(concepts, a), tableOf(concepts, b)]
  const given = concepts.map((_, i) => i)
  const left = upper(tableA, given)
  const r = correlation(left, upper(tableB, given))
  let asGood = 0
  for (let p = 0; p < PERMUTATIONS; p++) {
    const order = permutation(keyOf('cosine permutation', p), concepts.length)
    if (correlation(left, upper(tableB, order)) >= r - 1e-12) asGood++
  }
  return { r, p: (1 + asGood) / (1 + PERMUTATIONS), concepts: concepts.length }
}

const tableOf = (concepts: readonly string[], { vectors }: LayerVectors): number[][] =>
  concepts.map((x) => concepts.map((y) => cosine(vectors.get(x)!, vectors.get(y)!)))

const upper = (table: readonly (readonly number[])[], order: readonly number[]): number[] =>
  order.flatMap((row, i) => order.slice(i + 1).map((column) => table[row]![column]!))

const average = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0) / values.length
