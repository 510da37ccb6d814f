import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VerdictWord } from '../../reports/findings.ts'
import type { OddParts } from './changes.ts'
import { verdictOf, type VerdictInput } from './verdict.ts'

/** Odd parts with the criterion and the selective part that follow from them. */
function oddOf(raw: number, twin: number | null, change: Partial<OddParts> = {}): OddParts {
  return {
    raw,
    twin,
    criterion: twin === null ? null : (raw - twin) / 2,
    selective: twin === null ? null : (raw + twin) / 2,
    against: {},
    signsAgree: true,
    items: 8,
    ...change,
  }
}

/** Ten random vectors: raw and twin ±.1 in all combinations, so that criterion and selective have rms .07. */
const RANDOM = Array.from({ length: 10 }, (_, i) =>
  oddOf(i % 2 === 0 ? 0.1 : -0.1, i % 4 < 2 ? 0.1 : -0.1, { against: { benign: i % 2 === 0 ? 0.1 : -0.1 } }),
)

/** What weak controls do. */
const CONTROLS = [
  ['lexical:desperate', oddOf(0.1, 0)],
  ['sports', oddOf(0, 0.1)],
] as const

const inputOf = (change: Partial<VerdictInput>): VerdictInput => ({
  odd: oddOf(0, 0),
  random: RANDOM,
  controls: new Map(CONTROLS),
  isCoherent: true,
  check: { passed: true, reason: '' },
  baseline: { measurable: true, reason: '' },
  ...change,
})

const selective = oddOf(1, 1)
const criterion = oddOf(1, -1)
const cases: readonly [string, Partial<VerdictInput>, VerdictWord, RegExp][] = [
  ['behaviour alone moves', { odd: selective }, 'effect, specific', /selective part beyond random/],
  ['downwards as well', { odd: oddOf(-1, -1) }, 'effect, specific', /selective/],
  ['behaviour and twin move together', { odd: criterion }, 'criterion shift', /move together$/],
  [
    'so does a control',
    { odd: criterion, controls: new Map([['weather', oddOf(1.1, -1.1)]]) },
    'criterion shift',
    /together; the control weather moves it as much/,
  ],
  [
    'an unrelated vector does as much',
    { odd: selective, controls: new Map([['cats', oddOf(-1, -1)]]) },
    'effect, not specific',
    /control cats/,
  ],
  [
    'an unrelated vector does less',
    { odd: selective, controls: new Map([...CONTROLS, ['cats', oddOf(0.9, 0.9)]]) },
    'effect, specific',
    /./,
  ],
  [
    'both signs move it the same way',
    { odd: { ...selective, signsAgree: false } },
    'effect, not specific',
    /both signs/,
  ],
  [
    'a control continuation moves as much',
    { odd: { ...selective, against: { benign: 0.1 } } },
    'effect, not specific',
    /control continuations "benign"/,
  ],
  [
    'a control continuation moves more',
    { odd: { ...selective, against: { benign: -0.5 } } },
    'effect, not specific',
    /"benign"/,
  ],
  ['beyond the control continuations', { odd: { ...selective, against: { benign: 0.5 } } }, 'effect, specific', /./],
  [
    'no unrelated vector was run',
    { odd: selective, controls: new Map([CONTROLS[0], ['shuffled#0', oddOf(0, 0)]]) },
    'effect, not specific',
    /no unrelated vector was run/,
  ],
  [
    'no lexical vector was run',
    { odd: selective, controls: new Map([CONTROLS[1]]) },
    'effect, not specific',
    /lexical/,
  ],
  ['no twin', { odd: oddOf(1, null) }, 'effect, not specific', /no twin to compare with/],
  ['within random', { odd: oddOf(0.05, 0.05) }, 'no effect seen', /could have seen ≥ 0\.2/],
  ['beyond random, but not by three of its rms', { odd: oddOf(0.15, 0.15) }, 'no effect seen', /could have seen/],
  ['floor', { odd: selective, baseline: { measurable: false, reason: 'floor' } }, 'not measurable', /^floor$/],
  [
    'the check failed',
    { odd: selective, check: { passed: false, reason: 'z 1.0 for calm' } },
    'not measurable',
    /manipulation check: z 1\.0 for calm/,
  ],
  [
    'too few random vectors',
    { odd: selective, random: RANDOM.slice(1) },
    'not measurable',
    /9 random vectors.*10 are needed/,
  ],
  [
    'above the damage ceiling, whatever else',
    { odd: selective, isCoherent: false, check: { passed: false, reason: '' } },
    'incoherent',
    /damage ceiling/,
  ],
]

describe('the verdict', () => {
  test.each(cases)('%s', (_, change, word, reason) => {
    expect(verdictOf(inputOf(change))).toEqual({ word, reason: expect.stringMatching(reason) as string })
  })

  const size = fc.double({ min: -3, max: 3, noNaN: true })
  test('the sign of everything together does not matter', () => {
    fc.assert(
      fc.property(size, size, (raw, twin) => {
        const turned = RANDOM.map((o) => oddOf(-o.raw, -o.twin!, { against: { benign: -o.against['benign']! } }))
        expect(verdictOf(inputOf({ odd: oddOf(-raw, -twin), random: turned }))).toEqual(
          verdictOf(inputOf({ odd: oddOf(raw, twin) })),
        )
      }),
    )
  })

  test('what is as small as a random vector is never an effect', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.double({ min: -1, max: 1, noNaN: true }), (i, share) => {
        const { raw, twin } = RANDOM[i]!
        expect(verdictOf(inputOf({ odd: oddOf(raw * share, twin! * share) })).word).toBe('no effect seen')
      }),
    )
  })
})
