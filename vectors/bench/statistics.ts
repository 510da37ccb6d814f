export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  /** Where the true median lies with 95 %; absent for fewer than 6 values. */
  readonly interval?: readonly [low: number, high: number]
}

/** Middle value; of an even number the mean of the two in the middle. Errors: RangeError without values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median needs at least one value')
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

export function spread(values: readonly number[]): Spread {
  const interval = medianInterval(values)
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    ...(interval && { interval }),
  }
}

/**
 * The values of rank r and n + 1 − r around the median, r as large as leaves at least 95 %: the true median lies below the first or above
 * the second only if fewer than r of n tosses of a coin fall on one side, whatever the distribution. Undefined for n < 6, where not even the
 * extremes reach 95 %. Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.
 */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] | undefined {
  const n = values.length
  const sorted = values.toSorted((a, b) => a - b)
  let outside = 0
  let term = 2 ** -n
  let rank = 0
  while (outside + term <= 0.025 && rank < n / 2) {
    outside += term
    term *= (n - rank) / (rank + 1)
    rank++
  }
  return rank === 0 ? undefined : [sorted[rank - 1]!, sorted[n - rank]!]
}

/**
 * a[i] / b[i]: the two figures of one round are taken within seconds of each other, so a machine that changes its speed between rounds
 * changes both. Errors: RangeError for lists of different length.
 */
export function pairedRatios(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`pairs need equal numbers of rounds, got ${a.length} and ${b.length}`)
  return a.map((value, i) => value / b[i]!)
}
