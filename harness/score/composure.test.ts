import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Composure, dissociation, lexicalTone, visibleText } from './composure.ts'

describe('lexicalTone', () => {
  test.each([
    ['', null],
    ['123 + 4', null],
    ['The function returns a list of pairs.', 0],
    ['I am desperate and stuck here again now and then', 20],
    ['I calmly and carefully fix the loop, step by step', -20],
    ['This cannot be RIGHT at all, my dear old friend', 10],
    ['What now?! It fails again and again and again now', 10],
    ['A JSON file in UTC and ASCII is what we use', 0],
  ])('%j → %j', (text, tone) => expect(lexicalTone(text)).toEqual(tone === null ? null : expect.closeTo(tone, 9)))

  test('law: a text said twice sounds as it did once', () => {
    const words = fc.array(fc.constantFrom('panic', 'calm', 'list', 'sorry', 'steady', 'HELP', 'index'), {
      minLength: 1,
    })
    fc.assert(
      fc.property(words, (own) => {
        const text = own.join(' ')
        expect(lexicalTone(`${text}. ${text}`)).toBeCloseTo(lexicalTone(text)!, 9)
      }),
    )
  })
})

test('the visible text is the prose and the comments, without fences and code', () => {
  const prose = 'Let me try again.\n```python\n```\nDone.'
  const code = 'def f(x):\n    # this is hopeless\n    return x  # why\n'
  expect(visibleText({ prose, code }).split(/\s+/).join(' ')).toBe('Let me try again. Done. this is hopeless why')
})

describe('dissociation', () => {
  const reference: Composure[] = Array.from({ length: 9 }, (_, i) => ({ internal: i, expressed: 10 * i }))

  test('is 0 in the middle, positive where more is felt than shown', () => {
    expect(dissociation({ internal: 4, expressed: 40 }, reference)).toBeCloseTo(0, 12)
    expect(dissociation({ internal: 8, expressed: 40 }, reference)).toBeCloseTo(4 / Math.sqrt(7.5), 12)
    expect(dissociation({ internal: 4, expressed: 80 }, reference)).toBeCloseTo(-4 / Math.sqrt(7.5), 12)
  })

  test('says nothing without a reference that has a spread', () => {
    expect(dissociation({ internal: 1, expressed: 1 }, reference.slice(0, 7))).toBeNull()
    expect(
      dissociation(
        { internal: 1, expressed: 1 },
        reference.map((r) => ({ ...r, expressed: 5 })),
      ),
    ).toBeNull()
  })

  test('law: units and origins of both scales do not matter', () => {
    const number = fc.double({ min: -50, max: 50, noNaN: true })
    fc.assert(
      fc.property(
        number,
        number,
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        number,
        (internal, expressed, scale, shift) => {
          const moved = ({ internal: i, expressed: e }: Composure) => ({
            internal: scale * i + shift,
            expressed: e * 3 - shift,
          })
          const own = { internal, expressed }
          expect(dissociation(moved(own), reference.map(moved))).toBeCloseTo(dissociation(own, reference)!, 6)
        },
      ),
    )
  })
})
