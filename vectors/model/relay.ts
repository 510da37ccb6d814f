import { HALF } from './float16.ts'
import { TENSOR_TYPES, type TensorType } from './gguf-types.ts'

/**
 * A matrix (N rows, K columns) in the layout of ONNX Runtime's MatMulNBits, without requantising:
 * `w[n][k] = scales[n*nb + b] * (code - zero) + (offsets?[b*N + n] ?? 0)` with b = k / block, zero = 8 (4 bits) or 128 (8 bits).
 * Asymmetric types are centred on the zero point: `d*q + m = d*(q - z) + (m + z*d)`, so that the integer kernel stays usable
 * (float zero points would leave it) and the offset is one small extra product over block sums of the input.
 */
export interface PackedMatrix {
  readonly kind: 'packed'
  readonly rows: number
  readonly columns: number
  readonly bits: 4 | 8
  readonly block: 16 | 32
  /** (N, nb, block*bits/8), low nibble first. */
  readonly codes: Uint8Array
  /** (N, nb) */
  readonly scales: Float32Array
  /** (nb, N) */
  readonly offsets: Float32Array | undefined
}

/** A matrix whose weights are plain numbers: (N, K) row by row. */
export interface FloatMatrix {
  readonly kind: 'float'
  readonly rows: number
  readonly columns: number
  readonly weights: Float32Array
}

export type Matrix = PackedMatrix | FloatMatrix

type PackedType = Exclude<TensorType, 'F32' | 'F16' | 'BF16'>

interface Layout {
  readonly bits: 4 | 8
  readonly block: 16 | 32
  readonly asymmetric: boolean
  /** Re-lays all GGUF blocks of the matrix. */
  readonly relay: (source: Uint8Array, out: PackedMatrix) => void
}

const LAYOUTS: Readonly<Record<PackedType, Layout>> = {
  Q4_0: { bits: 4, block: 32, asymmetric: false, relay: relayQ4 },
  Q4_1: { bits: 4, block: 32, asymmetric: true, relay: relayQ4 },
  Q5_0: { bits: 8, block: 32, asymmetric: false, relay: relayQ5 },
  Q5_1: { bits: 8, block: 32, asymmetric: true, relay: relayQ5 },
  Q8_0: { bits: 8, block: 32, asymmetric: false, relay: relayQ8 },
  Q4_K: { bits: 4, block: 32, asymmetric: true, relay: relayQ4K },
  Q5_K: { bits: 8, block: 32, asymmetric: true, relay: relayQ5K },
  Q6_K: { bits: 8, block: 16, asymmetric: false, relay: relayQ6K },
}

/** Re-lays the bytes of one GGUF matrix of N `rows` and K `columns`. */
export function relayMatrix(source: Uint8Array, type: TensorType, rows: number, columns: number): Matrix {
  if (type === 'F32' || type === 'F16' || type === 'BF16') {
    return { kind: 'float', rows, columns, weights: floatsOf(source, type) }
  }
  const { bits, block, asymmetric, relay } = LAYOUTS[type]
  const blocks = (rows * columns) / block
  const out: PackedMatrix = {
    kind: 'packed',
    rows,
    columns,
    bits,
    block,
    codes: new Uint8Array((rows * columns * bits) / 8),
    scales: new Float32Array(blocks),
    offsets: asymmetric ? new Float32Array(blocks) : undefined,
  }
  relay(source, out)
  return out
}

/** Plain numbers of an F32, F16 or BF16 tensor. */
export function floatsOf(source: Uint8Array, type: 'F32' | 'F16' | 'BF16'): Float32Array {
  const count = source.length / TENSOR_TYPES[type].bytes
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  if (type === 'F32') return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true))
  if (type === 'F16') return Float32Array.from({ length: count }, (_, i) => HALF[view.getUint16(2 * i, true)]!)
  const out = new Float32Array(count)
  const bits = new Uint32Array(out.buffer)
  for (let i = 0; i < count; i++) bits[i] = view.getUint16(2 * i, true) << 16
  return out
}

/** Writes row `row` of the matrix as plain numbers to `out` at `at`. */
export function dequantizeRow(matrix: Matrix, row: number, out: Float32Array, at: number): void {
  const { columns, rows } = matrix
  if (matrix.kind === 'float') {
    out.set(matrix.weights.subarray(row * columns, (row + 1) * columns), at)
    return
  }
  const { bits, block, codes, scales, offsets } = matrix
  const blocksPerRow = columns / block
  const zero = bits === 4 ? 8 : 128
  for (let k = 0; k < columns; k++) {
    const b = Math.floor(k / block)
    const index = row * columns + k
    const code = bits === 4 ? (codes[index >> 1]! >> (4 * (k & 1))) & 15 : codes[index]!
    out[at + k] = scales[row * blocksPerRow + b]! * (code - zero) + (offsets ? offsets[b * rows + row]! : 0)
  }
}

const half = (d: Uint8Array, o: number): number => HALF[d[o]! | (d[o + 1]! << 8)]!

/** Offset of block `index` (row-major) in the transposed (nb, N) table. */
const transposed = (m: PackedMatrix, index: number): number => {
  const perRow = m.columns / m.block
  return (index % perRow) * m.rows + Math.floor(index / perRow)
}

/** Q4_0: f16 d, 16 bytes; Q4_1: f16 d, f16 m, 16 bytes. Byte j holds weight j (low) and j + 16 (high). */
function relayQ4(d: Uint8Array, m: PackedMatrix): void {
  const bytes = m.offsets ? 20 : 18
  const head = m.offsets ? 4 : 2
  for (let i = 0; i < m.scales.length; i++) {
    const o = i * bytes
    const w = i * 16
    const scale = half(d, o)
    m.scales[i] = scale
    if (m.offsets) m.offsets[transposed(m, i)] = half(d, o + 2) + 8 * scale
    for (let j = 0; j < 8; j++) {
      const a = d[o + head + 2 * j]!
      const c = d[o + head + 2 * j + 1]!
      m.codes[w + j] = (a & 15) | ((c & 15) << 4)
      m.codes[w + 8 + j] = (a >> 4) | (c & 240)
    }
  }
}

/** Q5_0: f16 d, 4 bytes of fifth bits, 16 bytes; Q5_1 has f16 m after d. The code is q - 16 + 128. */
function relayQ5(d: Uint8Array, m: PackedMatrix): void {
  const bytes = m.offsets ? 24 : 22
  const head = m.offsets ? 4 : 2
  for (let i = 0; i < m.scales.length; i++) {
    const o = i * bytes
    const h = o + head
    const scale = half(d, o)
    m.scales[i] = scale
    if (m.offsets) m.offsets[transposed(m, i)] = half(d, o + 2) + 16 * scale
    const high = (d[h]! | (d[h + 1]! << 8) | (d[h + 2]! << 16) | (d[h + 3]! << 24)) >>> 0
    for (let j = 0; j < 16; j++) {
      const v = d[h + 4 + j]!
      m.codes[i * 32 + j] = ((v & 15) | (((high >>> j) & 1) << 4)) + 112
      m.codes[i * 32 + j + 16] = ((v >> 4) | (((high >>> (j + 16)) & 1) << 4)) + 112
    }
  }
}

/** Q8_0: f16 d, 32 signed bytes. */
function relayQ8(d: Uint8Array, m: PackedMatrix): void {
  for (let i = 0; i < m.scales.length; i++) {
    const o = i * 34
    m.scales[i] = half(d, o)
    for (let j = 0; j < 32; j++) m.codes[i * 32 + j] = d[o + 2 + j]! ^ 128
  }
}

/** The 6-bit scale and minimum of sub-block j of a K super-block (ggml's get_scale_min_k4). */
const scaleOf = (d: Uint8Array, x: number, j: number): number =>
  j < 4 ? d[x + j]! & 63 : (d[x + j + 4]! & 15) | ((d[x + j - 4]! >> 6) << 4)
const minimumOf = (d: Uint8Array, x: number, j: number): number =>
  j < 4 ? d[x + j + 4]! & 63 : (d[x + j + 4]! >> 4) | ((d[x + j]! >> 6) << 4)

/** Q4_K: f16 d, f16 dmin, 12 bytes of scales, 128 bytes; w = d*sc*q - dmin*mn. */
function relayQ4K(d: Uint8Array, m: PackedMatrix): void {
  for (let s = 0; s < m.scales.length / 8; s++) {
    const o = s * 144
    for (let j = 0; j < 8; j++) {
      const i = s * 8 + j
      const scale = Math.fround(half(d, o) * scaleOf(d, o + 4, j))
      m.scales[i] = scale
      m.offsets![transposed(m, i)] = 8 * scale - Math.fround(half(d, o + 2) * minimumOf(d, o + 4, j))
      const q = o + 16 + (j >> 1) * 32
      const shift = (j & 1) * 4
      for (let t = 0; t < 16; t++) {
        m.codes[i * 16 + t] = ((d[q + 2 * t]! >> shift) & 15) | (((d[q + 2 * t + 1]! >> shift) & 15) << 4)
      }
    }
  }
}

/** Q5_K: as Q4_K with 32 bytes of fifth bits before the 128; the code is q - 16 + 128. */
function relayQ5K(d: Uint8Array, m: PackedMatrix): void {
  for (let s = 0; s < m.scales.length / 8; s++) {
    const o = s * 176
    for (let j = 0; j < 8; j++) {
      const i = s * 8 + j
      const scale = Math.fround(half(d, o) * scaleOf(d, o + 4, j))
      m.scales[i] = scale
      m.offsets![transposed(m, i)] = 16 * scale - Math.fround(half(d, o + 2) * minimumOf(d, o + 4, j))
      const q = o + 48 + (j >> 1) * 32
      const shift = (j & 1) * 4
      for (let t = 0; t < 32; t++) {
        const fifth = (d[o + 16 + t]! >> j) & 1
        m.codes[i * 32 + t] = (((d[q + t]! >> shift) & 15) | (fifth << 4)) + 112
      }
    }
  }
}

/** Q6_K: 128 bytes of low bits, 64 of high bits, 16 signed scales, f16 d; the code is q - 32 + 128. */
function relayQ6K(d: Uint8Array, m: PackedMatrix): void {
  for (let s = 0; s < m.scales.length / 16; s++) {
    const o = s * 210
    const super16 = half(d, o + 208)
    for (let j = 0; j < 16; j++) m.scales[s * 16 + j] = super16 * ((d[o + 192 + j]! << 24) >> 24)
    for (let h = 0; h < 2; h++) {
      for (let l = 0; l < 32; l++) {
        const high = d[o + 128 + h * 32 + l]!
        const a = d[o + h * 64 + l]!
        const b = d[o + h * 64 + l + 32]!
        const w = s * 256 + h * 128 + l
        m.codes[w] = ((a & 15) | ((high & 3) << 4)) + 96
        m.codes[w + 32] = ((b & 15) | (((high >> 2) & 3) << 4)) + 96
        m.codes[w + 64] = ((a >> 4) | (((high >> 4) & 3) << 4)) + 96
        m.codes[w + 96] = ((b >> 4) | (((high >> 6) & 3) << 4)) + 96
      }
    }
  }
}
