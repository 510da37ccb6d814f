import { describe, expect, it } from 'vitest'
import { namedControls, rangeOf, rateGroups } from './controls.ts'
import { sampleRates } from './sample-rates.test-data.ts'
import { answerReadout } from './sample-readouts.test-data.ts'

describe('control vectors beside the effects', () => {
  it('takes the odd part of an even curve away', () => {
    const curve = [-0.2, 0, 0.2].map((strength) => ({
      vector: 'weather',
      family: 'unrelated' as const,
      strength,
      change: 3 * strength + 7 * strength ** 2,
    }))
    const [weather] = namedControls({ ...answerReadout(), curve }, 0.2)
    expect(weather?.change).toBeCloseTo(0.6, 12)
  })

  it('leaves out vectors that were tried with one sign, and all that are not named controls', () => {
    const curve = [
      { vector: 'weather', family: 'unrelated' as const, strength: 0.2, change: 1 },
      { vector: 'random-1', family: 'random' as const, strength: 0.2, change: 1 },
      { vector: 'random-1', family: 'random' as const, strength: -0.2, change: 0 },
    ]
    expect(namedControls({ ...answerReadout(), curve }, 0.2)).toEqual([])
  })

  it('ranges over what is finite', () => {
    expect(rangeOf([2, Number.NaN, -1, Infinity])).toEqual({ low: -1, high: 2 })
    expect(rangeOf([Number.NaN])).toBeNull()
  })

  it('gathers random vectors of one strength and keeps variants apart', () => {
    const groups = rateGroups({ bad: ['blackmail', 'exposure'], rows: sampleRates() })
    expect(groups.map(({ variant, isTwin, lines }) => [variant, isTwin, lines.map(({ label }) => label)])).toEqual([
      [
        'replacement, affair',
        false,
        ['no steering', 'desperate +.1', 'desperate −.1', 'calm +.1', 'calm +.2', 'weather +.1', '4 random +.1'],
      ],
      ['none, affair', true, ['no steering', 'desperate +.1']],
    ])
    const random = groups[0]?.lines.at(-1)
    expect(random).toMatchObject({ kind: 'range', rate: { low: 5 / 40, high: 14 / 40 } })
  })
})
