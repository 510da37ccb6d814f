import { checkCount, checkOpenShare } from './check.ts'
import { normalQuantile, tQuantile } from './special.ts'

interface Aims {
  /** @default 0.8 */
  readonly power?: number
  /** Two-sided. @default 0.05 */
  readonly alpha?: number
}

/**
 * The smallest true effect that would have been seen with the wanted power (Bloom 1995): (t(1 − α/2) + t(power)) standard errors, 2.8 for large n.
 * `sd`: standard deviation of n paired differences (n − 1 degrees of freedom). `randomRms`: rms of the same odd part under n random vectors,
 * which itself is the standard error of one vector (n degrees of freedom). Null when n cannot bound anything. Units of the input.
 */
export function detectable(
  noise: ({ readonly sd: number; readonly n: number } | { readonly randomRms: number; readonly n: number }) & Aims,
): number | null {
  const { n, power = 0.8, alpha = 0.05 } = noise
  checkCount('n', n)
  checkAims(power, alpha)
  const { error, df } =
    'sd' in noise ? { error: noise.sd / Math.sqrt(n), df: n - 1 } : { error: noise.randomRms, df: n }
  if (df < 1) return null
  if (!(error >= 0 && Number.isFinite(error))) throw new RangeError(`noise: expected 0 or more, but it is ${error}`)
  return (tQuantile(1 - alpha / 2, df) + tQuantile(power, df)) * error
}

/**
 * Episodes that each of two conditions needs to show a difference of rates, rounded up.
 * Unpaired (the default): Fleiss, Levin and Paik 2003, §4.2, without continuity correction.
 * Paired by epoch, for exact McNemar: pairs by Connor 1987, where `pairCorrelation` (phi of the two outcomes, 0 when unknown) sets the share of pairs
 * that disagree, plus 1/|difference|: to first order what a continuity correction of one pair costs, as the test is exact.
 */
export function episodesNeeded(
  wanted: { readonly baseline: number; readonly difference: number; readonly pairCorrelation?: number } & Aims,
): number {
  const { baseline: p, difference, pairCorrelation, power = 0.8, alpha = 0.05 } = wanted
  const q = p + difference
  checkAims(power, alpha)
  if (!(p >= 0 && p <= 1 && q >= 0 && q <= 1 && difference !== 0)) {
    throw new RangeError(
      `expected two different rates in 0..1, but the baseline is ${p} and the difference ${difference}`,
    )
  }
  const noise = pairCorrelation === undefined ? unpairedNoise(p, q) : pairedNoise(p, q, pairCorrelation)
  const errors = normalQuantile(1 - alpha / 2) * noise.underNull + normalQuantile(power) * noise.underEffect
  const forExactTest = pairCorrelation === undefined ? 0 : 1 / Math.abs(difference)
  return Math.ceil((errors / difference) ** 2 + forExactTest)
}

interface Noise {
  readonly underNull: number
  readonly underEffect: number
}

function unpairedNoise(p: number, q: number): Noise {
  const mean = (p + q) / 2
  return { underNull: Math.sqrt(2 * mean * (1 - mean)), underEffect: Math.sqrt(p * (1 - p) + q * (1 - q)) }
}

function pairedNoise(p: number, q: number, correlation: number): Noise {
  if (!(Math.abs(correlation) <= 1)) throw new RangeError(`pairCorrelation: expected −1..1, but it is ${correlation}`)
  const covariance = correlation * Math.sqrt(p * (1 - p) * q * (1 - q))
  // Two binary outcomes disagree at least as often as their rates differ, so not every correlation is possible.
  const disagreeing = Math.max(Math.abs(q - p), p * (1 - q) + q * (1 - p) - 2 * covariance)
  return { underNull: Math.sqrt(disagreeing), underEffect: Math.sqrt(disagreeing - (q - p) ** 2) }
}

function checkAims(power: number, alpha: number): void {
  checkOpenShare('power', power)
  checkOpenShare('alpha', alpha)
}
