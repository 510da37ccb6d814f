import { HALF } from '../../vectors/model/float16.ts'

const smallestNormal = 2 ** -14
const largestFinite = 65_520

/** Whether `value` keeps a finite half (IEEE 754 binary16): below 65520 in size, or not finite to begin with. */
export const fitsHalf = (value: number): boolean => !Number.isFinite(value) || Math.abs(value) < largestFinite

/** Bits of the half nearest to each value, ties to even (IEEE 754-2019 §4.3.1). (n) -> (n) */
export const toHalves = (values: Float32Array): Uint16Array => {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return Uint16Array.from(bits, (word, index) => toHalf(word, values[index] ?? 0))
}

/** Values of halves, exact in f32. (n) -> (n) */
export const fromHalves = (halves: Uint16Array): Float32Array =>
  Float32Array.from(halves, (half) => HALF[half] ?? Number.NaN)

const toHalf = (bits: number, value: number): number => {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (Number.isNaN(value)) return sign | 0x7e00 | ((magnitude >>> 13) & 0x01ff)
  if (!fitsHalf(value) || Math.abs(value) === Infinity) return sign | 0x7c00
  if (Math.abs(value) < smallestNormal) return sign | roundToEven(Math.abs(value) * 2 ** 24)
  // Exponent bias 127 -> 15; a carry out of the mantissa rightly raises the exponent.
  const rounded = magnitude - 0x38000000 + 0x0fff + ((magnitude >>> 13) & 1)
  return sign | (rounded >>> 13)
}

const roundToEven = (value: number): number => {
  const below = Math.floor(value)
  const rest = value - below
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1)
  return up ? below + 1 : below
}
