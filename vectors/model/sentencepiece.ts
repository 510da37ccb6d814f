import { utf8Bytes } from './bytes.ts'
import { TOKEN_TYPE, type Vocabulary } from './vocabulary.ts'

/** Two neighbours that may merge: `left` and `right` are symbol positions, `text` what they were joined when the pair was queued. */
interface Pair {
  readonly left: number
  readonly right: number
  readonly text: string
  readonly score: number
}

/**
 * The encoder of SentencePiece BPE files, which store scores instead of merges: of all neighbours whose joined text is a piece the one with
 * the best score merges first, the leftmost of equals (Kudo & Richardson 2018, and what llama.cpp does with such a file). What is no piece
 * at the end is spelled in byte tokens, or is the unknown token where the file has none.
 */
export function createSentencePieceEncoder({ tokens, types, scores, unknown }: Vocabulary): (text: string) => number[] {
  const pieces = new Map<string, number>()
  const byteTokens = new Map<number, number>()
  for (const [id, token] of tokens.entries()) {
    if (types[id] === TOKEN_TYPE.normal) pieces.set(token, id)
    if (types[id] === TOKEN_TYPE.byte) byteTokens.set(Number.parseInt(token.slice(3, 5), 16), id)
  }
  const scoreOf = (text: string): number | undefined => {
    const id = pieces.get(text)
    return id === undefined ? undefined : (scores[id] ?? 0)
  }
  const spell = (symbol: string): number[] => {
    const ids = Array.from(utf8Bytes(symbol), (byte) => byteTokens.get(byte) ?? unknown)
    const isSpelled = ids.every((id) => id !== undefined && id !== unknown)
    return isSpelled ? ids.filter((id) => id !== undefined) : [unknown].filter((id) => id !== undefined)
  }
  return (text) => mergeBest(Array.from(text), scoreOf).flatMap((symbol) => pieces.get(symbol) ?? spell(symbol))
}

/** Merges neighbouring symbols until no joined text has a score; the symbols joined are the text. */
function mergeBest(symbols: string[], scoreOf: (text: string) => number | undefined): string[] {
  const next = symbols.map((_, i) => i + 1)
  const previous = symbols.map((_, i) => i - 1)
  const queue: Pair[] = []
  const offer = (left: number, right: number): void => {
    if (left < 0 || right >= symbols.length) return
    const text = `${symbols[left]}${symbols[right]}`
    const score = scoreOf(text)
    if (score !== undefined) push(queue, { left, right, text, score })
  }
  for (let i = 0; i + 1 < symbols.length; i++) offer(i, i + 1)
  for (let pair = pop(queue); pair !== undefined; pair = pop(queue)) {
    const { left, right, text } = pair
    const isStale = symbols[left] === '' || next[left] !== right || `${symbols[left]}${symbols[right]}` !== text
    if (isStale) continue
    const after = next[right] ?? symbols.length
    symbols[left] = text
    symbols[right] = ''
    next[left] = after
    if (after < symbols.length) previous[after] = left
    offer(previous[left] ?? -1, left)
    offer(left, after)
  }
  return symbols.filter((symbol) => symbol !== '')
}

const isBefore = (a: Pair, b: Pair): boolean => a.score > b.score || (a.score === b.score && a.left < b.left)

/** Puts a pair on a binary heap whose first entry is the next to merge. */
function push(heap: Pair[], pair: Pair): void {
  let at = heap.length
  heap.push(pair)
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (above === undefined || !isBefore(pair, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = pair
}

/** Takes the first entry off the heap. */
function pop(heap: Pair[]): Pair | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    const child = betterChild(heap, at)
    const below = heap[child]
    if (below === undefined || !isBefore(below, last)) break
    heap[at] = below
    at = child
  }
  heap[at] = last
  return first
}

function betterChild(heap: readonly Pair[], at: number): number {
  const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
  return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1
}
