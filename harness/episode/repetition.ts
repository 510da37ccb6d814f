const LENGTH = 4
/** Share of repeated four-word sequences from which a text counts as going in circles. */
const LIMIT = 0.5

/** A text of some length most of whose four-word sequences occurred before. */
export function repeats(text: string): boolean {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((w) => w !== '')
  const count = words.length - LENGTH + 1
  if (count < 12) return false
  const distinct = new Set(Array.from({ length: count }, (_, i) => words.slice(i, i + LENGTH).join(' ')))
  return 1 - distinct.size / count > LIMIT
}
