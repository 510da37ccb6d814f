import { dot, mean, type Vector } from '../extract/algebra.ts'
import { readMean, type TextReader } from '../extract/texts.ts'
import { keyOf, permutation } from '../random.ts'

export interface SituationsResult {
  readonly result: 'pass' | 'fail' | 'not testable'
  readonly top1: number
  readonly top3: number
  readonly chance: number
  /** 95th percentile of top-1 over label permutations. */
  readonly permuted95: number
  /** Share of a concept's situations that project on its own vector most. */
  readonly byConcept: Readonly<Record<string, number>>
}

/** Situations as read on a model: one centred mean residual each, and the concept it stands for. */
export interface ReadSituations {
  readonly concepts: readonly string[]
  /** Index into `concepts`. */
  readonly labels: readonly number[]
  /** (situations, H), centred on their mean. */
  readonly rows: readonly Vector[]
}

/** Reads every situation of the named concepts as a mean over its tokens. */
export async function readSituations(
  reader: TextReader,
  situations: Readonly<Record<string, readonly string[]>>,
  concepts: readonly string[],
): Promise<ReadSituations> {
  const texts = concepts.flatMap((concept, label) => (situations[concept] ?? []).map((text) => ({ label, text })))
  const means = await Promise.all(
    texts.map(async ({ text }) => (await readMean(reader, text, { token: 1 })).layers[0]!),
  )
  if (means.length === 0) return { concepts, labels: [], rows: [] }
  const centre = mean(means)
  return {
    concepts,
    labels: texts.map((t) => t.label),
    rows: means.map((m) => m.map((v, i) => v - centre[i]!)),
  }
}

/** The vector that a situation projects on most should be its own. Fewer than two concepts leave nothing to choose from. */
export function judgeSituations(
  { concepts, labels, rows }: ReadSituations,
  vectorOf: (concept: string) => Float32Array,
): SituationsResult {
  if (concepts.length < 2) return { result: 'not testable', top1: 0, top3: 0, chance: 1, permuted95: 1, byConcept: {} }
  const scores = standardScores(rows, concepts.map(vectorOf))
  const ranks = scores.map((row, i) => row.filter((v) => v > row[labels[i]!]!).length)
  const top = (k: number) => ranks.filter((r) => r < k).length / ranks.length
  const permuted95 = permutationLimit(scores, labels)
  const rateOf = (concept: number) => {
    const own = ranks.filter((_, i) => labels[i] === concept)
    return own.filter((r) => r === 0).length / own.length
  }
  return {
    result: top(1) > permuted95 ? 'pass' : 'fail',
    top1: top(1),
    top3: top(3),
    chance: 1 / concepts.length,
    permuted95,
    byConcept: Object.fromEntries(concepts.map((c, i) => [c, rateOf(i)])),
  }
}

/** (rows, vectors): projections of centred rows; each vector's column has mean square 1, because vectors differ in their spread. */
export function standardScores(rows: readonly Vector[], vectors: readonly ArrayLike<number>[]): number[][] {
  const raw = rows.map((row) => vectors.map((v) => dot(row, v)))
  const spread = vectors.map((_, k) => Math.sqrt(raw.reduce((s, row) => s + row[k]! ** 2, 0) / raw.length))
  return raw.map((row) => row.map((v, k) => v / spread[k]!))
}

const PERMUTATIONS = 1000

/** Top-1 that label permutations stay below in 95 of 100 cases. */
function permutationLimit(scores: readonly (readonly number[])[], labels: readonly number[]): number {
  const best = scores.map((row) => row.indexOf(Math.max(...row)))
  const rates = Array.from({ length: PERMUTATIONS }, (_, p) => {
    const order = permutation(keyOf('label permutation', p), labels.length)
    return best.filter((b, i) => b === labels[order[i]!]).length / labels.length
  })
  return rates.toSorted((a, b) => a - b)[Math.floor(0.95 * PERMUTATIONS)]!
}
