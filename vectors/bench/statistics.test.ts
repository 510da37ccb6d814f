import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { median, medianInterval, pairedRatios, spread } from './statistics.ts'

const values = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 })

describe('median', () => {
  test.each([
    { of: [3], is: 3 },
    { of: [3, 1], is: 2 },
    { of: [10, 2, 9], is: 9 },
    { of: [100, 1, 2, 3], is: 2.5 },
  ])('of $of is $is', ({ of, is }) => expect(median(of)).toBe(is))

  test('has no more than half of the values on either side, in any order', () => {
    fc.assert(
      fc.property(values, (list) => {
        const middle = median(list)
        expect(list.filter((v) => v < middle).length).toBeLessThanOrEqual(list.length / 2)
        expect(list.filter((v) => v > middle).length).toBeLessThanOrEqual(list.length / 2)
        expect(median(list.toReversed())).toBe(middle)
      }),
    )
  })

  test('of nothing is refused', () => expect(() => median([])).toThrow('at least one value'))
})

test('the spread holds the median and every value', () => {
  fc.assert(
    fc.property(values, (list) => {
      const { median: middle, min, max } = spread(list)
      for (const value of [...list, middle]) expect(value >= min && value <= max).toBe(true)
    }),
  )
})

describe('the interval of a median', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

  // Ranks from Conover, table A3 with p = .5: the sign test at 5 %.
  test.each([
    { n: 5, is: undefined },
    { n: 6, is: [1, 6] },
    { n: 8, is: [1, 8] },
    { n: 9, is: [2, 8] },
    { n: 20, is: [6, 15] },
    { n: 30, is: [10, 21] },
    { n: 100, is: [40, 61] },
  ])('of 1 to $n is $is, in any order', ({ n, is }) => {
    expect(medianInterval(upTo(n))).toEqual(is)
    expect(medianInterval(upTo(n).toReversed())).toEqual(is)
  })

  test('holds the median', () => {
    fc.assert(
      fc.property(values, (list) => {
        const [low, high] = medianInterval(list) ?? [-Infinity, Infinity]
        expect(median(list)).toBeGreaterThanOrEqual(low)
        expect(median(list)).toBeLessThanOrEqual(high)
      }),
    )
  })
})

describe('paired ratios', () => {
  test('are taken round by round', () => expect(pairedRatios([2, 9], [1, 3])).toEqual([2, 3]))

  test('do not see a machine that slows down as a whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.25, 0.5, 1, 2), { minLength: 1 }),
        fc.constantFrom(0.5, 1, 4),
        (speeds, ratio) => {
          const b = speeds.map((speed) => speed * 100)
          expect(
            pairedRatios(
              b.map((v) => v * ratio),
              b,
            ),
          ).toEqual(speeds.map(() => ratio))
        },
      ),
    )
  })

  test('of lists of different length are refused', () =>
    expect(() => pairedRatios([1, 2], [1])).toThrow('equal numbers of rounds, got 2 and 1'))
})
