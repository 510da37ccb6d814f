import type { Architecture } from './architecture.ts'
import { at, cast, constantI64, type GraphBuilder, rmsNorm } from './graph-builder.ts'
import { linear } from './linear.ts'
import { microsoft } from './onnx.ts'
import { MAX_POSITIONS } from './weights.ts'

/** Tables of cos and sin for all layers, and others for those whose rotation has a base of its own. */
export function declareRotaryTables(b: GraphBuilder): void {
  const { graph, a, index } = b
  const positions = Math.min(MAX_POSITIONS, a.contextTokens)
  for (const table of [...tables('rope'), ...(a.local ? tables('rope.local') : [])]) {
    graph.external(table, 'f32', [positions, a.headSize / 2], at(index.vectors[table]!))
    // Once for all layers: the operator takes queries, tables and keys of one type.
    if (b.options.kvType === 'f16') cast(b, table, 'f16', typedTable(b, table))
  }
}

const tables = (name: string): readonly string[] => [`${name}.cos`, `${name}.sin`]

const typedTable = ({ options }: GraphBuilder, table: string): string =>
  options.kvType === 'f32' ? table : `${table}.${options.kvType}`

/** Grouped-query attention; keys and values are appended to the past buffers in place. */
export function attend(b: GraphBuilder, input: string, layer: number): string {
  const { graph, a } = b
  const { kvType } = b.options
  const project = (part: string, size: number) =>
    linear(b, input, `blk.${layer}.${part}`, { bias: `blk.${layer}.${part}.bias`, size })
  const normed = (part: string, heads: number) =>
    headNorm(b, project(part, heads * a.headSize), `blk.${layer}.${part}_norm.weight`, heads)
  const q = normed('attn_q', a.heads)
  const k = normed('attn_k', a.kvHeads)
  const v = project('attn_v', a.kvHeads * a.headSize)
  const past = ['B', a.kvHeads, 'P', a.headSize]
  const present = ['B', a.kvHeads, 'T', a.headSize]
  graph.input(`past_key.${layer}`, kvType, past)
  graph.input(`past_value.${layer}`, kvType, past)
  const { window, rope } = layerAttention(a, layer)
  const attributes = {
    num_heads: a.heads,
    kv_num_heads: a.kvHeads,
    do_rotary: 1,
    rotary_interleaved: a.ropeInterleaved ? 1 : 0,
    scale: { float: a.attentionScale },
    ...(window === undefined ? {} : { local_window_size: window }),
  }
  const outputs = [`attention.${layer}`, `present_key.${layer}`, `present_value.${layer}`]
  const typed = (input: string) => (kvType === 'f32' ? input : cast(b, input, kvType))
  graph.node(
    'GroupQueryAttention',
    [
      ...[q, k, v].map(typed),
      `past_key.${layer}`,
      `past_value.${layer}`,
      'seqlens_k',
      'total_len',
      ...tables(rope).map((table) => typedTable(b, table)),
    ],
    microsoft(attributes, outputs),
  )
  graph.output(`present_key.${layer}`, kvType, present)
  graph.output(`present_value.${layer}`, kvType, present)
  const attention = kvType === 'f32' ? `attention.${layer}` : cast(b, `attention.${layer}`, 'f32')
  return linear(b, attention, `blk.${layer}.attn_output`, { size: a.width })
}

function layerAttention({ local }: Architecture, layer: number) {
  if (!local?.layers.includes(layer)) return { window: undefined, rope: 'rope' }
  return { window: local.tokens, rope: 'rope.local' }
}

/** RMS norm of every head by itself, before the rotation (arXiv 2302.05442, section 2.2, with RMS norms). */
function headNorm(b: GraphBuilder, input: string, weight: string, heads: number): string {
  const { graph, a } = b
  if (!a.queryKeyNorm) return input
  const split = constantI64(b, `heads_${heads}`, [0, 0, heads, a.headSize])
  const joined = constantI64(b, `joined_${heads}`, [0, 0, heads * a.headSize])
  const normed = rmsNorm(b, graph.node('Reshape', [input, split]), weight, a.headSize)
  return graph.node('Reshape', [normed, joined])
}
