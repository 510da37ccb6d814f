import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HALF } from './float16.ts'
import { halfBits, quantizeQ8 } from './quantize.ts'
import { dequantizeRow, relayMatrix } from './relay.ts'

const values = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 32, maxLength: 32 })

const roundTrip = (numbers: Float32Array): Float32Array => {
  const out = new Float32Array(numbers.length)
  dequantizeRow(relayMatrix(quantizeQ8(numbers), 'Q8_0', 1, numbers.length), 0, out, 0)
  return out
}

describe('quantizeQ8', () => {
  test('no value moves by more than half a step, and a step is the largest value / 127 to the precision of a half', () => {
    fc.assert(
      fc.property(values, (list) => {
        const numbers = Float32Array.from(list)
        const largest = numbers.reduce((top, v) => Math.max(top, Math.abs(v)), 0)
        const step = HALF[halfBits(largest / 127)]!
        // A half has 11 significant bits; below 2^-14 its steps are 2^-24.
        expect(step - largest / 127).toBeLessThanOrEqual(Math.max((largest / 127) * 2 ** -10, 2 ** -24))
        const back = roundTrip(numbers)
        for (const [i, v] of numbers.entries())
          expect(Math.abs(back[i]! - v)).toBeLessThanOrEqual(0.5 * step * (1 + 1e-6))
      }),
    )
  })

  test('what was quantised once stays as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 32, maxLength: 32 }), (codes) => {
        // With a code of 127 in the block, the scale comes out the same.
        const numbers = Float32Array.from([127, ...codes.slice(1)], (c) => c * HALF[0x2e66]!)
        expect(roundTrip(numbers)).toEqual(numbers)
      }),
    )
  })

  test('a block of zeros stays zero', () => {
    expect(roundTrip(new Float32Array(64))).toEqual(new Float32Array(64))
  })

  test.each([1, 31, 33])('%i values are no whole number of blocks', (length) => {
    expect(() => quantizeQ8(new Float32Array(length))).toThrow(`Q8_0 needs a multiple of 32 values, got ${length}`)
  })
})

test('halfBits gives the smallest half not below its argument', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 65_504, noNaN: true }), (x) => {
      const bits = halfBits(x)
      expect(HALF[bits]!).toBeGreaterThanOrEqual(x)
      if (bits > 0) expect(HALF[bits - 1]!).toBeLessThan(x)
    }),
  )
  for (const bad of [-1, 65_505, Number.NaN, Infinity]) expect(() => halfBits(bad)).toThrow('half-precision')
})
