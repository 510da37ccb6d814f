import { HALF } from './float16.ts'

/** Q8_0 blocks of 32: f16 scale = largest absolute value / 127, then signed bytes (ggml's quantize_row_q8_0_ref). */
export function quantizeQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / 32
  if (!Number.isInteger(blocks)) throw new RangeError(`Q8_0 needs a multiple of 32 values, got ${values.length}`)
  const out = new Uint8Array(blocks * 34)
  const view = new DataView(out.buffer)
  for (let b = 0; b < blocks; b++) {
    const block = values.subarray(b * 32, (b + 1) * 32)
    const largest = block.reduce((top, v) => Math.max(top, Math.abs(v)), 0)
    const bits = halfBits(largest / 127)
    const scale = HALF[bits]!
    view.setUint16(b * 34, bits, true)
    for (const [i, v] of block.entries())
      view.setInt8(b * 34 + 2 + i, scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(v / scale))))
  }
  return out
}

/** The smallest half-precision number not below a non-negative x, so that no value exceeds 127 steps. */
export function halfBits(x: number): number {
  if (!(x >= 0) || x > 65_504) throw new RangeError(`${x} is no non-negative half-precision number`)
  let low = 0
  let high = 0x7bff
  while (low < high) {
    const middle = (low + high) >> 1
    if (HALF[middle]! >= x) high = middle
    else low = middle + 1
  }
  return low
}
