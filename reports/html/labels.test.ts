import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spreadLabels } from './labels.ts'

const labels = fc.array(fc.record({ text: fc.string(), at: fc.double({ min: -100, max: 100, noNaN: true }) }), {
  maxLength: 20,
})

describe('labels at the ends of lines', () => {
  it('stand apart by the gap and keep their order', () => {
    fc.assert(
      fc.property(labels, fc.double({ min: 0.1, max: 30, noNaN: true }), (given, gap) => {
        const shown = spreadLabels(given, gap)
        expect(shown).toHaveLength(given.length)
        for (const [index, label] of shown.entries()) {
          const next = shown[index + 1]
          if (next === undefined) continue
          expect(label.at).toBeLessThanOrEqual(next.at)
          expect(next.shown - label.shown).toBeGreaterThanOrEqual(gap - 1e-9)
        }
      }),
    )
  })

  it('do not move when there is room, and share a pile around its middle when there is none', () => {
    expect(
      spreadLabels(
        [
          { text: 'a', at: 10 },
          { text: 'b', at: 0 },
        ],
        4,
      ).map(({ shown }) => shown),
    ).toEqual([0, 10])
    expect(
      spreadLabels(
        [
          { text: 'a', at: 5 },
          { text: 'b', at: 7 },
        ],
        4,
      ).map(({ shown }) => shown),
    ).toEqual([4, 8])
  })
})
