import { expect, test } from 'vitest'
import { openGguf } from './gguf.ts'
import { type TensorType, TENSOR_TYPES } from './gguf-types.ts'
import { openOutputHead } from './output-head.ts'
import { makeTiny, type Tiny, tinyFile, tinySpec } from './test/tiny.ts'

// K types come in blocks of 256.
const SIZES = { width: 256, hidden: 256, headSize: 64, layers: 1, vocabulary: 24 }
const PLAIN: readonly TensorType[] = ['F32', 'F16', 'BF16']

const types = Object.keys(TENSOR_TYPES) as TensorType[]

test.each(types.flatMap((type, i) => [true, false].map((isTied, k) => ({ type, isTied, norm: PLAIN[(i + k) % 3]! }))))(
  'the head in $type, tied: $isTied, after a final norm in $norm',
  ({ type, isTied, norm }) => {
    const typeOf = (name: string) => (name === 'output_norm.weight' ? norm : name.includes('norm') ? 'F32' : type)
    const tiny = makeTiny(tinySpec('qwen3', { ...SIZES, isTied, typeOf }))
    expect(tiny.tensors.get('output_norm.weight')!.type).toBe(norm)
    const expected = plainHead(tiny)
    using file = tinyFile(tiny)
    using gguf = openGguf(file.path)
    const head = openOutputHead(gguf)
    expect([head.width, head.vocabulary]).toEqual([SIZES.width, SIZES.vocabulary])
    const seen: number[] = []
    head.eachRow((token, row) => {
      seen.push(token)
      expect(largestDifference(row, head.row(token))).toBe(0)
      expect(largestDifference(row, expected[token]!)).toBeLessThan(1e-5)
    })
    expect(seen).toEqual(Array.from({ length: SIZES.vocabulary }, (_, token) => token))
  },
)

const largestDifference = (a: Float64Array, b: ArrayLike<number>): number =>
  a.reduce((largest, v, i) => Math.max(largest, Math.abs(v - b[i]!)), 0)

/** The weights as they were drawn, in double precision. */
function plainHead({ tensors }: Tiny): number[][] {
  const table = (tensors.get('output.weight') ?? tensors.get('token_embd.weight'))!.values
  const gain = tensors.get('output_norm.weight')!.values
  return Array.from({ length: SIZES.vocabulary }, (_, token) =>
    Array.from({ length: SIZES.width }, (_, h) => table[token * SIZES.width + h]! * gain[h]!),
  )
}
