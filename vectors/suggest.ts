/** The candidate nearest to a mistyped word, if it is near enough to be meant: distance ≤ 2, or ≤ 1/3 of the word's length. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3))
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= limit && distance < Math.min(word.length, candidate.length))
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

/** A hint for a name that is not among the known ones: the nearest, or the first few there are. */
export function hintFor(word: string, known: readonly string[]): string {
  const near = closest(word, known)
  if (near !== undefined) return `did you mean "${near}"?`
  if (known.length === 0) return 'there are none'
  return `known: ${list(known, 8)}`
}

/** `a, b, c, … (9 in all)`. */
export function list(words: readonly string[], most: number): string {
  if (words.length <= most) return words.join(', ')
  return `${words.slice(0, most).join(', ')}, … (${words.length} in all)`
}

/**
 * Damerau–Levenshtein distance, restricted form (optimal string alignment): inserted, deleted, changed letters and
 * swapped neighbours, no letter edited twice. Boytsov 2011, "Indexing methods for approximate dictionary searching".
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        cell(last, column) + 1,
        cell(current, column - 1) + 1,
        cell(last, column - 1) + (same ? 0 : 1),
        swapped ? cell(before, column - 2) + 1 : Infinity,
      )
    }
    before = last
    last = current
  }
  return cell(last, b.length)
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
