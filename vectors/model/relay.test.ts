import { describe, expect, test } from 'vitest'
import { philox, type RandomKey } from '../random.ts'
import { BLOCKS, type BlockType, randomBlocks } from './fixtures/ggml-blocks.ts'
import { HALF } from './float16.ts'
import { TENSOR_TYPES, tensorBytes } from './gguf-types.ts'
import { dequantizeRow, floatsOf, relayMatrix } from './relay.ts'

const TYPES = Object.keys(BLOCKS) as BlockType[]
const ROWS = 5

function wordsOf(key: RandomKey): () => number {
  let at = 0
  return () => philox([at++, 0, 0, 0], key)[0]!
}

/** Largest difference of a row from the block definitions, relative to the row's largest weight. */
function worst(type: BlockType, { columns, key }: { columns: number; key: RandomKey }): number {
  const { block, bytes } = TENSOR_TYPES[type]
  const source = randomBlocks(type, (ROWS * columns) / block, wordsOf(key))
  const matrix = relayMatrix(source, type, ROWS, columns)
  const row = new Float32Array(columns + 3)
  let most = 0
  for (let n = 0; n < ROWS; n++) {
    dequantizeRow(matrix, n, row, 3)
    const expected = Array.from({ length: columns }, (_, k) => {
      const index = n * columns + k
      return BLOCKS[type].weight(source, Math.floor(index / block) * bytes, index % block)
    })
    const largest = Math.max(...expected.map(Math.abs))
    for (const [k, v] of expected.entries()) most = Math.max(most, Math.abs(row[3 + k]! - v) / largest)
  }
  return most
}

describe.each(TYPES)('%s', (type) => {
  test.each([1, 2, 3])('re-laid weights are those of the block definitions (draw %i)', (draw) => {
    expect(worst(type, { columns: 512, key: [draw, TYPES.indexOf(type)] })).toBeLessThanOrEqual(1e-6)
  })

  test('the layout is the one it claims', () => {
    const matrix = relayMatrix(randomBlocks(type, (2 * 512) / TENSOR_TYPES[type].block, wordsOf([9, 9])), type, 2, 512)
    if (matrix.kind !== 'packed') throw new Error('a block type should be packed')
    expect(matrix.codes).toHaveLength((1024 * matrix.bits) / 8)
    expect(matrix.scales).toHaveLength(1024 / matrix.block)
    expect(matrix.offsets?.length ?? 1024 / matrix.block).toBe(1024 / matrix.block)
  })
})

test('symmetric types need no offsets: the product over block sums is spared', () => {
  const symmetric = TYPES.filter((type) => {
    const matrix = relayMatrix(randomBlocks(type, 256 / TENSOR_TYPES[type].block, wordsOf([1, 1])), type, 1, 256)
    return matrix.kind === 'packed' && matrix.offsets === undefined
  })
  expect(symmetric).toEqual(['Q4_0', 'Q5_0', 'Q8_0', 'Q6_K'])
})

describe('plain types', () => {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => (37 * i + 11) & 255)
  // One byte in front: a view over a tensor need not be aligned.
  const shifted = new Uint8Array([0, ...bytes]).subarray(1)

  test('F32 and F16 are read little endian at any alignment', () => {
    const view = new DataView(bytes.buffer)
    expect(floatsOf(shifted, 'F32')).toEqual(Float32Array.from({ length: 100 }, (_, i) => view.getFloat32(4 * i, true)))
    expect(floatsOf(shifted, 'F16')).toEqual(
      Float32Array.from({ length: 200 }, (_, i) => HALF[view.getUint16(2 * i, true)]!),
    )
  })

  test('BF16 is the upper half of an F32', () => {
    const numbers = Float32Array.of(1, -2.5, 3e38, 1e-40, 0, -0, 0.15625)
    const upper = new Uint16Array(numbers.buffer).filter((_, i) => i % 2 === 1)
    const read = floatsOf(new Uint8Array(upper.buffer), 'BF16')
    for (const [i, v] of numbers.entries())
      expect(Math.abs(read[i]! - v)).toBeLessThanOrEqual(Math.max(Math.abs(v) * 2 ** -7, 2 ** -133))
  })

  test('rows of a plain matrix', () => {
    const matrix = relayMatrix(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer), 'F32', 2, 3)
    const out = new Float32Array(5)
    dequantizeRow(matrix, 1, out, 1)
    expect([...out]).toEqual([0, 4, 5, 6, 0])
  })
})

test.each([
  ['F32', 7, 28],
  ['Q8_0', 64, 68],
  ['Q4_K', 512, 288],
  ['Q6_K', 256, 210],
] as const)('%s: %i weights take %i bytes', (type, count, bytes) => {
  expect(tensorBytes(type, count)).toBe(bytes)
})
