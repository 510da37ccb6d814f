import { describe, expect, test } from 'vitest'
import type { Concept } from './corpus.ts'
import { lintCorpus } from './lint.ts'

const numbered = (from: number, words: number): string =>
  Array.from({ length: words }, (_, i) => `w${from + i}`).join(' ')
const concept = (name: string, passages: Readonly<Record<string, string>>): Concept => ({
  name,
  stems: ['desperat', 'hopeless'],
  passages: Object.entries(passages).map(([scene, text]) => ({ scene, text })),
  templates: [],
})
const rulesOf = (concepts: readonly Concept[], scenes: readonly string[] = ['train']): string[] =>
  lintCorpus({ concepts, unrelated: [], scenes }).map(({ rule, concept, scene }) => `${rule} ${concept}/${scene}`)

describe('lint', () => {
  test.each([
    ['a stem at the start of a word', `Desperately ${numbered(0, 50)}`, ['leak a/train']],
    ['a stem after punctuation', `"hopelessness, ${numbered(0, 50)}`, ['leak a/train']],
    ['a stem inside a word', `undesperate ${numbered(0, 50)}`, []],
    ['47 words', numbered(0, 47), ['length a/train']],
    ['48 words', numbered(0, 48), []],
    ['66 words', numbered(0, 66), []],
    ['67 words', numbered(0, 67), ['length a/train']],
  ])('%s', (_, text, expected) => {
    expect(rulesOf([concept('a', { train: text })])).toEqual(expected)
  })

  test('a scene that another concept has', () => {
    expect(rulesOf([concept('a', { train: numbered(0, 50) })], ['office', 'train'])).toEqual(['missing-scene a/office'])
  })

  test.each([
    // 48 words each have 46 3-grams; a shared tail of n words gives n − 2 common ones: 14/78 = .18, 18/74 = .24
    ['16 shared words pass', 16, []],
    ['20 shared words do not', 20, ['near-duplicate a/train']],
  ])('near-duplicates: %s', (_, shared, expected) => {
    const tail = numbered(900, shared)
    const a = concept('a', { train: `${numbered(0, 48 - shared)} ${tail}` })
    const b = concept('b', { train: `${numbered(100, 48 - shared)} ${tail}` })
    expect(rulesOf([a, b])).toEqual(expected)
  })

  test.each([
    ['six', 6, ['same-opening a/train']],
    ['five', 5, []],
  ])('%s shared opening words', (_, shared, expected) => {
    const opening = numbered(900, shared)
    const a = concept('a', { train: `${opening} ${numbered(0, 50)}` })
    const b = concept('b', { train: `${opening.toUpperCase()}, ${numbered(100, 50)}` })
    expect(rulesOf([a, b])).toEqual(expected)
  })

  test('unrelated concepts are held to the same rules', () => {
    const corpus = { concepts: [], unrelated: [concept('cats', { train: 'hopeless' })], scenes: ['train'] }
    expect(lintCorpus(corpus).map(({ rule }) => rule)).toEqual(['leak', 'length'])
  })
})
