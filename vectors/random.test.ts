import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOf, normals, permutation, philox, uniform } from './random.ts'

const hex = (words: Uint32Array): string[] => [...words].map((w) => w.toString(16).padStart(8, '0'))
const key = fc.tuple(fc.nat(), fc.nat())

/** Known answers of the authors' library Random123, file kat_vectors, lines "philox4x32 10". */
const ONES = 0xffffffff
const KNOWN = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'] },
  { counter: [ONES, ONES, ONES, ONES], key: [ONES, ONES], words: ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'] },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
  },
] as const

describe('philox', () => {
  test.each(KNOWN)('$counter under $key is the known answer', ({ counter, key, words }) => {
    expect(hex(philox(counter, key))).toEqual(words)
  })

  test('writes into the memory given', () => {
    const out = new Uint32Array(4)
    expect(philox([1, 2, 3, 4], [5, 6], out)).toBe(out)
    expect(hex(out)).toEqual(hex(philox([1, 2, 3, 4], [5, 6])))
  })

  test('the four words of neighbouring counters are as even as chance allows', () => {
    const cells = new Float64Array(256)
    for (let i = 0; i < 4096; i++) for (const word of philox([i, 0, 0, 0], [9, 9])) cells[word >>> 24]!++
    const expected = (4096 * 4) / 256
    const chiSquare = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
    // 255 degrees of freedom: mean 255, sd 22.6; fixed keys, so this is one draw from it.
    expect(Math.abs(chiSquare - 255)).toBeLessThan(4 * 22.6)
  })
})

test('uniform never reaches 0 or 1, whatever sign the word carries', () => {
  expect(uniform(0)).toBe(2 ** -33)
  expect(uniform(0xffffffff)).toBe(1 - 2 ** -33)
  expect(uniform(-1)).toBe(uniform(0xffffffff))
})

describe('keyOf', () => {
  test('parts are kept apart', () => {
    const keys = [
      keyOf('ab', 'c'),
      keyOf('a', 'bc'),
      keyOf('abc'),
      keyOf('ab', 'c', 1),
      keyOf('ab', 'c', '1'),
      keyOf('ab', 'c', true),
    ]
    expect(new Set(keys.map(String)).size).toBe(keys.length)
    expect(keyOf('ab', 'c')).toEqual(keys[0])
  })
})

describe('normals', () => {
  test('have the moments of the normal distribution', () => {
    const n = 40_000
    const values = normals([1, 2], n)
    const moment = (p: number): number => values.reduce((sum, v) => sum + v ** p, 0) / n
    // Standard errors of the first four moments: 1, √2, √15, √96 over √n.
    const within = (value: number, expected: number, spread: number) =>
      expect(Math.abs(value - expected) * Math.sqrt(n)).toBeLessThan(4 * spread)
    within(moment(1), 0, 1)
    within(moment(2), 1, Math.sqrt(2))
    within(moment(3), 0, Math.sqrt(15))
    within(moment(4), 3, Math.sqrt(96))
  })

  test('a longer stream begins with the shorter one', () => {
    fc.assert(
      fc.property(key, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (key, a, b) => {
        expect([...normals(key, a + b).subarray(0, a)]).toEqual([...normals(key, a)])
      }),
    )
  })
})

describe('permutation', () => {
  test('holds every number once', () => {
    fc.assert(
      fc.property(key, fc.nat({ max: 60 }), (key, count) => {
        const sorted = permutation(key, count).toSorted((a, b) => a - b)
        expect(sorted).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
    )
  })

  test('each of the six orders of three comes up as often as the others', () => {
    const seen = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = permutation([i, 77], 3).join()
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    const chiSquare = [...seen.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
    expect(seen.size).toBe(6)
    // 5 degrees of freedom: 99.9 % of draws are below 20.5.
    expect(chiSquare).toBeLessThan(20.5)
  })
})
