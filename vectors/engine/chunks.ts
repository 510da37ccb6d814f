export interface Chunk {
  readonly from: number
  readonly to: number
}

/**
 * ONNX Runtime's attention works through the queries of a run in tiles of twice the head size (less where the L2 cache is small), and a
 * tile of one query takes another path, whose bytes differ (measured at 33 = 32 + 1 for heads of 16, at 129 and 257 for heads of 64).
 * All tiles of real models are multiples of this, so a piece that leaves no single token over it leaves none over any of them.
 */
const TILE = 16

/**
 * Cuts tokens from..to into pieces of at most `size` (a multiple of TILE), with a cut at `boundary` where one is wanted.
 * No piece ends in a tile of one token unless there is only one token to cut, so the bytes do not depend on the cuts.
 * A boundary that would leave one token is given up.
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
    const wanted = Math.min(to, at + size)
    const endsInOne = wanted - at > 1 && (wanted - at) % TILE === 1
    // Two fewer here are two more in the next piece.
    const end = endsInOne || to - wanted === 1 ? wanted - 2 : wanted
    out.push({ from: at, to: end })
    at = end
  }
  return out
}
