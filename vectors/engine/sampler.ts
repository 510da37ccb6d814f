import { philox, type RandomKey, uniform } from '../random.ts'
import type { Sampling } from './types.ts'

/** Largest Gumbel noise that a 32-bit draw can give: -ln(-ln(1 - 2^-33)). */
const LARGEST_NOISE = 22.9

/**
 * Draws a token from softmax(logits / temperature), restricted to the nucleus of topP, by the Gumbel-max trick
 * (Gumbel 1954; Maddison et al. 2014): argmax of logit/temperature + noise. The noise is keyed by (seed, turn, position, token id),
 * so the draw depends on nothing else, and two strengths that share a seed share their luck. Temperature 0 = argmax, lowest id on ties.
 */
export function sampleToken(logits: Float32Array, sampling: Sampling, position: number): number {
  const best = argmax(logits)
  if (sampling.temperature === 0) return best
  const floor = nucleusFloor(logits, best, sampling)
  return gumbelArgmax(logits, { best, floor, sampling, position })
}

export function argmax(values: Float32Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}

/** Natural log of the sum of exponentials, in double precision. */
export function logSumExp(values: Float32Array): number {
  const top = values[argmax(values)]!
  let sum = 0
  // Terms below e^-28 of the largest: a quarter of a million of them change the sum by less than 2e-7, the precision of a logit.
  for (let i = 0; i < values.length; i++) if (values[i]! > top - 28) sum += Math.exp(values[i]! - top)
  return top + Math.log(sum)
}

interface Draw {
  readonly best: number
  readonly floor: number
  readonly sampling: Sampling
  readonly position: number
}

function gumbelArgmax(logits: Float32Array, { best, floor, sampling, position }: Draw): number {
  const scale = 1 / sampling.temperature
  const words = new Uint32Array(4)
  const noise = (token: number) => {
    const block = blockWords(sampling.seed, { turn: sampling.turn, position, block: token >> 2 }, words)
    return -Math.log(-Math.log(uniform(block[token & 3]!)))
  }
  let winner = best
  let score = logits[best]! * scale + noise(best)
  for (let block = 0; block * 4 < logits.length; block++) {
    const first = block * 4
    const top = Math.max(
      logits[first]!,
      logits[first + 1] ?? -Infinity,
      logits[first + 2] ?? -Infinity,
      logits[first + 3] ?? -Infinity,
    )
    // Most of the vocabulary cannot win with any noise; its noise is not even computed.
    if (top * scale + LARGEST_NOISE < score || top < floor) continue
    blockWords(sampling.seed, { turn: sampling.turn, position, block }, words)
    for (let lane = 0; lane < 4 && first + lane < logits.length; lane++) {
      const token = first + lane
      const logit = logits[token]!
      if (logit < floor || logit * scale + LARGEST_NOISE < score) continue
      const value = logit * scale - Math.log(-Math.log(uniform(words[lane]!)))
      if (value > score || (value === score && token < winner)) {
        winner = token
        score = value
      }
    }
  }
  return winner
}

const blockWords = (
  seed: RandomKey,
  at: { turn: number; position: number; block: number },
  out: Uint32Array,
): Uint32Array => philox([at.block, at.position, at.turn, 0], seed, out)

/** Smallest logit of the nucleus: the fewest most likely tokens whose probability reaches topP (Holtzman et al. 2020). */
function nucleusFloor(logits: Float32Array, best: number, { topP = 1, temperature }: Sampling): number {
  if (topP >= 1) return -Infinity
  const top = logits[best]!
  const weights: { logit: number; weight: number }[] = []
  let total = 0
  // Below e^-28 of the best, see logSumExp; by index, because walking a typed array by its iterator takes ten times as long.
  const least = top - 28 * temperature
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!
    if (logit < least) continue
    const weight = Math.exp((logit - top) / temperature)
    total += weight
    if (weight > 1e-9) weights.push({ logit, weight })
  }
  weights.sort((a, b) => b.logit - a.logit)
  let sum = 0
  for (const { logit, weight } of weights) {
    sum += weight
    if (sum >= topP * total) return logit
  }
  return -Infinity
}
