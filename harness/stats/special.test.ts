import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betaQuantile, incompleteBeta, normalCdf, normalQuantile, tQuantile } from './special.ts'

/** Relative distance; all references below are mpmath 1.3 with 50 digits or more unless they name another source. */
const apart = (value: number, reference: number): number => Math.abs(value / reference - 1)

describe('incompleteBeta', () => {
  it.each([
    [0.5, 2, 3, 0.6875],
    [0.1, 0.5, 0.5, 0.20483276469913347],
    [0.3, 0.5, 5, 0.9347377538310918],
    [0.999, 0.5, 0.5, 0.9798649583666225],
    [1e-5, 1.5, 20, 2.1670507989501046e-6],
    [0.22, 23, 79, 0.4642904868908077],
    [0.5, 10_001, 9_901, 0.23920508476848507],
    [0.01, 150, 20_000, 0.9999398262269042],
    [1e-7, 1, 1_000_000, 0.0951625864882278],
    [0.9, 200, 3, 1.566227562121491e-7],
  ])('I(%f; %f, %f)', (x, a, b, reference) => {
    expect(apart(incompleteBeta(x, a, b), reference)).toBeLessThan(1e-13)
  })

  it('with whole a and b is a binomial tail, added up here term by term', () => {
    const cases = fc.record({ n: fc.integer({ min: 1, max: 60 }), p: fc.double({ min: 0.01, max: 0.99, noNaN: true }) })
    fc.assert(
      fc.property(cases, fc.nat(59), ({ n, p }, seed) => {
        const k = 1 + (seed % n)
        let term = p ** n
        let tail = 0
        for (let i = n; i >= k; i--) {
          tail += term
          term *= (i / (n - i + 1)) * ((1 - p) / p)
        }
        expect(apart(incompleteBeta(p, k, n - k + 1), tail)).toBeLessThan(1e-11)
      }),
    )
  })

  it.each([
    [-1, 0],
    [0, 0],
    [1, 1],
    [2, 1],
  ])('ends: x = %f gives %f', (x, value) => expect(incompleteBeta(x, 2, 3)).toBe(value))

  it('refuses a = 0', () =>
    expect(() => incompleteBeta(0.5, 0, 1)).toThrow('expected a and b above 0, but they are 0 and 1'))
})

it('betaQuantile undoes incompleteBeta', () => {
  // Below 1 the density has a pole, where one bit of x is more than this.
  const shape = fc.double({ min: 1, max: 500, noNaN: true })
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), shape, shape, (p, a, b) => {
      expect(Math.abs(incompleteBeta(betaQuantile(p, a, b), a, b) - p)).toBeLessThan(1e-10)
    }),
  )
})

describe('normalCdf', () => {
  it.each([
    [-37, 5.725571222524577e-300],
    [-20, 2.7536241186062337e-89],
    [-10, 7.619853024160525e-24],
    [-6, 9.86587645037698e-10],
    [-3, 0.0013498980316300946],
    [-1.5, 0.06680720126885807],
    [-0.1, 0.460172162722971],
    [0, 0.5],
    [0.7, 0.758036347776927],
    [1.96, 0.9750021048517795],
    [5, 0.9999997133484281],
  ])('Φ(%f)', (x, reference) => expect(apart(normalCdf(x), reference)).toBeLessThan(2e-15))

  it('is symmetric and rises', () => {
    const x = fc.double({ min: -8, max: 8, noNaN: true })
    fc.assert(
      fc.property(x, x, (a, b) => {
        expect(normalCdf(a) + normalCdf(-a)).toBeCloseTo(1, 14)
        if (a < b) expect(normalCdf(a)).toBeLessThanOrEqual(normalCdf(b))
      }),
    )
  })
})

describe('normalQuantile', () => {
  it.each([
    [1e-300, -37.0470962993612],
    [1e-100, -21.273453560965326],
    [1e-10, -6.361340902404057],
    [0.001, -3.0902323061678136],
    [0.025, -1.9599639845400543],
    [0.3, -0.5244005127080408],
    [0.8, 0.8416212335729144],
    [0.975, 1.9599639845400538],
    [0.999999, 4.753424308817088],
  ])('of %f', (p, reference) => expect(apart(normalQuantile(p), reference)).toBeLessThan(2e-15))

  it('undoes normalCdf', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
        expect(apart(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-13)
      }),
    )
  })

  it.each([0, 1, Number.NaN])('refuses %f', (p) => expect(() => normalQuantile(p)).toThrow(RangeError))
})

describe('tQuantile', () => {
  it.each([
    [0.975, 1, 12.706204736174692],
    [0.975, 2, 4.302652729749462],
    [0.975, 10, 2.2281388519862744],
    [0.8, 5, 0.9195437802408262],
    [0.6, 3, 0.27667066233268983],
    [0.9999, 1, 3183.0987571185015],
    [0.995, 30, 2.749995653567225],
    [0.975, 100_000, 1.9599877075346093],
    [0.5001, 7, 0.00025974603090254505],
    [0.999999, 4, 41.5778541501515],
  ])('of %f, %i degrees of freedom', (p, df, reference) => {
    expect(apart(tQuantile(p, df), reference)).toBeLessThan(2e-12)
  })

  it('mirrors, and tends to the normal from outside', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.51, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, df) => {
        expect(tQuantile(1 - p, df)).toBeCloseTo(-tQuantile(p, df), 8)
        expect(tQuantile(p, df)).toBeGreaterThan(normalQuantile(p))
        expect(tQuantile(p, df)).toBeGreaterThan(tQuantile(p, df + 1))
      }),
    )
  })
})
