import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, normals, philox, uniform } from '../../vectors/random.ts'
import { clopperPearson, type Interval, meanInterval, newcombePaired, wilson } from './intervals.ts'

const rounded = ({ low, high }: Interval, digits: number): number[] => [low, high].map((x) => Number(x.toFixed(digits)))
const rate = fc.integer({ min: 1, max: 400 }).chain((n) => fc.record({ n: fc.constant(n), k: fc.nat(n) }))
const width = ({ low, high }: Interval): number => high - low

describe('known answers', () => {
  it.each([
    // Newcombe 1998, Statistics in Medicine 17:857, table I, methods 3 and 5.
    [81, 263, [0.2553, 0.3662], [0.2527, 0.3676]],
    [15, 148, [0.0624, 0.1605], [0.0578, 0.1617]],
    [0, 20, [0, 0.1611], [0, 0.1684]],
    [1, 29, [0.0061, 0.1718], [0.0009, 0.1776]],
    // Fagerland, Lydersen and Laake 2017, chapter 2 (exact limits); the score limits are the roots of its quadratic.
    [13, 16, [0.5699, 0.9341], [0.5435, 0.9595]],
    [22, 100, [0.15, 0.3107], [0.1433, 0.3139]],
    [20, 20, [0.8389, 1], [0.8316, 1]],
  ])('%i of %i: Wilson %o, Clopper–Pearson %o', (k, n, score, exact) => {
    expect(rounded(wilson(k, n), 4)).toEqual(score)
    expect(rounded(clopperPearson(k, n), 4)).toEqual(exact)
  })

  it.each([
    // Fagerland, Lydersen and Laake 2017, chapter 8: Bentur 2009 and Cavo 2012.
    [[1, 1, 7, 12], -0.2857, [-0.5069, -0.0256]],
    [[59, 6, 16, 80], -0.0621, [-0.1186, -0.0046]],
    // Altman et al. 2000, Statistics with Confidence, table 6.2.
    [[14, 5, 0, 22], 0.122, [0.0115, 0.2265]],
    // Shapes of Newcombe 1998, Statistics in Medicine 17:2635, table II, with empty cells and margins.
    [[20, 12, 2, 16], 0.2, [0.0562, 0.3292]],
    [[36, 12, 2, 0], 0.2, [0.0569, 0.3404]],
    [[0, 29, 1, 0], 0.9333, [0.6666, 0.9882]],
    [[54, 0, 0, 0], 0, [-0.0664, 0.0664]],
    [[30, 0, 0, 24], 0, [-0.0358, 0.0358]],
    [[0, 30, 0, 0], 1, [0.8395, 1]],
  ] as const)('Newcombe pairs %o', ([both, onlyA, onlyB, neither], estimate, limits) => {
    const interval = newcombePaired({ both, onlyA, onlyB, neither })
    expect(interval.estimate).toBeCloseTo(estimate, 4)
    expect(rounded(interval, 4)).toEqual(limits)
  })

  it('Student’s sleep data, extra hours: 1.58 [0.70, 2.46] (R, t.test of sleep, paired)', () => {
    const interval = meanInterval([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4])
    expect(interval.estimate).toBeCloseTo(1.58, 12)
    expect(rounded(interval, 7)).toEqual([0.7001142, 2.4598858])
  })
})

describe('no data bounds nothing', () => {
  it.each([
    ['wilson', wilson(0, 0), [0, 1]],
    ['clopperPearson', clopperPearson(0, 0), [0, 1]],
    ['newcombePaired', newcombePaired({ both: 0, onlyA: 0, onlyB: 0, neither: 0 }), [-1, 1]],
    ['meanInterval', meanInterval([]), [-Infinity, Infinity]],
  ])('%s', (_, interval, limits) => {
    expect(interval.estimate).toBeNaN()
    expect([interval.low, interval.high]).toEqual(limits)
  })

  it('one value has a mean and no limits', () => {
    expect(meanInterval([3])).toEqual({ estimate: 3, low: -Infinity, high: Infinity })
  })
})

describe('laws', () => {
  it.each([
    ['wilson', wilson],
    ['clopperPearson', clopperPearson],
  ])('%s contains its estimate, mirrors, rises with the successes and widens with the level', (_, interval) => {
    fc.assert(
      fc.property(rate, ({ k, n }) => {
        const here = interval(k, n)
        const mirrored = interval(n - k, n)
        expect(here.low).toBeGreaterThanOrEqual(0)
        expect(here.low).toBeLessThanOrEqual(here.estimate)
        expect(here.high).toBeGreaterThanOrEqual(here.estimate)
        expect(here.high).toBeLessThanOrEqual(1)
        expect(mirrored.low).toBeCloseTo(1 - here.high, 12)
        expect(width(interval(k, n, 0.99))).toBeGreaterThan(width(here))
        if (k < n) expect(interval(k + 1, n).low).toBeGreaterThan(here.low)
        if (k < n) expect(interval(k + 1, n).high).toBeGreaterThan(here.high)
      }),
    )
  })

  it('newcombePaired contains its estimate, stays in −1..1 and turns round when A and B are swapped', () => {
    const count = fc.nat(60)
    fc.assert(
      fc.property(count, count, count, fc.integer({ min: 1, max: 60 }), (both, onlyA, onlyB, neither) => {
        const here = newcombePaired({ both, onlyA, onlyB, neither })
        const swapped = newcombePaired({ both, onlyA: onlyB, onlyB: onlyA, neither })
        const relabelled = newcombePaired({ both: neither, onlyA: onlyB, onlyB: onlyA, neither: both })
        expect(here.low).toBeLessThanOrEqual(here.estimate)
        expect(here.high).toBeGreaterThanOrEqual(here.estimate)
        expect(Math.max(-here.low, here.high)).toBeLessThanOrEqual(1)
        expect(swapped.low).toBeCloseTo(-here.high, 12)
        expect(relabelled.low).toBeCloseTo(-here.high, 12)
      }),
    )
  })

  it('meanInterval moves and stretches with its values', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(values, fc.integer({ min: -50, max: 50 }), (sample, shift) => {
        const here = meanInterval(sample)
        const moved = meanInterval(sample.map((value) => 2 * value + shift))
        expect(moved.low).toBeCloseTo(2 * here.low + shift, 6)
        expect(moved.high).toBeCloseTo(2 * here.high + shift, 6)
      }),
    )
  })
})

/** Exact: the binomial probabilities of all the counts whose interval holds the true rate. */
function coverage(interval: typeof wilson, n: number, p: number): number {
  let probability = (1 - p) ** n
  let covered = 0
  for (let k = 0; k <= n; k++) {
    const { low, high } = interval(k, n)
    if (low <= p && p <= high) covered += probability
    probability *= ((n - k) / (k + 1)) * (p / (1 - p))
  }
  return covered
}

describe('coverage', () => {
  const rates = Array.from({ length: 99 }, (_, i) => (i + 1) / 100)

  it.each([5, 20, 72])(
    'n = %i: Clopper–Pearson never below .95, Wilson near it on average and never far below',
    (n) => {
      const score = rates.map((p) => coverage(wilson, n, p))
      expect(Math.min(...rates.map((p) => coverage(clopperPearson, n, p)))).toBeGreaterThanOrEqual(0.95)
      expect(score.reduce((sum, share) => sum + share, 0) / score.length).toBeCloseTo(0.955, 1.9)
      expect(Math.min(...score)).toBeGreaterThan(0.82)
    },
  )

  it.each([
    [20, 0.35, 0.25],
    [48, 0.6, 0.35],
  ])('Newcombe, %i pairs, a rate of %f against %f with common random numbers', (n, rateA, rateB) => {
    const words = new Uint32Array(4)
    const key = keyOf('coverage', n)
    let covered = 0
    for (let run = 0; run < 4000; run++) {
      const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 }
      for (let pair = 0; pair < n; pair++) {
        philox([run, pair, 0, 0], key, words)
        const inA = uniform(words[0]!) < rateA
        // Half of the pairs share their random number.
        const inB = uniform(words[words[1]! & 1 ? 0 : 2]!) < rateB
        if (inA && inB) counts.both++
        else if (inA) counts.onlyA++
        else if (inB) counts.onlyB++
        else counts.neither++
      }
      const { low, high } = newcombePaired(counts)
      if (low <= rateA - rateB && rateA - rateB <= high) covered++
    }
    expect(covered / 4000).toBeGreaterThan(0.94)
    expect(covered / 4000).toBeLessThan(0.98)
  })

  it('meanInterval of 6 normal values covers .95 within sampling error', () => {
    const all = normals(keyOf('mean coverage'), 24_000)
    const held = Array.from({ length: 4000 }, (_, i) => meanInterval([...all.subarray(6 * i, 6 * i + 6)])).filter(
      ({ low, high }) => low <= 0 && 0 <= high,
    )
    expect(Math.abs(held.length / 4000 - 0.95)).toBeLessThan(0.0105)
  })
})

it.each([
  [() => wilson(5, 4), 'successes: expected at most n = 4, but it is 5'],
  [() => wilson(0.5, 4), 'successes: expected a whole number, 0 or more, but it is 0.5'],
  [() => clopperPearson(1, 4, 95), 'level: expected a number between 0 and 1, but it is 95'],
  [() => newcombePaired({ both: 1, onlyA: -1, onlyB: 0, neither: 0 }), 'onlyA: expected a whole number'],
  [() => meanInterval([1, Number.NaN]), 'values[1]: expected a finite number, but it is NaN'],
])('refuses %s', (call, message) => expect(call).toThrow(message))
