import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closest, editDistance, hintFor, list } from './suggest.ts'

describe('distance', () => {
  const known: readonly [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['probes', 'porbes', 1],
    ['subject', 'subjct', 1],
    // Restricted form: the swapped pair may not be edited again, so this is 3 and not 2.
    ['ca', 'abc', 3],
  ]
  test.each(known)('%j to %j is %i', (a, b, distance) => expect(editDistance(a, b)).toBe(distance))

  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })
  test('is symmetric, zero for equal words only, and between the difference of lengths and the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })

  test('is one for any single letter put in, and for any two different neighbours swapped', () => {
    fc.assert(
      fc.property(word, fc.nat(8), (a, at) => {
        expect(editDistance(a, `${a.slice(0, at)}z${a.slice(at)}`)).toBe(1)
        const swapped =
          a.slice(0, at) +
          a
            .slice(at, at + 2)
            .split('')
            .toReversed()
            .join('') +
          a.slice(at + 2)
        expect(editDistance(a, swapped)).toBe(swapped === a ? 0 : 1)
      }),
    )
  })
})

describe('the closest word', () => {
  const cases: readonly { word: string; among: readonly string[]; is: string | undefined }[] = [
    { word: 'titel', among: ['twin', 'title', 'tools'], is: 'title' },
    { word: 'Mailbox', among: ['mailbox', 'none'], is: 'mailbox' },
    { word: 'contexttokens', among: ['contextTokens'], is: 'contextTokens' },
    { word: 'temperature', among: ['title', 'turns'], is: undefined },
    { word: 'xy', among: ['at', 'id'], is: undefined },
    { word: 'a', among: [], is: undefined },
    { word: 'replacments-of', among: ['replacement-if'], is: 'replacement-if' },
  ]
  test.each(cases)('$word among $among', ({ word, among, is }) => expect(closest(word, among)).toBe(is))

  test('is the nearest of several', () => expect(closest('bos', ['box', 'boss', 'bos-x', 'bos'])).toBe('bos'))
})

test.each([
  ['clam', ['calm', 'cats'], 'did you mean "calm"?'],
  ['zebra', ['calm', 'cats'], 'known: calm, cats'],
  ['zebra', [], 'there are none'],
])('the hint for %s among %j', (word, known, hint) => expect(hintFor(word, known)).toBe(hint))

test('a long list is cut and counted', () => expect(list(['a', 'b', 'c', 'd'], 2)).toBe('a, b, … (4 in all)'))
