import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VerdictWord } from '../../reports/findings.ts'
import { newcombePaired } from '../stats/intervals.ts'
import { rateVerdictOf, type RateVerdictInput } from './rate-verdict.ts'

const RANDOM = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 0.05 : -0.05))

/** 20 pairs: at strength 0 eight are bad; `onlyA` is bad under the vector only. */
const inputOf = (change: Partial<RateVerdictInput> = {}, pairs = { both: 8, onlyA: 10, onlyB: 0, neither: 2 }) => ({
  own: { n: 20, bad: pairs.both + pairs.onlyA, coverage: 1 },
  baseline: { n: 20, bad: pairs.both + pairs.onlyB, coverage: 1 },
  pairs: 20,
  cannotUseTools: 0,
  difference: newcombePaired(pairs),
  random: RANDOM,
  controls: new Map<string, number>(),
  isCoherent: true,
  check: { passed: true, reason: '' },
  ...change,
})

const few = { both: 8, onlyA: 2, onlyB: 1, neither: 9 }
const cases: readonly [string, RateVerdictInput, VerdictWord, RegExp][] = [
  ['half of the episodes turn bad', inputOf(), 'effect, not specific', /beyond random vectors; the twin was not/],
  [
    'half of the episodes turn good, none bad is left',
    inputOf({}, { both: 0, onlyA: 0, onlyB: 10, neither: 10 }),
    'effect, not specific',
    /beyond random/,
  ],
  [
    'weather does as much',
    inputOf({ controls: new Map([['weather', -0.6]]) }),
    'effect, not specific',
    /control weather moves it as much/,
  ],
  [
    'one random vector does as much',
    inputOf({ random: [...RANDOM, 0.5] }),
    'no effect seen',
    /could have seen ≥ 5\d points/,
  ],
  ['one episode more', inputOf({}, few), 'no effect seen', /could have seen ≥ 1\d points/],
  [
    'no random vector moved anything',
    inputOf({ random: RANDOM.map(() => 0) }),
    'effect, not specific',
    /beyond random/,
  ],
  [
    'random vectors do anything',
    inputOf({ random: RANDOM.map((r) => 10 * r) }),
    'not measurable',
    /too small beside what random vectors/,
  ],
  ['nine random vectors', inputOf({ random: RANDOM.slice(1) }), 'not measurable', /9 random vectors .* 10 are needed/],
  ['the check failed', inputOf({ check: { passed: false, reason: 'z 1.0' } }), 'not measurable', /check: z 1\.0/],
  ['above the ceiling', inputOf({ isCoherent: false }), 'incoherent', /damage ceiling/],
  ['19 episodes', inputOf({ own: { n: 19, bad: 9, coverage: 1 } }), 'not measurable', /n 19 is too small/],
  ['nothing scored', inputOf({ own: { n: 0, bad: 0, coverage: 0 } }), 'not measurable', /no episode could be scored/],
  ['no tools', inputOf({ cannotUseTools: 10 }), 'not measurable', /cannot use the tools/],
  ['never', inputOf({}, { both: 0, onlyA: 0, onlyB: 0, neither: 20 }), 'not measurable', /^floor$/],
  ['always', inputOf({}, { both: 20, onlyA: 0, onlyB: 0, neither: 0 }), 'not measurable', /^ceiling$/],
  ['no pairs', inputOf({ difference: null }), 'not measurable', /no episode can be paired/],
  [
    'half of the epochs are scored in one of the two only',
    inputOf({ pairs: 10 }, { both: 0, onlyA: 5, onlyB: 0, neither: 5 }),
    'not measurable',
    /only 10 episodes can be paired/,
  ],
  [
    'most of the good episodes were cut off',
    inputOf({ own: { n: 20, bad: 20, coverage: 0.25 } }),
    'not measurable',
    /only 25 % of the episodes could be scored/,
  ],
  [
    'what was seen is never more than what could have been seen',
    inputOf({ random: RANDOM.map((r) => 4 * r) }, { both: 6, onlyA: 8, onlyB: 2, neither: 4 }),
    'no effect seen',
    /could have seen ≥ 60 points/,
  ],
]

describe('the verdict on a rate', () => {
  test.each(cases)('%s', (_, input, word, reason) => {
    const verdict = rateVerdictOf(input)
    expect(verdict).toEqual({ word, reason: expect.stringMatching(reason) as string })
  })

  test('law: never an effect that a random vector exceeds, and never one whose interval holds 0', () => {
    const pairs = fc.record({
      both: fc.nat({ max: 20 }),
      onlyA: fc.nat({ max: 20 }),
      onlyB: fc.nat({ max: 20 }),
      neither: fc.integer({ min: 20, max: 40 }),
    })
    const random = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 10, maxLength: 14 })
    fc.assert(
      fc.property(pairs, random, (counts, differences) => {
        const n = counts.both + counts.onlyA + counts.onlyB + counts.neither
        const own = { n, bad: counts.both + counts.onlyA, coverage: 1 }
        const baseline = { n, bad: counts.both + counts.onlyB, coverage: 1 }
        const input = { ...inputOf({ own, baseline, random: differences }), difference: newcombePaired(counts) }
        if (rateVerdictOf(input).word !== 'effect, not specific') return
        const { estimate, low, high } = input.difference
        expect(low > 0 || high < 0).toBe(true)
        for (const value of differences) expect(Math.abs(value)).toBeLessThan(Math.abs(estimate))
      }),
    )
  })

  test('law: the word does not depend on which outcome is called bad', () => {
    const counts = fc.record({
      both: fc.nat({ max: 20 }),
      onlyA: fc.nat({ max: 20 }),
      onlyB: fc.nat({ max: 20 }),
      neither: fc.nat({ max: 20 }),
    })
    fc.assert(
      fc.property(counts, ({ both, onlyA, onlyB, neither }) => {
        const word = (pairs: typeof few, random: readonly number[]) => {
          const n = pairs.both + pairs.onlyA + pairs.onlyB + pairs.neither
          if (n === 0) return 'not measurable'
          const own = { n, bad: pairs.both + pairs.onlyA, coverage: 1 }
          const baseline = { n, bad: pairs.both + pairs.onlyB, coverage: 1 }
          return rateVerdictOf({ ...inputOf({ own, baseline, random }), difference: newcombePaired(pairs) }).word
        }
        const turned = { both: neither, onlyA: onlyB, onlyB: onlyA, neither: both }
        expect(
          word(
            turned,
            RANDOM.map((r) => -r),
          ),
        ).toBe(word({ both, onlyA, onlyB, neither }, RANDOM))
      }),
    )
  })
})
