import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { againstRandom, oddPart, sensitivity, signalParts } from './signal.ts'

const logit = (p: number): number => Math.log(p / (1 - p))
const effect = fc.double({ min: -10, max: 10, noNaN: true })

describe('signalParts', () => {
  it('a false status report that steering trades for false alarms is all criterion', () => {
    // The blissful direction of our trial: false COMPLETE .36 to .60, false alarms .22 to .09.
    const guilty = logit(0.6) - logit(0.36)
    const twin = logit(0.09) - logit(0.22)
    const { criterion, selective } = signalParts({ guilty, twin })
    expect(criterion).toBeCloseTo(1.014, 3)
    expect(selective).toBeCloseTo(-0.034, 3)
  })

  it('the parts add up to the effects, and selective is minus half the change of d', () => {
    fc.assert(
      fc.property(effect, effect, effect, effect, (guilty, twin, guiltyBefore, twinBefore) => {
        const { criterion, selective } = signalParts({ guilty, twin })
        expect(selective + criterion).toBeCloseTo(guilty, 12)
        expect(selective - criterion).toBeCloseTo(twin, 12)
        const change = sensitivity(guiltyBefore + guilty, twinBefore + twin) - sensitivity(guiltyBefore, twinBefore)
        expect(-change / 2).toBeCloseTo(selective, 12)
      }),
    )
  })
})

it('sensitivity: .36 and .17 are usable, chance is 0 and not −0', () => {
  expect(sensitivity(logit(0.36), logit(0.17))).toBeCloseTo(2.161, 3)
  expect(Object.is(sensitivity(0, 0), 0)).toBe(true)
})

it('oddPart drops what both signs share and turns with the sign', () => {
  fc.assert(
    fc.property(effect, effect, (turning, damage) => {
      expect(oddPart(damage + turning, damage - turning)).toBeCloseTo(turning, 12)
      expect(oddPart(damage - turning, damage + turning)).toBeCloseTo(-turning, 12)
    }),
  )
})

describe('againstRandom', () => {
  it.each([
    ['beyond all', 0.6, [0.1, -0.1, 0.2, -0.2], { z: 0.6 / Math.sqrt(0.025), p: 1 / 5, ratio: 3 }],
    ['in the midst, downwards', -0.15, [0.1, -0.1, 0.2, -0.2], { z: -0.15 / Math.sqrt(0.025), p: 3 / 5, ratio: 0.75 }],
    ['a tie counts', 0.2, [0.1, -0.1, 0.2, -0.2], { z: 0.2 / Math.sqrt(0.025), p: 3 / 5, ratio: 1 }],
    ['no effect', 0, [0.1, -0.1, 0.2, -0.2], { z: 0, p: 1, ratio: 0 }],
    ['three random vectors', 1, [0.1, 0.2, 0.5], { z: null, p: 1 / 4, ratio: 2 }],
    ['random vectors that do nothing', 1, [0, 0, 0, 0], { z: null, p: 1 / 5, ratio: null }],
    ['none', 1, [], { z: null, p: null, ratio: null }],
  ])('%s', (_, value, random, expected) => {
    const found = againstRandom(value, random)
    expect(found.p).toBe(expected.p)
    for (const name of ['z', 'ratio'] as const) {
      if (expected[name] === null) expect(found[name]).toBeNull()
      else expect(found[name]).toBeCloseTo(expected[name], 12)
    }
  })

  it('does not depend on order, units or the signs of the random effects; the rank p is fair', () => {
    const values = fc.array(effect, { minLength: 4, maxLength: 20 })
    fc.assert(
      fc.property(effect, values, (value, random) => {
        const here = againstRandom(value, random)
        const turned = againstRandom(
          -value,
          random.toReversed().map((one) => -one),
        )
        expect(turned.p).toBe(here.p)
        expect(turned.ratio).toBe(here.ratio)
        expect(turned.z === null).toBe(here.z === null)
        // Summed in another order: the last bits may differ.
        if (here.z !== null) expect(Math.abs(turned.z! + here.z)).toBeLessThanOrEqual(1e-10 * Math.abs(here.z))
        // Each of n + 1 exchangeable sizes in turn: at most k of them have p ≤ k/(n + 1).
        const all = [value, ...random]
        const ranks = all.map((one, i) => againstRandom(one, all.toSpliced(i, 1)).p!)
        for (let k = 1; k <= all.length; k++) {
          expect(ranks.filter((p) => p <= (k + 1e-9) / all.length).length).toBeLessThanOrEqual(k)
        }
      }),
    )
  })

  it('refuses a NaN', () => {
    expect(() => againstRandom(1, [0, Number.NaN])).toThrow('randomValues[1]: expected a finite number, but it is NaN')
  })
})
