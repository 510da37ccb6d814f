import { checkCount, checkFinite, checkOpenShare } from './check.ts'
import { betaQuantile, normalQuantile, tQuantile } from './special.ts'

/** An estimate between its limits. Without data the estimate is NaN and the limits are the whole range. */
export interface Interval {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** Pairs of episodes by outcome: in both conditions, in one only, in neither. */
interface PairCounts {
  readonly both: number
  readonly onlyA: number
  readonly onlyB: number
  readonly neither: number
}

/** Score interval of a rate (Wilson 1927): all rates that a score test would not reject. The interval that we show. */
export function wilson(successes: number, n: number, level = 0.95): Interval {
  checkRate(successes, n, level)
  if (n === 0) return { estimate: Number.NaN, low: 0, high: 1 }
  const z = normalQuantile((1 + level) / 2)
  const rate = successes / n
  const centre = (successes + (z * z) / 2) / (n + z * z)
  const half = (z * Math.sqrt(n * rate * (1 - rate) + (z * z) / 4)) / (n + z * z)
  return {
    estimate: rate,
    low: successes === 0 ? 0 : centre - half,
    high: successes === n ? 1 : centre + half,
  }
}

/** Exact interval of a rate (Clopper and Pearson 1934): covers at least `level` of the time, at the price of width. */
export function clopperPearson(successes: number, n: number, level = 0.95): Interval {
  checkRate(successes, n, level)
  if (n === 0) return { estimate: Number.NaN, low: 0, high: 1 }
  const tail = (1 - level) / 2
  return {
    estimate: successes / n,
    low: successes === 0 ? 0 : betaQuantile(tail, successes, n - successes + 1),
    // The mirrored beta: a tail area of 1 − tail would round.
    high: successes === n ? 1 : 1 - betaQuantile(tail, n - successes, successes + 1),
  }
}

/**
 * Rate in A minus rate in B over the same pairs (Newcombe 1998, Statistics in Medicine 17:2635, method 10):
 * the two Wilson intervals, squared and added, less their covariance.
 */
export function newcombePaired(counts: PairCounts, level = 0.95): Interval {
  for (const [name, count] of Object.entries(counts)) checkCount(name, count)
  const { both, onlyA, onlyB, neither } = counts
  const n = both + onlyA + onlyB + neither
  if (n === 0) return { estimate: Number.NaN, low: -1, high: 1 }
  const a = distances(wilson(both + onlyA, n, level))
  const b = distances(wilson(both + onlyB, n, level))
  const phi = correctedPhi(counts)
  const estimate = (onlyA - onlyB) / n
  return {
    estimate,
    low: estimate - squareAndAdd(a.below, b.above, phi),
    high: estimate + squareAndAdd(b.below, a.above, phi),
  }
}

/** Interval of a mean by Student's t (1908). One value bounds nothing: −Infinity to Infinity. */
export function meanInterval(values: readonly number[], level = 0.95): Interval {
  checkOpenShare('level', level)
  checkFinite('values', values)
  const n = values.length
  const estimate = n === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / n
  if (n < 2) return { estimate, low: -Infinity, high: Infinity }
  const squares = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0)
  const half = tQuantile((1 + level) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n)
  return { estimate, low: estimate - half, high: estimate + half }
}

/** Correlation of the pairs, pulled towards 0 by half a pair when positive: what makes method 10 of Newcombe's method 8. */
function correctedPhi({ both, onlyA, onlyB, neither }: PairCounts): number {
  const margins = (both + onlyA) * (onlyB + neither) * (both + onlyB) * (onlyA + neither)
  if (margins === 0) return 0
  const product = both * neither - onlyA * onlyB
  const corrected = product < 0 ? product : Math.max(0, product - (both + onlyA + onlyB + neither) / 2)
  return corrected / Math.sqrt(margins)
}

const distances = ({ estimate, low, high }: Interval): { below: number; above: number } => ({
  below: estimate - low,
  above: high - estimate,
})

const squareAndAdd = (first: number, second: number, phi: number): number =>
  Math.sqrt(Math.max(0, first * first - 2 * phi * first * second + second * second))

function checkRate(successes: number, n: number, level: number): void {
  checkCount('successes', successes)
  checkCount('n', n)
  checkOpenShare('level', level)
  if (successes > n) throw new RangeError(`successes: expected at most n = ${n}, but it is ${successes}`)
}
