import { dot, mean } from '../extract/algebra.ts'
import { principalComponents } from '../extract/components.ts'
import { keyOf, permutation } from '../random.ts'
import { correlation } from './correlation.ts'

/** How far one rated dimension lies along the strongest directions of a vector set. */
export interface Axis {
  /** 1-based principal component with the largest correlation. */
  readonly component: number
  /** Pearson's r of the vectors' place on it with the ratings, without sign. */
  readonly r: number
  /** Share of label permutations whose own best component does at least as well. */
  readonly p: number
}

export interface Geometry {
  readonly result: 'pass' | 'fail' | 'not testable'
  readonly concepts: number
  readonly valence?: Axis
  readonly arousal?: Axis
}

/** Components that are looked at: published sets show valence on the first, arousal on one of the next. */
const COMPONENTS = 4
const LEAST_CONCEPTS = 12
const PERMUTATIONS = 1000
const SIGNIFICANT = 0.05

/**
 * Do the strongest directions of the set follow valence and arousal? Principal components of the vectors around their mean, correlated with
 * ratings; the null permutes the ratings and chooses its best component, too. Passes when valence does at p < .05.
 */
export function judgeGeometry(
  vectors: ReadonlyMap<string, Float32Array>,
  ratings: Readonly<Record<string, { readonly valence: number; readonly arousal: number }>>,
): Geometry {
  const names = [...vectors.keys()].filter((name) => ratings[name])
  if (names.length < LEAST_CONCEPTS) return { result: 'not testable', concepts: names.length }
  const rows = names.map((name) => vectors.get(name)!)
  const centre = mean(rows.map((row) => Float64Array.from(row)))
  const centred = rows.map((row) => row.map((v, i) => v - centre[i]!))
  const { directions } = principalComponents(centred, { share: 0, atLeast: COMPONENTS })
  const places = directions.map((direction) => centred.map((row) => dot(row, direction)))
  const valence = axisOf(
    places,
    names.map((name) => ratings[name]!.valence),
  )
  const arousal = axisOf(
    places,
    names.map((name) => ratings[name]!.arousal),
  )
  return { result: valence.p < SIGNIFICANT ? 'pass' : 'fail', concepts: names.length, valence, arousal }
}

function axisOf(places: readonly (readonly number[])[], rating: readonly number[]): Axis {
  const best = (values: readonly number[]) => {
    const all = places.map((place) => Math.abs(correlation(place, values)))
    const r = Math.max(...all)
    return { r, component: all.indexOf(r) + 1 }
  }
  const own = best(rating)
  const asGood = Array.from({ length: PERMUTATIONS }, (_, p) => {
    const order = permutation(keyOf('rating permutation', p), rating.length)
    return best(order.map((i) => rating[i]!)).r >= own.r
  }).filter(Boolean).length
  return { ...own, p: (asGood + 1) / (PERMUTATIONS + 1) }
}
