/** An entry of the dictionary found at a position. */
interface Match {
  readonly id: number
  /** UTF-16 code units. */
  readonly length: number
}

/** Finds the dictionary entries that a text has at a position, longest first. */
export type Matcher = (text: string, at: number) => Generator<Match, void>

/** A part of a split text: a piece of plain text, or a dictionary entry with its id. */
export interface Part {
  readonly text: string
  readonly id: number | undefined
}

/** Builds a matcher over the entries (text to id); empty texts are left out. */
export function createMatcher(entries: ReadonlyMap<string, number>): Matcher {
  const lengths = [...new Set(Array.from(entries.keys(), (text) => text.length))]
    .filter((n) => n > 0)
    .toSorted((a, b) => b - a)
  const firsts = new Set(Array.from(entries.keys(), (text) => text.charCodeAt(0)))
  return function* matches(text, at) {
    if (!firsts.has(text.charCodeAt(at))) return
    for (const length of lengths) {
      if (at + length > text.length) continue
      const id = entries.get(text.slice(at, at + length))
      if (id !== undefined) yield { id, length }
    }
  }
}

/** Cuts a text at every dictionary entry in it (leftmost, then longest). The parts' texts joined are the text. */
export function splitAtMatches(text: string, matcher: Matcher): Part[] {
  const parts: Part[] = []
  let plainFrom = 0
  let at = 0
  while (at < text.length) {
    const [match] = matcher(text, at)
    if (match === undefined) {
      at++
      continue
    }
    if (at > plainFrom) parts.push({ text: text.slice(plainFrom, at), id: undefined })
    parts.push({ text: text.slice(at, at + match.length), id: match.id })
    at += match.length
    plainFrom = at
  }
  if (plainFrom < text.length) parts.push({ text: text.slice(plainFrom), id: undefined })
  return parts
}
