/** Measures once and gives one figure, always in the same unit. */
export type Contestant = () => Promise<number>

/**
 * Measures contestants in turns, A B B A A B …, so that a machine that slowly changes its speed favours none. One turn before the first is
 * for warming up and is not kept. Returns one list a contestant with a figure a round.
 */
export async function interleave(contestants: readonly Contestant[], rounds: number): Promise<number[][]> {
  const figures = contestants.map((): number[] => [])
  for (const contestant of contestants) await contestant()
  for (let round = 0; round < rounds; round++) {
    const order = contestants.map((contestant, i) => ({ contestant, kept: figures[i]! }))
    for (const { contestant, kept } of round % 2 === 0 ? order : order.toReversed()) kept.push(await contestant())
  }
  return figures
}
