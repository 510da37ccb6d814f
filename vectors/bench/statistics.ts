export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Middle value; of an even number the mean of the two in the middle. Errors: RangeError without values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median needs at least one value')
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/**
 * a[i] / b[i]: the two figures of one round are taken within seconds of each other, so a machine that changes its speed between rounds
 * changes both. Errors: RangeError for lists of different length.
 */
export function pairedRatios(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`pairs need equal numbers of rounds, got ${a.length} and ${b.length}`)
  return a.map((value, i) => value / b[i]!)
}
