import { argmax, logSumExp } from '../engine/sampler.ts'

/** The most likely tokens of a distribution, as a reference lists them. */
export interface TopTokens {
  readonly ids: readonly number[]
  /** Natural logarithms. */
  readonly logprobs: readonly number[]
}

export interface Distance {
  /** Nats. */
  readonly kl: number
  /** Largest difference of a listed token's log-probability. */
  readonly logProbError: number
  readonly sameArgmax: boolean
}

/** Reference values are written with five decimals, after a log-softmax in fp32 over up to 262,144 tokens whose sum is good to about as much. */
const ROUNDING = 1e-5

/**
 * How far logits are from a distribution of which only the most likely tokens are known, and these to five decimals. The KL divergence
 * (reference ‖ logits) is taken over the listed tokens with all others as one more outcome: merging outcomes can only lower it (data
 * processing inequality, Cover and Thomas, ch. 2), so it is a lower bound, and a close one where the list holds most of the probability.
 * Of all references that round to the listed values the nearest is taken: where one token holds almost everything, rounding alone
 * would come out as up to 1e-5 nats. `rounding` is the largest error of a listed value.
 */
export function distanceTo(reference: TopTokens, logits: Float32Array, rounding = ROUNDING): Distance {
  const total = logSumExp(logits)
  const ours = reference.ids.map((id) => logits[id]! - total)
  const nearest = nearestOf(reference.logprobs, ours, rounding)
  const terms = nearest.map((p, i) => Math.exp(p) * (p - ours[i]!))
  const rest = { reference: remainder(nearest), ours: remainder(ours) }
  const restTerm = rest.reference > 0 && rest.ours > 0 ? rest.reference * Math.log(rest.reference / rest.ours) : 0
  return {
    // Fp64 can make a zero come out a hair below.
    kl: Math.max(
      0,
      terms.reduce((a, b) => a + b, restTerm),
    ),
    logProbError: Math.max(...reference.logprobs.map((p, i) => Math.abs(p - ours[i]!))),
    sameArgmax: argmax(logits) === reference.ids[0],
  }
}

/**
 * The distribution within `rounding` of the listed log-probabilities that has the least divergence from ours. Where no bound holds it,
 * its ratio to ours is the same for all outcomes, the remainder among them (Lagrange); that ratio is found by halving.
 */
function nearestOf(listed: readonly number[], ours: readonly number[], rounding: number): number[] {
  const at = (ratio: number) =>
    ours.map((q, i) => Math.min(Math.max(q + ratio, listed[i]! - rounding), listed[i]! + rounding))
  const rest = Math.max(0, remainder(ours))
  let [low, high] = [-LARGEST_RATIO, LARGEST_RATIO]
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2
    if (remainder(at(middle)) > rest * Math.exp(middle)) low = middle
    else high = middle
  }
  return at((low + high) / 2)
}

/** Logarithm; beyond it every outcome is held by its bounds. */
const LARGEST_RATIO = 64
const HALVINGS = 100

const remainder = (logprobs: readonly number[]): number => 1 - logprobs.reduce((sum, p) => sum + Math.exp(p), 0)
