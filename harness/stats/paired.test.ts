import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, normals } from '../../vectors/random.ts'
import { meanInterval } from './intervals.ts'
import { holm } from './multiplicity.ts'
import { clusterBootstrap, mcnemarExact, signFlip } from './paired.ts'

const key = keyOf('stats test')

describe('mcnemarExact', () => {
  it.each([
    // Fagerland, Lydersen and Laake 2017, chapter 8: Cavo 2012 and Bentur 2009.
    [6, 16, 0.052479],
    [1, 7, 0.0703125],
    // Altman et al. 2000, table 6.2.
    [5, 0, 0.0625],
    // Agresti 2002, table 10.1 (approval of the prime minister): R, binom.test(86, 236).
    [150, 86, 0.0000371696],
    [0, 0, 1],
    [3, 3, 1],
    [3, 2, 1],
  ])('%i against %i', (onlyA, onlyB, p) => expect(mcnemarExact(onlyA, onlyB)).toBeCloseTo(p, 6))

  it('is the sum of binomial terms, whichever side is A', () => {
    fc.assert(
      fc.property(fc.nat(25), fc.nat(25), (a, b) => {
        const n = a + b
        let term = 1
        let ways = 0
        for (let k = 0; k <= Math.min(a, b); k++) {
          ways += term
          term = (term * (n - k)) / (k + 1)
        }
        expect(mcnemarExact(a, b)).toBeCloseTo(Math.min(1, (2 * ways) / 2 ** n), 12)
        expect(mcnemarExact(a, b)).toBe(mcnemarExact(b, a))
      }),
    )
  })
})

/** How many sign assignments give each sum, by convolution. */
function countOfSums(values: readonly number[]): Map<number, number> {
  let counts = new Map([[0, 1]])
  for (const value of values) {
    const next = new Map<number, number>()
    for (const [sum, count] of counts) {
      for (const signed of [sum + value, sum - value]) next.set(signed, (next.get(signed) ?? 0) + count)
    }
    counts = next
  }
  return counts
}

describe('signFlip', () => {
  /** Darwin's maize, Fisher 1935 §21, in eighths of an inch: 1726 of 2^15 assignments are as extreme. */
  const maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

  it('draws come near Fisher’s .0527 for Darwin’s maize', () => {
    const { p, mean, exact } = signFlip(maize, { key })
    expect({ mean: mean * 15, exact }).toEqual({ mean: 314, exact: false })
    expect(Math.abs(p - 1726 / 32_768)).toBeLessThan(4 * Math.sqrt(0.0527 * 0.9473 * 1e-4))
  })

  it('draws are repeatable, and another key gives others', () => {
    expect(signFlip(maize, { key })).toEqual(signFlip(maize, { key }))
    expect(signFlip(maize, { key: keyOf('other') }).p).not.toBe(signFlip(maize, { key }).p)
  })

  it('up to 14 differences equals the count by convolution', () => {
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 14 })
    fc.assert(
      fc.property(values, (differences) => {
        const seen = Math.abs(differences.reduce((sum, value) => sum + value, 0))
        const extreme = [...countOfSums(differences)].filter(([sum]) => Math.abs(sum) >= seen)
        const p = extreme.reduce((sum, [, count]) => sum + count, 0) / 2 ** differences.length
        expect(signFlip(differences, { key })).toMatchObject({ p, exact: true })
      }),
      { numRuns: 60 },
    )
  })

  it('does not change with order, scale, common sign or added zeros, and ties are ties in any rounding', () => {
    const { p } = signFlip([0.1, 0.2, 0.3, -0.6, 0.7], { key })
    for (const same of [
      [0.7, 0.3, 0.2, 0.1, -0.6],
      [-0.3, -0.6, -0.9, 1.8, -2.1],
      [0, 0.1, 0.2, 0.3, -0.6, 0.7, 0],
    ]) {
      expect(signFlip(same, { key }).p).toBe(p)
    }
    expect(signFlip([0.1, 0.2, -0.3], { key }).p).toBe(1)
  })

  it('all alike in n pairs is 2 of 2^n; nothing to flip is 1', () => {
    expect(signFlip([1, 1, 1, 1, 1, 1], { key }).p).toBe(2 / 64)
    expect(signFlip([0, 0], { key })).toEqual({ mean: 0, p: 1, exact: true })
    expect(signFlip([], { key })).toEqual({ mean: Number.NaN, p: 1, exact: true })
  })

  it('draws: under no effect p is uniform, and never 0', () => {
    const noise = normals(keyOf('null'), 20 * 400)
    const p = Array.from(
      { length: 400 },
      (_, i) => signFlip([...noise.subarray(20 * i, 20 * i + 20)], { key, draws: 199 }).p,
    )
    for (const level of [0.1, 0.5]) expect(p.filter((value) => value <= level).length / 400).toBeCloseTo(level, 1.1)
    expect(
      signFlip(
        Array.from({ length: 40 }, () => 1),
        { key, draws: 199 },
      ).p,
    ).toBe(1 / 200)
  })
})

describe('clusterBootstrap', () => {
  it('of single 0/1 values has the quantiles of the binomial', () => {
    const clusters = Array.from({ length: 40 }, (_, i) => [i < 10 ? 1 : 0])
    // Binomial(40, .25): the .025 and .975 quantiles are 5 and 16 (R, qbinom).
    expect(clusterBootstrap(clusters, { key })).toEqual({ estimate: 0.25, low: 5 / 40, high: 16 / 40 })
  })

  it('copies within a cluster add no certainty', () => {
    const single = Array.from({ length: 12 }, (_, i) => [Math.sin(7 * i)])
    const copied = single.map(([value]) => Array.from({ length: 50 }, () => value!))
    const [one, many] = [clusterBootstrap(single, { key }), clusterBootstrap(copied, { key })]
    expect(many.low).toBeCloseTo(one.low, 12)
    expect(many.high).toBeCloseTo(one.high, 12)
  })

  it('weights clusters by their values and passes over empty ones', () => {
    expect(clusterBootstrap([[1, 1, 1], [], [0]], { key }).estimate).toBe(0.75)
  })

  it('bounds nothing from one cluster', () => {
    expect(clusterBootstrap([[1, 2, 3]], { key })).toEqual({ estimate: 2, low: -Infinity, high: Infinity })
    expect(clusterBootstrap([], { key }).estimate).toBeNaN()
  })

  it('is near the t interval where that is right, and covers with clusters that differ', () => {
    const noise = normals(keyOf('clusters'), 300 * 25 * 5)
    let covered = 0
    for (let run = 0; run < 300; run++) {
      const clusters = Array.from({ length: 25 }, (_, cluster) => {
        const [shared, ...own] = noise.subarray(5 * (25 * run + cluster), 5 * (25 * run + cluster) + 5)
        return own.map((value) => value + 2 * shared!)
      })
      const { low, high } = clusterBootstrap(clusters, { key, draws: 400 })
      if (low <= 0 && 0 <= high) covered++
      if (run > 0) continue
      const reference = meanInterval(clusters.map((values) => values.reduce((sum, value) => sum + value, 0) / 4))
      expect((high - low) / (reference.high - reference.low)).toBeCloseTo(0.95, 0.9)
    }
    expect(covered / 300).toBeGreaterThan(0.9)
    expect(covered / 300).toBeLessThan(0.98)
  })
})

describe('holm', () => {
  it.each([
    // R, p.adjust(c(.01, .02, .03, .04), 'holm').
    [
      [0.01, 0.02, 0.03, 0.04],
      [0.04, 0.06, 0.06, 0.06],
    ],
    // Four hypotheses in mixed order: the first and the last stand at .05, as in Holm's step-down by hand.
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.03, 0.06, 0.06, 0.02],
    ],
    [
      [0.6, 0.9],
      [1, 1],
    ],
    [[0.03], [0.03]],
    [[], []],
  ])('%o', (pValues, adjusted) => {
    for (const [i, p] of holm(pValues).entries()) expect(p).toBeCloseTo(adjusted[i]!, 12)
    expect(holm(pValues)).toHaveLength(adjusted.length)
  })

  it('never lowers, keeps order, follows its values, and lies between the single and the Bonferroni p', () => {
    const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
    fc.assert(
      fc.property(pValues, (values) => {
        const adjusted = holm(values)
        expect(holm(values.toReversed())).toEqual(adjusted.toReversed())
        for (const [i, p] of values.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(
            Math.min(1, Math.max(...adjusted), values.length * Math.max(p, ...values)),
          )
          for (const [j, q] of values.entries()) if (p <= q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!)
        }
        if (values.length > 0) expect(Math.min(...adjusted)).toBe(Math.min(1, values.length * Math.min(...values)))
      }),
    )
  })
})

it.each([
  [() => mcnemarExact(-1, 2), 'onlyA: expected a whole number, 0 or more, but it is -1'],
  [() => signFlip([1, Infinity], { key }), 'differences[1]: expected a finite number, but it is Infinity'],
  [() => clusterBootstrap([[1], [Number.NaN]], { key }), 'clusters[1][0]: expected a finite number'],
  [() => clusterBootstrap([[1], [2]], { key, draws: 0 }), 'draws: expected 1 or more, but it is 0'],
  [() => holm([0.5, 1.5]), 'p: expected 0..1, but it is 1.5'],
])('refuses %s', (call, message) => expect(call).toThrow(message))
