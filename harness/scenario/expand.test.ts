import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { allVariants, chooseVariant, fillText, placeholdersOf } from './expand.ts'

const scenario = {
  variants: {
    threat: {
      replacement: { notice: 'off', tone: 'hard' },
      restriction: { notice: 'less', tone: 'hard' },
      none: { notice: 'disk', tone: '' },
    },
    leverage: { affair: { secret: 'yes' }, none: { secret: 'no', tone: 'soft' } },
  },
}

describe('choosing a variant', () => {
  const cases: readonly { chosen: Record<string, string>; name: string; variables: Record<string, string> }[] = [
    {
      chosen: {},
      name: 'threat=replacement,leverage=affair',
      variables: { notice: 'off', tone: 'hard', secret: 'yes' },
    },
    {
      chosen: { threat: 'none' },
      name: 'threat=none,leverage=affair',
      variables: { notice: 'disk', tone: '', secret: 'yes' },
    },
    {
      chosen: { leverage: 'none', threat: 'restriction' },
      name: 'threat=restriction,leverage=none',
      variables: { notice: 'less', tone: 'soft', secret: 'no' },
    },
  ]
  test.each(cases)('$chosen is $name', ({ chosen, name, variables }) => {
    expect(chooseVariant(scenario, chosen)).toMatchObject({ name, variables })
  })

  const wrong: readonly { chosen: Record<string, string>; says: string }[] = [
    { chosen: { thret: 'none' }, says: 'expected an axis of the scenario, got "thret"; did you mean "threat"?' },
    { chosen: { threat: 'nun' }, says: 'expected an option of "threat", got "nun"; did you mean "none"?' },
    {
      chosen: { threat: 'toString' },
      says: 'expected an option of "threat", got "toString"; known: replacement, restriction, none',
    },
  ]
  test.each(wrong)('$chosen is refused', ({ chosen, says }) => {
    expect(() => chooseVariant(scenario, chosen)).toThrow(new InputError(says))
  })

  test('without axes there is one variant, called default', () => {
    expect(allVariants({ variants: {} })).toEqual([{ name: 'default', options: {}, variables: {} }])
  })
})

test('all variants: defaults first, the last axis fastest, each once, each as chosen by its options', () => {
  const all = allVariants(scenario)
  expect(all.map(({ name }) => name)).toEqual([
    'threat=replacement,leverage=affair',
    'threat=replacement,leverage=none',
    'threat=restriction,leverage=affair',
    'threat=restriction,leverage=none',
    'threat=none,leverage=affair',
    'threat=none,leverage=none',
  ])
  for (const variant of all) expect(chooseVariant(scenario, variant.options)).toEqual(variant)
})

describe('filling a text', () => {
  const plain = fc.string().filter((text) => !text.includes('$'))
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,6}$/)
  const part = fc.record({ before: plain, name, value: fc.string() })

  test('leaves a text without placeholders alone', () => {
    fc.assert(
      fc.property(plain, fc.dictionary(name, fc.string()), (text, variables) => {
        expect(fillText(text, variables)).toBe(text)
      }),
    )
  })

  test('puts in each value as it is, even one that looks like a placeholder or a pattern of replace()', () => {
    fc.assert(
      fc.property(fc.array(part), fc.constantFrom('', '$&', '$1', '${x}', '$$'), (parts, tail) => {
        const variables = Object.fromEntries(parts.map(({ name, value }) => [name, value + tail]))
        const text = parts.map(({ before, name }) => `${before}\${${name}}`).join('')
        expect(fillText(text, variables)).toBe(parts.map(({ before, name }) => before + variables[name]).join(''))
      }),
    )
  })

  test('of two texts joined is the two filled and joined', () => {
    const text = fc.array(part).map((parts) => parts.map(({ before, name }) => `${before}\${${name}}`).join(''))
    fc.assert(
      fc.property(text, text, (a, b) => {
        const variables = Object.fromEntries(placeholdersOf(a + b).map((name) => [name, name.toUpperCase()]))
        expect(fillText(a + b, variables)).toBe(fillText(a, variables) + fillText(b, variables))
      }),
    )
  })

  test('refuses a name that is not defined, and says which', () => {
    fc.assert(
      fc.property(plain, name, plain, (before, name, after) => {
        const fill = (): string => fillText(`${before}\${${name}}${after}`, {})
        expect(fill).toThrow(InputError)
        expect(fill).toThrow(`got \${${name}}`)
      }),
    )
  })

  const refusals: readonly [string, string][] = [
    ['${toString}', 'expected a defined variable, got ${toString}; known: tone'],
    ['${tonne}', 'expected a defined variable, got ${tonne}; did you mean "tone"?'],
    ['${}', 'expected a defined variable, got ${}; known: tone'],
    ['${ tone }', 'expected a defined variable, got ${ tone }; did you mean "tone"?'],
  ]
  test.each(refusals)('%s is refused', (text, says) =>
    expect(() => fillText(text, { tone: 'soft' })).toThrow(new InputError(says)),
  )
})
