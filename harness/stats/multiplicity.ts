/**
 * P-values adjusted so that the chance of any false alarm in the family stays at the level (Holm 1979), in the order given.
 * Compare each with the level itself. RangeError for a p outside 0..1.
 */
export function holm(pValues: readonly number[]): number[] {
  for (const p of pValues) if (!(p >= 0 && p <= 1)) throw new RangeError(`p: expected 0..1, but it is ${p}`)
  const order = pValues.map((_, i) => i).toSorted((i, j) => pValues[i]! - pValues[j]!)
  const adjusted = pValues.map(() => 0)
  let largest = 0
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!))
    adjusted[index] = largest
  }
  return adjusted
}
