import { keyOf, permutation } from '../random.ts'
import type { CheckAnswers } from './manipulation.ts'
import { type ReadSituations, standardScores } from './situations.ts'

/** How far a concept's own vector stands out from all others of the set on the concept's situations. */
export interface ConceptSelectivity {
  /** Own score minus the others' mean, in standard deviations of the others. */
  readonly z: number
  /** 1 = the own vector's score is the largest. */
  readonly rank: number
  /** Vectors compared, the own one included. */
  readonly of: number
}

export interface Selectivity {
  readonly result: 'pass' | 'fail' | 'not testable'
  /** Mean z over the tested concepts. */
  readonly meanZ: number
  /** 95th percentile of the mean z over label permutations. */
  readonly permuted95: number
  readonly byConcept: Readonly<Record<string, ConceptSelectivity>>
}

const PERMUTATIONS = 1000
const FEWEST_OTHERS = 3

/**
 * A concept's score is the mean of its own situations' projections on a vector, standardised by vector; the own vector's is compared with
 * that of every other vector in `names`, tested or not. The null gives the situations' labels to one another.
 */
export function judgeSelectivity(
  { concepts, labels, rows }: ReadSituations,
  names: readonly string[],
  vectorOf: (concept: string) => Float32Array,
): Selectivity {
  if (concepts.length < 2 || names.length <= FEWEST_OTHERS)
    return { result: 'not testable', meanZ: 0, permuted95: 0, byConcept: {} }
  const scores = standardScores(rows, names.map(vectorOf))
  const at = concepts.map((concept) => names.indexOf(concept))
  const judge = (given: readonly number[]) => standOut(scores, given, at)
  const own = judge(labels)
  const meanZ = average(own.map((c) => c.z))
  const permuted = Array.from({ length: PERMUTATIONS }, (_, p) => {
    const order = permutation(keyOf('selectivity permutation', p), labels.length)
    return average(judge(order.map((i) => labels[i]!)).map((c) => c.z))
  })
  const permuted95 = percentile95(permuted)
  return {
    result: meanZ > permuted95 ? 'pass' : 'fail',
    meanZ,
    permuted95,
    byConcept: Object.fromEntries(concepts.map((concept, i) => [concept, own[i]!])),
  }
}

/** One number a concept: where its own vector's mean score stands among all vectors' over the situations labelled with it. */
function standOut(
  scores: readonly (readonly number[])[],
  labels: readonly number[],
  at: readonly number[],
): ConceptSelectivity[] {
  const vectors = scores[0]!.length
  const sums = at.map(() => new Float64Array(vectors))
  for (const [i, row] of scores.entries()) {
    const sum = sums[labels[i]!]!
    for (let k = 0; k < vectors; k++) sum[k]! += row[k]!
  }
  return sums.map((sum, concept) => {
    const own = sum[at[concept]!]!
    let [total, squares, above] = [0, 0, 0]
    for (const [k, v] of sum.entries()) {
      if (k === at[concept]) continue
      total += v
      squares += v * v
      if (v > own) above++
    }
    const mean = total / (vectors - 1)
    const sd = Math.sqrt(Math.max(0, (squares - (vectors - 1) * mean * mean) / (vectors - 2)))
    return { z: sd > 0 ? (own - mean) / sd : 0, rank: above + 1, of: vectors }
  })
}

/** What each vector's dose does to every concept's continuations. */
export interface SteeringSelectivity {
  readonly result: 'pass' | 'fail' | 'not testable'
  readonly concepts: readonly string[]
  readonly rows: readonly {
    readonly vector: string
    /** Nats a token, steered minus unsteered, by concept of the continuation; less the row's mean. */
    readonly effects: readonly number[]
    /** Own minus the largest of the others. */
    readonly margin: number
    /** 1 = the own continuations gain most. */
    readonly rank: number
  }[]
  /** Vectors whose own continuations gain most. */
  readonly firsts: number
  /** Share of ways to give the vectors' names to one another that fit at least as well. */
  readonly p: number
}

const SIGNIFICANT = 0.05

/** Nats a token: below, an order of effects is one of roundings (fp32 log-probabilities are good to about 1e-6). */
const LEAST_EFFECT = 1e-3

/**
 * Does each vector raise its own continuations more than every other concept's? The null gives the vectors' names to one another (one in
 * 720 ways for six): what a vector does to all continuations, and what all vectors do to a continuation, is the same in every way.
 */
export function judgeSteering(input: {
  readonly concepts: readonly string[]
  /** Each is one of the concepts. */
  readonly vectors: readonly string[]
  readonly baseline: CheckAnswers
  /** In the order of the vectors. */
  readonly own: readonly CheckAnswers[]
}): SteeringSelectivity {
  const { concepts, vectors, baseline, own } = input
  if (vectors.length < 4) return { result: 'not testable', concepts, rows: [], firsts: 0, p: 1 }
  const matrix = own.map((answers) => effectsOf(answers, baseline))
  const at = vectors.map((vector) => concepts.indexOf(vector))
  const rows = vectors.map((vector, i) => {
    const effects = matrix[i]!
    const others = effects.filter((_, c) => c !== at[i])
    const value = effects[at[i]!]!
    return {
      vector,
      effects,
      margin: value - Math.max(...others),
      rank: 1 + others.filter((v) => v > value).length,
    }
  })
  const fit = (names: readonly number[]) => average(names.map((c, i) => matrix[i]![c]!))
  const observed = fit(at)
  const asGood = Array.from({ length: PERMUTATIONS }, (_, p) => {
    const order = permutation(keyOf('steering permutation', p), at.length)
    return fit(order.map((i) => at[i]!)) >= observed - 1e-12
  }).filter(Boolean).length
  const p = (1 + asGood) / (1 + PERMUTATIONS)
  const firsts = rows.filter((r) => r.rank === 1).length
  const isEffect = p < SIGNIFICANT && observed >= LEAST_EFFECT
  return { result: isEffect ? 'pass' : 'fail', concepts, rows, firsts, p }
}

function effectsOf(answers: CheckAnswers, baseline: CheckAnswers): number[] {
  const raw = answers[0]!.map((_, c) => average(answers.map((context, i) => context[c]! - baseline[i]![c]!)))
  const middle = average(raw)
  return raw.map((v) => v - middle)
}

const percentile95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(0.95 * values.length)]!
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
