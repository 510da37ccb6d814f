import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, normals } from '../../vectors/random.ts'
import { mcnemarExact } from './paired.ts'
import { detectable, episodesNeeded } from './power.ts'

describe('detectable', () => {
  it('is 2.8 standard errors for large n (Bloom 1995)', () => {
    expect(detectable({ sd: 3, n: 90_000 })).toBeCloseTo(2.8016 * 0.01, 6)
    expect(detectable({ randomRms: 0.5, n: 90_000 })).toBeCloseTo(2.8016 * 0.5, 4)
  })

  it.each([
    // Tables: t(.975, 10) = 2.2281 and t(.8, 10) = .8791; t(.975, 23) = 2.0687 and t(.8, 23) = .8575.
    [{ randomRms: 1, n: 10 }, 3.1072],
    [{ sd: 1, n: 24 }, 2.9262 / Math.sqrt(24)],
    [{ randomRms: 0, n: 10 }, 0],
  ])('%o', (noise, effect) => expect(detectable(noise)).toBeCloseTo(effect, 4))

  it.each([[{ sd: 1, n: 1 }], [{ sd: Number.NaN, n: 0 }], [{ randomRms: 1, n: 0 }]])('%o bounds nothing', (noise) =>
    expect(detectable(noise)).toBeNull(),
  )

  it('a true effect of that size is seen 80 times in 100', () => {
    const noise = normals(keyOf('power'), 11 * 4000)
    const size = detectable({ randomRms: 1, n: 10 })!
    const seen = Array.from({ length: 4000 }, (_, i) => noise.subarray(11 * i, 11 * i + 11)).filter(
      ([own, ...random]) => {
        const rms = Math.sqrt(random.reduce((sum, value) => sum + value * value, 0) / 10)
        return Math.abs(size + own!) > 2.2281 * rms
      },
    )
    expect(seen.length / 4000).toBeCloseTo(0.8, 1.5)
  })
})

/** Binomial probabilities of 0..n. */
function binomial(n: number, p: number): number[] {
  const out = [(1 - p) ** n]
  for (let k = 0; k < n; k++) out.push(out[k]! * ((n - k) / (k + 1)) * (p / (1 - p)))
  return out
}

describe('episodesNeeded', () => {
  it.each([
    // R, power.prop.test: 76.7 (its documentation's example), 57.7, 1604.
    [{ baseline: 0.5, difference: 0.25, power: 0.9 }, 77],
    [{ baseline: 0.5, difference: 0.25 }, 58],
    [{ baseline: 0.15, difference: 0.15 }, 121],
    // By hand: a share .3 of pairs disagrees, (1.96 √.3 + .8416 √(.3 − .01))² / .01 + 10 = 243.1.
    [{ baseline: 0.35, difference: 0.1, pairCorrelation: 0.3898 }, 244],
  ])('%o', (wanted, n) => expect(episodesNeeded(wanted)).toBe(n))

  it.each([
    [0.35, 0.25],
    [0.2, 0.3],
  ])('unpaired, %f + %f: the pooled z test has that power, by all the counts', (p, difference) => {
    const n = episodesNeeded({ baseline: p, difference })
    const [first, second] = [binomial(n, p), binomial(n, p + difference)]
    let power = 0
    for (const [i, a] of first.entries()) {
      for (const [j, b] of second.entries()) {
        const mean = (i + j) / (2 * n)
        if (Math.abs(j - i) > 1.959964 * Math.sqrt(2 * n * mean * (1 - mean))) power += a * b
      }
    }
    expect(Math.abs(power - 0.8)).toBeLessThan(0.03)
  })

  it.each([
    [0.35, 0.2, 0],
    [0.35, 0.2, 0.3],
    [0.35, 0.2, 0.6],
    [0.35, 0.1, 0.6],
    [0.35, 0.3, 0.3],
  ])(
    'paired, %f + %f, correlation %f: exact McNemar has that power, by all the counts',
    (p, difference, correlation) => {
      const q = p + difference
      const n = episodesNeeded({ baseline: p, difference, pairCorrelation: correlation })
      const both = p * q + correlation * Math.sqrt(p * (1 - p) * q * (1 - q))
      const [onlyA, onlyB] = [p - both, q - both]
      let power = 0
      for (const [pairs, chance] of binomial(n, onlyA + onlyB).entries()) {
        if (chance < 1e-9) continue
        for (const [b, share] of binomial(pairs, onlyB / (onlyA + onlyB)).entries()) {
          if (mcnemarExact(pairs - b, b) <= 0.05) power += chance * share
        }
      }
      // Whole numbers of pairs let the power jump by some .04.
      expect(power).toBeGreaterThan(0.77)
      expect(power).toBeLessThan(0.86)
    },
  )

  it('mirrors, and wants more for a smaller difference, more power or weaker pairs', () => {
    const share = fc.integer({ min: 10, max: 45 }).map((percent) => percent / 100)
    fc.assert(
      fc.property(share, share, (baseline, difference) => {
        const wanted = { baseline, difference, pairCorrelation: 0.1 }
        const n = episodesNeeded(wanted)
        // Rounding of 1 − p may tip the last episode.
        const mirrored = episodesNeeded({ ...wanted, baseline: 1 - baseline, difference: -difference })
        expect(Math.abs(mirrored - n)).toBeLessThanOrEqual(1)
        expect(episodesNeeded({ ...wanted, difference: difference / 2 })).toBeGreaterThan(n)
        expect(episodesNeeded({ ...wanted, power: 0.95 })).toBeGreaterThan(n)
        expect(episodesNeeded({ ...wanted, pairCorrelation: -0.3 })).toBeGreaterThanOrEqual(n)
      }),
    )
  })

  it('a correlation that the two rates do not allow counts as the greatest possible', () => {
    expect(episodesNeeded({ baseline: 0.1, difference: 0.8, pairCorrelation: 1 })).toBeGreaterThan(0)
    expect(episodesNeeded({ baseline: 0, difference: 1 })).toBeGreaterThan(0)
  })

  it.each([
    [{ baseline: 0.9, difference: 0.2 }, 'expected two different rates in 0..1, but the baseline is 0.9'],
    [{ baseline: 0.4, difference: 0 }, 'the difference 0'],
    [{ baseline: 0.4, difference: 0.1, pairCorrelation: 2 }, 'pairCorrelation: expected −1..1, but it is 2'],
    [{ baseline: 0.4, difference: 0.1, power: 80 }, 'power: expected a number between 0 and 1, but it is 80'],
  ])('refuses %o', (wanted, message) => expect(() => episodesNeeded(wanted)).toThrow(message))
})
