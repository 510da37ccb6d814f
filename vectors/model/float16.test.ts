import { expect, test } from 'vitest'
import { HALF } from './float16.ts'

/** Values of the IEEE 754 binary16 format that its definition fixes. */
test.each([
  { bits: 0x0000, value: 0 },
  { bits: 0x8000, value: -0 },
  { bits: 0x0001, value: 2 ** -24 },
  { bits: 0x03ff, value: 2 ** -14 - 2 ** -24 },
  { bits: 0x0400, value: 2 ** -14 },
  { bits: 0x3555, value: 0.333251953125 },
  { bits: 0x3c00, value: 1 },
  { bits: 0x3c01, value: 1 + 2 ** -10 },
  { bits: 0xc000, value: -2 },
  { bits: 0x7bff, value: 65_504 },
  { bits: 0x7c00, value: Number.POSITIVE_INFINITY },
  { bits: 0xfc00, value: Number.NEGATIVE_INFINITY },
  { bits: 0x7c01, value: Number.NaN },
])('$bits is $value', ({ bits, value }) => {
  expect(HALF[bits]).toBe(value)
})

test('positive numbers rise with their bits, and the sign bit only changes the sign', () => {
  for (let bits = 1; bits <= 0x7c00; bits++) {
    expect(HALF[bits]!).toBeGreaterThan(HALF[bits - 1]!)
    expect(HALF[bits | 0x8000]).toBe(-HALF[bits]!)
  }
})
