export interface Chunk {
  readonly from: number
  readonly to: number
}

/**
 * Cuts tokens from..to into pieces of at most `size`, with a cut at `boundary` where one is wanted.
 * No piece has one token unless there is only one to cut: a one-token piece takes another attention path, whose bytes differ.
 * A boundary that would leave one is given up.
 */
export function planChunks(range: Chunk, size: number, boundary?: number): Chunk[] {
  const { from, to } = range
  const cutFits = boundary !== undefined && boundary - from >= 2 && to - boundary >= 2
  if (!cutFits) return split(range, size)
  return [...split({ from, to: boundary }, size), ...split({ from: boundary, to }, size)]
}

function split({ from, to }: Chunk, size: number): Chunk[] {
  const out: Chunk[] = []
  let at = from
  while (at < to) {
    const leavesOne = to - at - size === 1
    const end = Math.min(to, at + (leavesOne ? size - 1 : size))
    out.push({ from: at, to: end })
    at = end
  }
  return out
}
