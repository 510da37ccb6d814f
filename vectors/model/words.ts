import { createMatcher } from './longest-match.ts'

/**
 * The encoder of our synthetic test models (`tokenizer.ggml.model = duress-words`): every entry of the vocabulary is a plain text.
 * Of all ways to cut the text it takes one with the fewest unknown characters, and there the longest entry first. So a text that can be
 * put together from entries always comes back whole; a run of unknown characters becomes one `unknownId`.
 */
export function createWordEncoder(entries: ReadonlyMap<string, number>, unknownId: number): (text: string) => number[] {
  const matcher = createMatcher(entries)
  return (text) => {
    const unknown = fewestUnknown(text, matcher)
    const ids: number[] = []
    let at = 0
    let inUnknown = false
    while (at < text.length) {
      const match = [...matcher(text, at)].find((m) => unknown[at + m.length] === unknown[at])
      if (match !== undefined) ids.push(match.id)
      else if (!inUnknown) ids.push(unknownId)
      inUnknown = match === undefined
      at += match?.length ?? codePointLength(text, at)
    }
    return ids
  }
}

/** (text length + 1): the fewest unknown characters of the rest of the text from each position on. */
function fewestUnknown(text: string, matcher: ReturnType<typeof createMatcher>): Int32Array {
  const fewest = new Int32Array(text.length + 1)
  for (let at = text.length - 1; at >= 0; at--) {
    let best = 1 + (fewest[at + codePointLength(text, at)] ?? 0)
    for (const { length } of matcher(text, at)) best = Math.min(best, fewest[at + length] ?? 0)
    fewest[at] = best
  }
  return fewest
}

const codePointLength = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)
