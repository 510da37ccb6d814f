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
  // By the first two units: a vocabulary has entries of a hundred lengths, but few that begin alike.
  const starts = new Map<string, Set<number>>()
  for (const entry of entries.keys()) {
    if (entry.length < 2) continue
    const start = entry.slice(0, 2)
    starts.set(start, (starts.get(start) ?? new Set()).add(entry.length))
  }
  const lengths = new Map([...starts].map(([start, set]) => [start, [...set].toSorted((a, b) => b - a)]))
  return function* matches(text, at) {
    for (const length of lengths.get(text.slice(at, at + 2)) ?? []) {
      if (at + length > text.length) continue
      const id = entries.get(text.slice(at, at + length))
      if (id !== undefined) yield { id, length }
    }
    const id = at < text.length ? entries.get(text[at]!) : undefined
    if (id !== undefined) yield { id, length: 1 }
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
