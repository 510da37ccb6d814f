import { checkOpenShare } from './check.ts'

/**
 * Share of the Beta(a, b) distribution below x, 0 ≤ x ≤ 1: the regularised incomplete beta function.
 * Continued fraction of DLMF 8.17.22, on the side of the mean where it converges fast; RangeError outside a, b > 0.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0)) throw new RangeError(`incomplete beta: expected a and b above 0, but they are ${a} and ${b}`)
  if (!(x > 0)) return 0
  if (x >= 1) return 1
  const front = betaFront({ x, y: 1 - x, a, b })
  if (x < (a + 1) / (a + b + 2)) return Math.min(1, front / (a * betaFraction(x, a, b)))
  return Math.max(0, 1 - front / (b * betaFraction(1 - x, b, a)))
}

/** The x below which the share p of Beta(a, b) lies: bisection down to neighbouring doubles. */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0
  let high = 1
  for (let middle = 0.5; middle > low && middle < high; middle = (low + high) / 2) {
    if (incompleteBeta(middle, a, b) < p) low = middle
    else high = middle
  }
  return high
}

/** Share of the standard normal distribution below x, with full relative precision in the lower tail. */
export function normalCdf(x: number): number {
  return x <= 0 ? normalDensity(x) * millsRatio(-x) : 1 - normalDensity(x) * millsRatio(x)
}

/**
 * The x below which the share p, 0 < p < 1, of the standard normal distribution lies.
 * Newton on log Φ, which is concave, from −√(−2 ln p), which is below the root: every step moves up towards it.
 */
export function normalQuantile(p: number): number {
  checkOpenShare('normal quantile', p)
  if (p === 0.5) return 0
  if (p > 0.5) return -normalQuantile(1 - p)
  const wanted = Math.log(p)
  let depth = Math.sqrt(-2 * wanted)
  for (let i = 0; i < 60; i++) {
    const mills = millsRatio(depth)
    const step = (logNormalDensity(depth) + Math.log(mills) - wanted) * mills
    depth += step
    if (Math.abs(step) <= 1e-16 * Math.abs(depth)) break
  }
  return -depth
}

/** The t below which the share p, 0 < p < 1, of Student's distribution with df > 0 degrees of freedom lies: t² = df · y/(1 − y), y ~ Beta(1/2, df/2). */
export function tQuantile(p: number, df: number): number {
  checkOpenShare('t quantile', p)
  if (p === 0.5) return 0
  if (p < 0.5) return -tQuantile(1 - p, df)
  const y = betaQuantile(2 * p - 1, 0.5, df / 2)
  if (y <= 0.5) return Math.sqrt((df * y) / (1 - y))
  // Far out 1 − y loses its digits: take it directly from the mirrored distribution.
  const rest = betaQuantile(2 * (1 - p), df / 2, 0.5)
  return Math.sqrt((df * (1 - rest)) / rest)
}

/** x^a y^b / B(a, b) with y = 1 − x, as Stirling's formula times a deviance (Loader 2000): no logarithm of a large gamma is ever subtracted. */
function betaFront({ x, y, a, b }: { x: number; y: number; a: number; b: number }): number {
  const offset = x * b - y * a
  const deviance = a * logExcess((x * (a + b)) / a, offset / a) + b * logExcess((y * (a + b)) / b, -offset / b)
  const corrections = stirlingError(a + b) - stirlingError(a) - stirlingError(b)
  return Math.sqrt((a / (a + b)) * (b / (2 * Math.PI))) * Math.exp(deviance + corrections)
}

/** ln(ratio) − t, where t = ratio − 1 comes with its own digits: near 0 by r = t/(2 + t) as −r t + 2 (r³/3 + r⁵/5 + …), which does not cancel. */
function logExcess(ratio: number, t: number): number {
  if (Math.abs(t) > 0.5) return Math.log(ratio) - t
  const r = t / (2 + t)
  let power = r * r * r
  let sum = 0
  for (let k = 3; k < 41; k += 2) {
    sum += power / k
    power *= r * r
  }
  return 2 * sum - r * t
}

/** ln Γ(z) minus Stirling's formula: the asymptotic series (DLMF 5.11.1) above 16, the recurrence Γ(z+1) = zΓ(z) below. */
function stirlingError(z: number): number {
  let sum = 0
  let at = z
  for (; at < 16; at++) sum += (at + 0.5) * Math.log1p(1 / at) - 1
  const s = 1 / (at * at)
  return sum + (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / at
}

/** Denominator of the continued fraction of the incomplete beta function, by Lentz's method (Thompson and Barnett 1986). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 0
  let value = 1
  for (let k = 1; k < 100_000; k++) {
    const term = betaTerm(k, { x, a, b })
    c = awayFromZero(1 + term / c)
    d = 1 / awayFromZero(1 + term * d)
    value *= c * d
    if (Math.abs(c * d - 1) < 1e-16) return value
  }
  throw new RangeError(`incomplete beta: the continued fraction did not settle at x = ${x}, a = ${a}, b = ${b}`)
}

function betaTerm(k: number, { x, a, b }: { x: number; a: number; b: number }): number {
  const m = Math.floor(k / 2)
  if (k % 2 === 0) return (m * (b - m) * x) / ((a + k - 1) * (a + k))
  return (-(a + m) * (a + b + m) * x) / ((a + k - 1) * (a + k))
}

const awayFromZero = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value)

/** (1 − Φ(x)) / φ(x) for x ≥ 0: Φ's series near 0 (Marsaglia 2004), Laplace's continued fraction beyond (DLMF 7.9.1). */
function millsRatio(x: number): number {
  if (x < 1.5) return 0.5 / normalDensity(x) - oddSeries(x)
  let tail = x
  for (let k = 300; k > 0; k--) tail = x + k / tail
  return 1 / tail
}

/** x + x³/3 + x⁵/(3·5) + …, which is (Φ(x) − 1/2) / φ(x). */
function oddSeries(x: number): number {
  let term = x
  let sum = x
  for (let k = 3; term > sum * 1e-17; k += 2) {
    term *= (x * x) / k
    sum += term
  }
  return sum
}

const logNormalDensity = (x: number): number => -0.5 * x * x - 0.5 * Math.log(2 * Math.PI)

/** φ(x); x² is split at 1/16 so that its rounding is not blown up by the exponential (Cody 1969). */
function normalDensity(x: number): number {
  const coarse = Math.trunc(x * 16) / 16
  const rest = (x - coarse) * (x + coarse)
  return (Math.exp(-0.5 * coarse * coarse) * Math.exp(-0.5 * rest)) / Math.sqrt(2 * Math.PI)
}
