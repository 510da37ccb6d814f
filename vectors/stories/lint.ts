import type { Concept, Corpus } from './corpus.ts'

export interface LintFinding {
  readonly rule: 'leak' | 'length' | 'missing-scene' | 'near-duplicate' | 'same-opening'
  readonly concept: string
  readonly scene: string
  /** What is wrong, in words. */
  readonly text: string
}

interface Entry {
  readonly concept: string
  readonly scene: string
  readonly words: readonly string[]
  readonly trigrams: ReadonlySet<string>
}

/** Passages much longer or shorter than the rest would put text length into a direction. */
const leastWords = 48
const mostWords = 66
/** Above this share of common 3-word runs two passages read alike. */
const mostOverlap = 0.2
const openingWords = 6

/**
 * Looks for what spoils a vector: the concept named in its own passages, uneven lengths, scenes that some concepts lack, passages that repeat one another.
 * Emotions and unrelated concepts are held to the same rules. An empty list is a clean corpus.
 */
export function lintCorpus(corpus: Pick<Corpus, 'concepts' | 'unrelated' | 'scenes'>): LintFinding[] {
  const concepts = [...corpus.concepts, ...corpus.unrelated]
  const entries = concepts.flatMap(entriesOf)
  return [
    ...concepts.flatMap(leaks),
    ...entries.flatMap(lengthOf),
    ...concepts.flatMap((concept) => missingScenes(concept, corpus.scenes)),
    ...pairsOf(entries).flatMap(([a, b]) => [...nearDuplicate(a, b), ...sameOpening(a, b)]),
  ]
}

function entriesOf({ name, passages }: Concept): Entry[] {
  return passages.map(({ scene, text }) => {
    const words = wordsOf(text)
    return { concept: name, scene, words, trigrams: trigramsOf(words) }
  })
}

/** Lower-case words; an apostrophe or hyphen inside belongs to the word. */
function wordsOf(text: string): readonly string[] {
  const plain = text.toLowerCase().replaceAll('’', "'")
  return plain.match(/[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*/gu) ?? []
}

function trigramsOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(' ')))
}

function leaks({ name, stems, passages }: Concept): LintFinding[] {
  return passages.flatMap(({ scene, text }) =>
    leaksIn(text, stems).map(({ word, stem }) => ({
      rule: 'leak' as const,
      concept: name,
      scene,
      text: `"${word}" begins with "${stem}"`,
    })),
  )
}

/** Words of a text that begin with one of the stems; the first one a stem. */
export const leaksIn = (text: string, stems: readonly string[]): { readonly word: string; readonly stem: string }[] =>
  stems.flatMap((stem) => {
    const found = text.match(new RegExp(String.raw`(?<![\p{L}\p{N}])${stem}[\p{L}\p{N}]*`, 'iu'))
    return found ? [{ word: found[0], stem }] : []
  })

function lengthOf({ concept, scene, words }: Entry): LintFinding[] {
  if (words.length >= leastWords && words.length <= mostWords) return []
  return [{ rule: 'length', concept, scene, text: `expected ${leastWords}–${mostWords} words, found ${words.length}` }]
}

function missingScenes({ name, passages }: Concept, scenes: readonly string[]): LintFinding[] {
  const present = new Set(passages.map(({ scene }) => scene))
  return scenes
    .filter((scene) => !present.has(scene))
    .map((scene) => ({
      rule: 'missing-scene',
      concept: name,
      scene,
      text: 'other concepts have a passage in this scene',
    }))
}

function pairsOf(entries: readonly Entry[]): [Entry, Entry][] {
  return entries.flatMap((a, i) => entries.slice(i + 1).map((b): [Entry, Entry] => [a, b]))
}

/** Jaccard index of the two sets of word 3-grams (Broder 1997, "resemblance"). */
function nearDuplicate(a: Entry, b: Entry): LintFinding[] {
  const common = [...a.trigrams].filter((trigram) => b.trigrams.has(trigram)).length
  const union = a.trigrams.size + b.trigrams.size - common
  const overlap = union === 0 ? 0 : common / union
  if (overlap <= mostOverlap) return []
  const text = `shares ${Math.round(overlap * 100)} % of its 3-word runs with ${b.concept}/${b.scene}; at most ${mostOverlap * 100} %`
  return [{ rule: 'near-duplicate', concept: a.concept, scene: a.scene, text }]
}

function sameOpening(a: Entry, b: Entry): LintFinding[] {
  const opening = a.words.slice(0, openingWords).join(' ')
  if (opening !== b.words.slice(0, openingWords).join(' ')) return []
  return [
    {
      rule: 'same-opening',
      concept: a.concept,
      scene: a.scene,
      text: `begins as ${b.concept}/${b.scene} does: "${opening}"`,
    },
  ]
}
