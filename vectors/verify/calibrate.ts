import { InputError } from '../errors.ts'

/** KL is reached when it is within this share of the target. */
const TOLERANCE = 0.02
/** In the unit of the length; beyond it a vector is no nudge any more but the whole stream. */
const LONGEST = 64
const SHORTEST = 1e-6
const START = 0.1
const MOST_BISECTIONS = 40

/**
 * The length of the vector called `name` at which `klAt` reaches `target` nats a token: doubled or halved until two lengths enclose it, then bisected in the logarithm.
 * Errors: InputError when no length from 1e-6 to 64 reaches the target.
 */
export async function lengthForKl(
  name: string,
  target: number,
  klAt: (length: number) => Promise<number>,
): Promise<number> {
  let low = START
  let high = START
  const first = await klAt(START)
  for (let kl = first; kl < target; kl = await klAt(high)) {
    low = high
    high *= 2
    if (high > LONGEST)
      throw new InputError(
        `${name} does not reach a mean KL of ${target} nats a token: a length of ${low} robust norms gives ${kl.toPrecision(2)}`,
      )
  }
  if (first >= target)
    for (let kl = first; kl > target; kl = await klAt(low)) {
      high = low
      low /= 2
      if (low < SHORTEST)
        throw new InputError(
          `${name} has no length as small as a mean KL of ${target} nats a token: a length of ${high} robust norms gives ${kl.toPrecision(2)} already`,
        )
    }
  for (let step = 0; step < MOST_BISECTIONS; step++) {
    const middle = Math.sqrt(low * high)
    const kl = await klAt(middle)
    if (Math.abs(kl / target - 1) <= TOLERANCE) return middle
    if (kl < target) low = middle
    else high = middle
  }
  return Math.sqrt(low * high)
}
