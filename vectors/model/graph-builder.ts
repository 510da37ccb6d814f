import type { Architecture } from './architecture.ts'
import { type ExternalData, type Graph, type OnnxType, TYPE_ID } from './onnx.ts'
import { type Stored, type WeightIndex, WEIGHTS_FILE } from './weights.ts'

export const KV_TYPES = ['f32', 'f16'] as const
export type KvType = (typeof KV_TYPES)[number]

/** What the parts of a decoder graph share while it is written. */
export interface GraphBuilder {
  readonly graph: Graph
  readonly a: Architecture
  readonly index: WeightIndex
  readonly options: {
    /** `int8`: activations rounded to 8 bits in blocks (fast, batch-invariant); `exact`: everything in fp32. */
    readonly precision: 'int8' | 'exact'
    /** Type of the stored keys and values; with f16 the attention computes in it, too. */
    readonly kvType: KvType
  }
  /** Input of a product -> its sums over blocks. */
  readonly blockSums: Map<string, string>
  /** Names of the small constants that are there already. */
  readonly constants: Set<string>
}

/** A small list of whole numbers, written once a graph. */
export function constantI64(
  { graph, constants }: Pick<GraphBuilder, 'graph' | 'constants'>,
  name: string,
  values: readonly number[],
): string {
  if (!constants.has(name)) {
    constants.add(name)
    const data = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)
    graph.constant(name, 'i64', [values.length], data)
  }
  return name
}

export const cast = ({ graph }: GraphBuilder, input: string, to: OnnxType, name?: string): string =>
  graph.node('Cast', [input], { attributes: { to: TYPE_ID[to] }, ...(name !== undefined && { outputs: [name] }) })

/** The place of stored numbers in the weights file. */
export const at = ({ offset, bytes }: Stored): ExternalData => ({ file: WEIGHTS_FILE, offset, bytes })

/** RMS norm over the last axis, times a stored gain of `size` numbers (arXiv 1910.07467). */
export function rmsNorm({ graph, a, index }: GraphBuilder, input: string, weight: string, size: number): string {
  graph.external(weight, 'f32', [size], at(index.vectors[weight]!))
  const attributes = { axis: -1, epsilon: { float: a.epsilon }, stash_type: 1 }
  return graph.node('SimplifiedLayerNormalization', [input, weight], { attributes })
}
