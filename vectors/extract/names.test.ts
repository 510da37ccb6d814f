import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Base,
  conceptsIn,
  importsIn,
  parseVectorName,
  printVectorName,
  shiftsIn,
  type VectorName,
} from './names.ts'

const KNOWN = { emotions: ['afraid', 'at ease', 'calm', 'desperate', 'grief-stricken'], unrelated: ['weather', 'cats'] }

const emotion = fc.constantFrom(...KNOWN.emotions)
const base: fc.Arbitrary<Base> = fc.oneof(
  fc.record({ kind: fc.constant('concept' as const), name: fc.constantFrom(...KNOWN.emotions, ...KNOWN.unrelated) }),
  fc.record({ kind: fc.constant('lexical' as const), name: emotion }),
  fc.record({ kind: fc.constant('import' as const), name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/) }),
  fc.record({ kind: fc.constantFrom('random' as const, 'covariance' as const), index: fc.nat(999_999_999) }),
  fc.record({
    kind: fc.constant('shuffled' as const),
    index: fc.nat(999_999_999),
    of: fc.option(emotion, { nil: undefined }),
  }),
)
const term = fc.record({ base, shift: fc.integer({ min: -999, max: 999 }) })
const vectorName: fc.Arbitrary<VectorName> = fc.record({
  negative: fc.boolean(),
  term,
  without: fc.array(term, { maxLength: 3 }),
})

describe('laws', () => {
  test('reading what was printed gives the same name', () => {
    fc.assert(
      fc.property(vectorName, (name) => {
        expect(parseVectorName(printVectorName(name), KNOWN)).toEqual(name)
      }),
    )
  })

  test('printing what was read settles on one spelling', () => {
    const signs = fc.stringMatching(/^-{0,4}$/)
    fc.assert(
      fc.property(vectorName, signs, fc.boolean(), (name, sign, isAscii) => {
        const text = `${sign}${printVectorName({ ...name, negative: false })}`
        const spelt = isAscii ? text.replaceAll('⊥', '~') : text
        const once = printVectorName(parseVectorName(spelt, KNOWN))
        expect(printVectorName(parseVectorName(once, KNOWN))).toBe(once)
        expect(once.startsWith('-')).toBe(sign.length % 2 === 1)
      }),
    )
  })

  test('any text is read or refused with a column inside it', () => {
    const piece = fc.constantFrom(
      'desperate',
      'calm',
      '-',
      '#',
      ':',
      '@shift+',
      '~',
      '⊥',
      '3',
      'random',
      'lexical',
      ' ',
      'x',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (name) => {
        try {
          parseVectorName(name, KNOWN)
        } catch (error) {
          const [, column] = /column (\d+): expected|column (\d+): there is no/.exec((error as Error).message) ?? []
          expect((error as Error).name).toBe('InputError')
          if (column !== undefined) expect(Number(column)).toBeLessThanOrEqual(name.trim().length + 1)
        }
      }),
    )
  })
})

test.each([
  ['desperate', 'desperate'],
  ['--desperate', 'desperate'],
  ['---desperate', '-desperate'],
  ['unrelated:weather', 'weather'],
  ['desperate@shift+0', 'desperate'],
  ['desperate@shift-0', 'desperate'],
  ['desperate@shift+04', 'desperate@shift+4'],
  ['desperate~afraid', 'desperate⊥afraid'],
  ['-desperate@shift-2⊥random#07~at ease', '-desperate@shift-2⊥random#7⊥at ease'],
  ['shuffled#3:calm', 'shuffled#3:calm'],
  [' calm ', 'calm'],
])('%s is %s', (text, canonical) => {
  expect(printVectorName(parseVectorName(text, KNOWN))).toBe(canonical)
})

test.each([
  ['desparate', 'column 1: there is no such vector, got "desparate"; did you mean "desperate"?'],
  ['-desparate', 'column 2: there is no such vector, got "desparate"; did you mean "desperate"?'],
  ['desperate~clam', 'column 11: there is no such vector, got "clam"; did you mean "calm"?'],
  ['desperate⊥', 'column 11: expected a concept, random#N'],
  ['', 'column 1: expected a concept'],
  ['random', 'got "random"; did you mean "random#0"?'],
  ['random#', 'column 8: expected a whole number from 0 up after random#, got nothing'],
  ['random#-1', 'column 8: expected a whole number from 0 up after random#, got "-1"'],
  ['random#1:calm', 'column 8: expected a whole number from 0 up after random#'],
  ['randon#1', 'column 1: expected a concept, random#N, covariance#N'],
  ['randon#1', 'did you mean "random"?'],
  ['shuffled#1:clam', 'column 12: there is no such vector, got "clam"; did you mean "calm"?'],
  ['lexcal:calm', 'did you mean "lexical"?'],
  ['lexical:weather', 'column 9: there is no such vector, got "weather"'],
  ['unrelated:desperate', 'column 11: there is no such vector, got "desperate"'],
  ['desperate@shift4', 'column 10: expected @shift+N or @shift-N with N layers, at most 999, got "@shift4"'],
  ['desperate@shift+1000', 'column 10: expected @shift+N'],
  ['import:Bad Name', 'column 8: expected the name that an import was given'],
  ['zzzzzz', 'known: afraid, at ease, calm'],
])('%j is refused: %s', (text, says) => {
  expect(() => parseVectorName(text, KNOWN)).toThrow(says)
})

test('without known names only the form is checked', () => {
  expect(parseVectorName('whatever').term.base).toEqual({ kind: 'concept', name: 'whatever' })
  expect(() => parseVectorName('What Ever')).toThrow('lower-case words')
})

test('what a name speaks of', () => {
  const name = parseVectorName('-desperate@shift+4⊥lexical:calm⊥shuffled#1:afraid⊥import:mine⊥random#2')
  expect(conceptsIn(name)).toEqual(['desperate', 'calm', 'afraid'])
  expect(shiftsIn(name)).toEqual([4, 0, 0, 0, 0])
  expect(importsIn(name)).toEqual(['mine'])
})
