import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsHalf, fromHalves, toHalves } from './half.ts'

const roundTrip = (value: number): number => fromHalves(toHalves(Float32Array.of(value)))[0] ?? Number.NaN
const bitsOf = (value: number): number => toHalves(Float32Array.of(value))[0] ?? -1

/** Distance between neighbouring halves at a size: 2^(e - 10), 2^-24 below the normals. */
const ulp = (value: number): number => 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10)

describe('halves', () => {
  it('every half that is a number survives the way to f32 and back', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i)
    const numbers = all.filter((half) => (half & 0x7fff) <= 0x7c00)
    expect(toHalves(fromHalves(numbers))).toEqual(numbers)
  })

  it('every NaN stays a NaN with its sign and quiet bit', () => {
    const words = Uint32Array.of(0x7f800001, 0x7fc00000, 0xffffffff)
    const halves = toHalves(new Float32Array(words.buffer))
    expect([...halves].map((half) => half.toString(16))).toEqual(['7e00', '7e00', 'ffff'])
  })

  it('the error is at most half a unit in the last place', () => {
    const value = fc.float({ min: -65_504, max: 65_504, noNaN: true })
    fc.assert(
      fc.property(value, (x) => Math.abs(roundTrip(x) - x) <= (x === 0 ? 0 : ulp(x) / 2)),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['one', 1, 0x3c00],
    ['minus zero', -0, 0x8000],
    ['largest', 65_504, 0x7bff],
    ['smallest normal', 2 ** -14, 0x0400],
    ['smallest subnormal', 2 ** -24, 0x0001],
    ['tie to even, down', 1 + 2 ** -11, 0x3c00],
    ['tie to even, up', 1 + 3 * 2 ** -11, 0x3c02],
    ['tie at the smallest subnormal', 2 ** -25, 0x0000],
    ['carry into the exponent', 2 - 2 ** -12, 0x4000],
    ['largest subnormal rounds up to normal', 2 ** -14 - 2 ** -26, 0x0400],
    ['just in range', 65_519.996_093_75, 0x7bff],
    ['infinity', -Infinity, 0xfc00],
  ])('%s', (_, value, bits) => {
    expect(bitsOf(value)).toBe(bits)
  })

  it('knows what does not fit', () => {
    expect([65_519, 65_520, -65_520, Infinity, Number.NaN].map(fitsHalf)).toEqual([true, false, false, true, true])
  })
})
