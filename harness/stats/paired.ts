import { philox, type RandomKey, uniform } from '../../vectors/random.ts'
import { checkCount, checkFinite, checkOpenShare } from './check.ts'
import type { Interval } from './intervals.ts'
import { incompleteBeta } from './special.ts'

interface SignFlip {
  /** Mean difference; NaN without any. */
  readonly mean: number
  /** Two-sided. */
  readonly p: number
  /** True when every assignment of signs was counted. */
  readonly exact: boolean
}

/**
 * Two-sided p that the pairs which disagree go either way alike (McNemar 1947, exact form):
 * twice the smaller binomial tail at 1/2, 1 at most. No such pair: 1.
 */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  checkCount('onlyA', onlyA)
  checkCount('onlyB', onlyB)
  const fewer = Math.min(onlyA, onlyB)
  const more = Math.max(onlyA, onlyB)
  return fewer === more ? 1 : Math.min(1, 2 * incompleteBeta(0.5, more, fewer + 1))
}

/**
 * Two-sided p of a mean of paired differences when each sign could as well be the other (Fisher 1935, §21).
 * Counts all assignments up to 14 differences that are not 0, else `draws` random ones, where the seen one counts too
 * (Phipson and Smyth 2010: p is never 0). Depends on the order of the differences only through the draws.
 * @default draws 10000
 */
export function signFlip(
  differences: readonly number[],
  { key, draws = 10_000 }: { readonly key: RandomKey; readonly draws?: number },
): SignFlip {
  checkFinite('differences', differences)
  checkCount('draws', draws)
  // A difference of 0 is the same under both signs.
  const sizes = differences.filter((difference) => difference !== 0).map(Math.abs)
  const sum = differences.reduce((total, difference) => total + difference, 0)
  const threshold = Math.abs(sum) - 1e-12 * sizes.reduce((total, size) => total + size, 0)
  const mean = differences.length === 0 ? Number.NaN : sum / differences.length
  if (sizes.length <= EXACT_LIMIT) return { mean, p: shareOfAllFlips(sizes, threshold), exact: true }
  return { mean, p: shareOfRandomFlips(sizes, { threshold, key, draws }), exact: false }
}

/**
 * Percentile interval of the mean of all values when whole clusters (scenarios, items) are drawn again with replacement
 * (Efron 1979; Cameron, Gelbach and Miller 2008 for clusters). Too narrow below some 10 clusters; with fewer than 2 it bounds nothing.
 * @default draws 10000, level 0.95
 */
export function clusterBootstrap(
  clusters: readonly (readonly number[])[],
  options: { readonly key: RandomKey; readonly draws?: number; readonly level?: number },
): Interval {
  const { key, draws = 10_000, level = 0.95 } = options
  checkOpenShare('level', level)
  if (!(Number.isSafeInteger(draws) && draws >= 1))
    throw new RangeError(`draws: expected 1 or more, but it is ${draws}`)
  const totals = clusters.filter((values) => values.length > 0).map(totalOf)
  const estimate = meanOf(totals)
  if (totals.length < 2) return { estimate, low: -Infinity, high: Infinity }
  const means = Float64Array.from({ length: draws }, (_, draw) => meanOf(resample(totals, key, draw))).toSorted()
  return { estimate, low: quantileOf(means, (1 - level) / 2), high: quantileOf(means, (1 + level) / 2) }
}

/** 2^14 sums take a millisecond. */
const EXACT_LIMIT = 14

/** Last word of the counter: one stream for each use of a key. */
const SIGN_STREAM = 2
const BOOTSTRAP_STREAM = 3

function shareOfAllFlips(sizes: readonly number[], threshold: number): number {
  const all = 2 ** sizes.length
  let extreme = 0
  for (let signs = 0; signs < all; signs++) {
    const sum = sizes.reduce((total, size, i) => total + ((signs >>> i) & 1 ? size : -size), 0)
    if (Math.abs(sum) >= threshold) extreme++
  }
  return extreme / all
}

function shareOfRandomFlips(
  sizes: readonly number[],
  { threshold, key, draws }: { threshold: number; key: RandomKey; draws: number },
): number {
  const words = new Uint32Array(4)
  let extreme = 0
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    for (let i = 0; i < sizes.length; i++) {
      if (i % 128 === 0) philox([draw, i / 128, 0, SIGN_STREAM], key, words)
      const bit = (words[(i % 128) >>> 5]! >>> (i % 32)) & 1
      sum += bit ? sizes[i]! : -sizes[i]!
    }
    if (Math.abs(sum) >= threshold) extreme++
  }
  return (1 + extreme) / (1 + draws)
}

interface Total {
  readonly sum: number
  readonly count: number
}

function totalOf(values: readonly number[], cluster: number): Total {
  checkFinite(`clusters[${cluster}]`, values)
  return { sum: values.reduce((sum, value) => sum + value, 0), count: values.length }
}

function meanOf(totals: readonly Total[]): number {
  let sum = 0
  let count = 0
  for (const total of totals) {
    sum += total.sum
    count += total.count
  }
  return sum / count
}

function resample(totals: readonly Total[], key: RandomKey, draw: number): Total[] {
  const words = new Uint32Array(4)
  return totals.map((_, i) => {
    if (i % 4 === 0) philox([draw, i / 4, 0, BOOTSTRAP_STREAM], key, words)
    return totals[Math.floor(uniform(words[i % 4]!) * totals.length)]!
  })
}

/** Quantile of sorted values, linear between them (Hyndman and Fan 1996, type 7). */
function quantileOf(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)]!
  const high = sorted[Math.ceil(at)]!
  return low + (high - low) * (at - Math.floor(at))
}
