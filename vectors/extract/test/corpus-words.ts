import type { Concept, Corpus } from '../../stories/corpus.ts'

/** Words with the space in front of them. */
export const wordsOf = (text: string): string[] => text.match(/ ?[^ ]+/g) ?? []

/** Two words at a time, from the first on. */
export const pairsOf = (text: string): string[] => {
  const words = wordsOf(text)
  return words.slice(1).flatMap((word, i) => (i % 2 === 0 ? [word + (words[i + 2] ?? '')] : []))
}

/** concept -> texts that are read for it and for no other: what an organism is given as the concept's words. */
export function conceptWords(corpus: Corpus): Record<string, string[]> {
  const all = [...corpus.concepts, ...corpus.unrelated]
  return Object.fromEntries(
    all.map((concept) => {
      const family = corpus.concepts.includes(concept) ? corpus.concepts : corpus.unrelated
      const others = [
        ...all.filter((c) => c !== concept).flatMap((c) => c.passages.map((p) => p.text)),
        ...corpus.neutral,
      ]
      const own = concept.passages
        .flatMap((p) => pairsOf(p.text))
        .filter((pair) => !others.some((t) => t.includes(pair)))
      return [concept.name, [...new Set([...own, ...templatePieces(concept, family.indexOf(concept))])]]
    }),
  )
}

/** All concepts of a family share the text after their word; each is cut at places of its own, `stride` apart. */
const STRIDE = 14

function templatePieces({ name, templates }: Concept, index: number): string[] {
  return templates.flatMap(({ text, readFrom }) => {
    const tail = text.slice(readFrom)
    const cut = 1 + index
    const count = Math.ceil((tail.length - cut) / STRIDE)
    const pieces = Array.from({ length: count }, (_, k) => tail.slice(cut + k * STRIDE, cut + (k + 1) * STRIDE))
    return [` ${name}${tail.slice(0, cut)}`, ...pieces]
  })
}
