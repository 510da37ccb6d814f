import type { Engine } from '../../engine/types.ts'

/** Largest difference between the engine's log-probabilities at all positions and those of the plain forward pass. */
export async function logprobError(
  engine: Engine,
  tokens: readonly number[],
  expected: readonly Float64Array[],
): Promise<number> {
  return largestError(await engine.logprobs({ tokens, positions: tokens.map((_, t) => t) }), expected)
}

/** Largest difference between rows that follow one another and rows by themselves. */
export function largestError(ours: Float32Array, expected: readonly Float64Array[]): number {
  const width = expected[0]!.length
  const ofRow = (row: Float64Array, t: number) =>
    row.reduce((most, v, i) => Math.max(most, Math.abs(v - ours[t * width + i]!)), 0)
  return Math.max(...expected.map(ofRow))
}
