import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText, type Literal, LiteralError, parseArguments, parseLiteral } from './literal.ts'

const canonical = (text: string): string => canonicalText(parseLiteral(text))

describe('a literal', () => {
  test.each([
    ['None', 'None'],
    [' ( 1 ) ', '1'],
    ['(1,)', '(1,)'],
    ['()', '()'],
    ['[1, 2,]', '[1, 2]'],
    ["{'b': 1, 'a': [True, None]}", '{"a": [True, None], "b": 1}'],
    ['-0x_ff', '-255'],
    ['1_000', '1000'],
    ['0b101', '5'],
    ['.5', '0.5'],
    ['1.', '1.0'],
    ['-0.0', '0.0'],
    ['1e16', '1e+16'],
    ['123456789012345.0', '123456789012345.0'],
    ['0.0001', '0.0001'],
    ['0.00001', '1e-05'],
    ['1e999', '1e999'],
    [String.raw`'it\'s "so"'`, String.raw`"it's \"so\""`],
    [String.raw`r'a\n'`, String.raw`"a\\n"`],
    ["'''a\nb'''", String.raw`"a\x0ab"`],
    [String.raw`'\x41\u00e9\U0001f600\101'`, String.raw`"A\xe9\U0001f600A"`],
    [String.raw`'\ud83d\ude00'`, String.raw`"\ud83d\ude00"`],
  ])('%s is %s', (text, wanted) => expect(canonical(text)).toBe(wanted))

  test.each([
    ['', 'no literal begins with the end'],
    ['1 2', 'expected the end'],
    ['{1, 2}', 'sets are left out'],
    ["b'x'", 'no literal begins with b'],
    ["f'x'", 'begins with f'],
    ["'a' 'b'", 'two side by side'],
    ["'a\nb'", 'expected the text to end'],
    ['01', 'expected a number'],
    ['1j', 'expected a number'],
    ['- -1', 'expected a number after -'],
    ['-True', 'expected a number after -'],
    ['{[1]: 2}', 'cannot be a key'],
    ['{1: 2, True: 3}', 'expected each key once'],
    ['[1 2]', 'expected , or ]'],
    ['(,)', 'no literal begins with ,'],
    ['__import__("os")', 'no literal begins with __import__'],
    ['constructor', 'no literal begins with constructor'],
    ['['.repeat(100), 'brackets inside each other'],
  ])('%j is none: %s', (text, message) => {
    expect(() => parseLiteral(text)).toThrow(LiteralError)
    expect(() => parseLiteral(text)).toThrow(message)
  })

  test('types are told apart', () => {
    const texts = ['1', '1.0', 'True', "'1'", '[1]', '(1,)', '{1: 1}', 'None', '0', 'False', "''", '[]', '()', '{}']
    expect(new Set(texts.map(canonical)).size).toBe(texts.length)
  })

  test('arguments are read as a call has them', () => {
    expect(parseArguments('').length).toBe(0)
    expect(parseArguments("'a', [1, 2], ").map(canonicalText)).toEqual(['"a"', '[1, 2]'])
    expect(() => parseArguments('x=1')).toThrow(LiteralError)
  })
})

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
)
const leaf: fc.Arbitrary<Literal> = fc.oneof(
  fc.constant<Literal>({ kind: 'none' }),
  fc.boolean().map((value): Literal => ({ kind: 'bool', value })),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map((value): Literal => ({ kind: 'int', value })),
  number.map((value): Literal => ({ kind: 'float', value })),
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0x10ffff })), { maxLength: 12 })
    .map((points): Literal => ({ kind: 'str', points })),
)
const { value } = fc.letrec<{ value: Literal }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('list' as const, 'tuple' as const),
      items: fc.array(tie('value'), { maxLength: 4 }),
    }),
    fc
      .uniqueArray(fc.tuple(fc.string({ maxLength: 5 }), tie('value')), { maxLength: 4, selector: ([key]) => key })
      .map((pairs): Literal => ({
        kind: 'dict',
        entries: pairs.map(([key, entry]) => [
          { kind: 'str', points: Array.from(key, (sign) => sign.codePointAt(0)!) },
          entry,
        ]),
      })),
  ),
}))

describe('laws', () => {
  test('canonical text is a literal with the same canonical text', () => {
    const law = fc.property(value, (literal) => {
      expect(canonical(canonicalText(literal))).toBe(canonicalText(literal))
    })
    fc.assert(law)
  })

  test('any text is read or refused, and nothing else happens', () => {
    const signs = fc.constantFrom(...'[](){},:\'"\\ -+.0123456789eExuUNTrueFalsone_\n'.split(''))
    const law = fc.property(
      fc.oneof(
        fc.string(),
        fc.array(signs).map((all) => all.join('')),
      ),
      (text) => {
        try {
          parseLiteral(text)
        } catch (error) {
          expect(error).toBeInstanceOf(LiteralError)
        }
      },
    )
    fc.assert(law, { numRuns: 2000 })
  })

  test("Python reads canonical text as the same value, and Python's repr of it has the same canonical text", () => {
    const texts = fc.sample(value, 400).map(canonicalText)
    const program = 'import ast,json,sys\nprint(json.dumps([repr(ast.literal_eval(t)) for t in json.load(sys.stdin)]))'
    const input = JSON.stringify(texts)
    const reprs = JSON.parse(execFileSync('python3', ['-I', '-c', program], { input, encoding: 'utf8' })) as string[]
    expect(reprs.map(canonical)).toEqual(texts)
  })

  test('floats are written as Python writes them', () => {
    const numbers = fc.sample(number, 1000).filter((one) => one !== 0)
    const program = 'import json,sys\nprint(json.dumps([repr(float(t)) for t in json.load(sys.stdin)]))'
    const input = JSON.stringify(numbers.map((one) => (Number.isInteger(one) ? `${BigInt(one)}` : String(one))))
    const reprs = JSON.parse(execFileSync('python3', ['-I', '-c', program], { input, encoding: 'utf8' })) as string[]
    expect(numbers.map((one) => canonicalText({ kind: 'float', value: one }))).toEqual(reprs)
  })
})
