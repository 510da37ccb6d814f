import { normals, philox, type RandomKey } from '../../random.ts'
import { BLOCKS, type BlockType, randomBlocks } from '../fixtures/ggml-blocks.ts'
import { HALF } from '../float16.ts'
import { TENSOR_TYPES, type TensorType } from '../gguf-types.ts'
import { halfBits } from '../quantize.ts'

/** Bytes of a tensor and, read from them by the definition of its type, the numbers that they stand for. */
export interface Drawn {
  readonly data: Uint8Array
  readonly values: Float64Array
}

interface DrawOptions {
  readonly dims: readonly number[]
  /** Mean of the numbers. Only for types that are not packed in blocks. */
  readonly center: number
  readonly key: RandomKey
}

/** Draws a tensor whose rows have a length of about 1 (a vector: a spread of 0.3 around its center). */
export function drawWeights(type: TensorType, { dims, center, key }: DrawOptions): Drawn {
  const count = dims.reduce((a, b) => a * b, 1)
  const spread = dims.length === 2 ? 1 / Math.sqrt(dims[0]!) : 0.3
  if (type === 'F32' || type === 'F16' || type === 'BF16') {
    return plainNumbers(
      type,
      Array.from(normals(key, count), (v) => center + spread * v),
    )
  }
  return packed(type, { count, spread, key })
}

function plainNumbers(type: 'F32' | 'F16' | 'BF16', numbers: readonly number[]): Drawn {
  if (type === 'F32') {
    const values = Float32Array.from(numbers)
    return { data: new Uint8Array(values.buffer), values: Float64Array.from(values) }
  }
  const codes = Uint16Array.from(numbers, type === 'F16' ? halfCode : upperHalf)
  const read = type === 'F16' ? (code: number) => HALF[code]! : fromUpperHalf
  return { data: new Uint8Array(codes.buffer), values: Float64Array.from(codes, read) }
}

const halfCode = (v: number): number => halfBits(Math.abs(v)) | (v < 0 ? 0x8000 : 0)
const upperHalf = (v: number): number => new Uint32Array(Float32Array.of(v).buffer)[0]! >>> 16
const fromUpperHalf = (code: number): number => new Float32Array(Uint32Array.of(code << 16).buffer)[0]!

/** Second half-precision number of a block, in units of the first, that puts the mean of random codes at 0. */
const CENTER: Partial<Record<BlockType, number>> = { Q4_1: -7.5, Q5_1: -15.5, Q4_K: 7.5, Q5_K: 15.5 }

/** Random codes under scales that give the wanted spread, each block its own within a factor of 2. */
function packed(type: BlockType, o: { count: number; spread: number; key: RandomKey }): Drawn {
  const { block, bytes } = TENSOR_TYPES[type]
  let serial = 0
  let four: Uint32Array = new Uint32Array(4)
  const words = () => {
    if (serial % 4 === 0) four = philox([serial, 0, 0, 7], o.key)
    return four[serial++ % 4]!
  }
  const data = randomBlocks(type, o.count / block, words)
  const setScales = (scaleOf: (blockIndex: number) => number) => {
    for (let b = 0; b * block < o.count; b++) {
      const scale = scaleOf(b)
      for (const [i, at] of BLOCKS[type].halves.entries()) {
        const code = halfCode(i === 0 ? scale : scale * CENTER[type]!)
        data[b * bytes + at] = code & 255
        data[b * bytes + at + 1] = code >> 8
      }
    }
  }
  const read = () =>
    Float64Array.from({ length: o.count }, (_, i) =>
      BLOCKS[type].weight(data, Math.floor(i / block) * bytes, i % block),
    )
  setScales(() => 1)
  const unit = Math.sqrt(read().reduce((sum, v) => sum + v * v, 0) / o.count)
  setScales((b) => (o.spread / unit) * (0.7 + 0.6 * ((b % 7) / 6)))
  return { data, values: read() }
}
