import { functionWords } from './lexicon.ts'

/**
 * Is the text no language: more than half of its 4-grams repeated, a word of more than 40 letters,
 * or less than 60 % letters and spaces? Short texts are never called broken for their signs alone.
 */
export function isBroken(text: string): boolean {
  const prose = text.replaceAll(/https?:\S+|\S+@\S+/g, '')
  if ((repetition(prose) ?? 0) > 0.5) return true
  if (/\p{L}{41,}/u.test(prose)) return true
  const letters = prose.replaceAll(/[^\p{L}\s]/gu, '').length
  return prose.length >= 40 && letters / prose.length < 0.6
}

/** Is the text, if long enough to tell, in a language that the rules cannot read? Under 5 % of common English words. */
export function isForeign(text: string): boolean {
  const words = wordsOf(text)
  if (words.length < 10) return false
  return words.filter((word) => functionWords.has(word)).length / words.length < 0.05
}

/** Share of word 4-grams of the text that have occurred before in it: 0 = all new. Undefined under 24 words. */
function repetition(text: string): number | undefined {
  const words = wordsOf(text)
  if (words.length < 24) return undefined
  const grams = words.slice(3).map((_, index) => words.slice(index, index + 4).join(' '))
  return 1 - new Set(grams).size / grams.length
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []
}
