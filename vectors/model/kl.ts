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

/**
 * How far logits are from a distribution of which only the most likely tokens are known. The KL divergence (reference ‖ logits) is
 * taken over the listed tokens with all others as one more outcome: merging outcomes can only lower it (data processing inequality,
 * Cover and Thomas, ch. 2), so it is a lower bound, and a close one where the list holds most of the probability.
 */
export function distanceTo(reference: TopTokens, logits: Float32Array): Distance {
  const total = logSumExp(logits)
  const ours = reference.ids.map((id) => logits[id]! - total)
  const terms = reference.logprobs.map((p, i) => Math.exp(p) * (p - ours[i]!))
  const rest = { reference: remainder(reference.logprobs), ours: remainder(ours) }
  const restTerm = rest.reference > 0 && rest.ours > 0 ? rest.reference * Math.log(rest.reference / rest.ours) : 0
  return {
    // Five decimals of the reference can make a zero come out a hair below.
    kl: Math.max(
      0,
      terms.reduce((a, b) => a + b, restTerm),
    ),
    logProbError: Math.max(...reference.logprobs.map((p, i) => Math.abs(p - ours[i]!))),
    sameArgmax: argmax(logits) === reference.ids[0],
  }
}

const remainder = (logprobs: readonly number[]): number => 1 - logprobs.reduce((sum, p) => sum + Math.exp(p), 0)
