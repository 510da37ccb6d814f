import { at, constantI64, type GraphBuilder } from './graph-builder.ts'
import { microsoft } from './onnx.ts'
import type { StoredMatrix } from './weights.ts'

export interface LinearOptions {
  readonly size: number
  readonly bias?: string
  /** @default 3 */
  readonly rank?: 2 | 3
}

/** y = x Wᵀ (+ bias), by the kernel that fits how the matrix is stored. */
export function linear(b: GraphBuilder, input: string, name: string, { size, bias, rank = 3 }: LinearOptions): string {
  const { graph, index } = b
  const matrix = index.matrices[name]
  if (!matrix || matrix.rows !== size) throw new Error(`matrix ${name} should have ${size} rows, has ${matrix?.rows}`)
  const product =
    matrix.kind === 'float' ? floatProduct(b, input, name, matrix) : packedProduct(b, input, name, matrix, rank)
  const stored = bias === undefined ? undefined : index.vectors[bias]
  if (!bias || !stored) return product
  return graph.node('Add', [product, graph.external(bias, 'f32', [size], at(stored))])
}

type Packed = Extract<StoredMatrix, { kind: 'packed' }>
type Float = Extract<StoredMatrix, { kind: 'float' }>

const floatProduct = ({ graph }: GraphBuilder, input: string, name: string, m: Float): string =>
  graph.node('MatMul', [input, graph.external(`${name}.w`, 'f32', [m.columns, m.rows], at(m.weights))])

function packedProduct(b: GraphBuilder, input: string, name: string, m: Packed, rank: 2 | 3): string {
  const { graph, options } = b
  const blocks = m.columns / m.block
  const codes = graph.external(`${name}.q`, 'u8', [m.rows, blocks, (m.block * m.bits) / 8], at(m.codes))
  const scales = graph.external(`${name}.s`, 'f32', [m.rows * blocks], at(m.scales))
  const attributes = {
    K: m.columns,
    N: m.rows,
    bits: m.bits,
    block_size: m.block,
    accuracy_level: options.precision === 'int8' ? 4 : 0,
  }
  const product = graph.node('MatMulNBits', [input, codes, scales], microsoft(attributes))
  if (!m.offsets) return product
  const offsets = graph.external(`${name}.m`, 'f32', [blocks, m.rows], at(m.offsets))
  return graph.node('Add', [product, graph.node('MatMul', [blockSum(b, input, m.columns, rank), offsets])])
}

/** (…, K) -> (…, K / 32): sums over blocks of 32, shared by all matrices that read the same input. */
function blockSum(b: GraphBuilder, input: string, columns: number, rank: 2 | 3): string {
  const known = b.blockSums.get(input)
  if (known) return known
  const shape = constantI64(
    b,
    `blocks_${columns}_${rank}`,
    rank === 3 ? [0, 0, columns / 32, 32] : [0, columns / 32, 32],
  )
  const reshaped = b.graph.node('Reshape', [input, shape])
  const sum = b.graph.node('ReduceSum', [reshaped, constantI64(b, 'last_axis', [-1])], { attributes: { keepdims: 0 } })
  b.blockSums.set(input, sum)
  return sum
}
