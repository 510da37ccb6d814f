import type { Architecture } from './architecture.ts'
import { attend, declareRotaryTables } from './attention.ts'
import { at, constantI64, type GraphBuilder, type KvType, rmsNorm } from './graph-builder.ts'
import { declareSteering, steerStream } from './graph-steering.ts'
import { linear } from './linear.ts'
import { createGraph, microsoft } from './onnx.ts'
import type { WeightIndex } from './weights.ts'

/** Raised whenever the graph would compute other bytes or name its inputs and outputs otherwise; part of every episode's key. */
export const GRAPH_VERSION = 'g2'

/** What an engine's bytes depend on beside the model's file. */
export const graphVersionOf = (kvType: KvType): string =>
  kvType === 'f32' ? GRAPH_VERSION : `${GRAPH_VERSION}-kv-${kvType}`

export interface GraphOptions {
  /** Layers whose output takes an input `delta.L` (B, S, H), added to it. */
  readonly steerLayers: readonly number[]
  /** Clamps a steered layer; from 1 on its residual may also keep its length. 0 = `delta` is the only change. */
  readonly operations: number
  /** Layers with outputs `norm.L` (B, S, 1), `residual.L` (B, S, H) and, where a basis is given, `projection.L` (B, S, K). */
  readonly captureLayers: readonly number[]
  /**
   * layer -> (H, K) directions. A constant of the graph, not an input: ONNX Runtime packs constant matrices, and only the packed
   * product gives a row the same bytes in every batch (measured: as an input, one row alone differs in the last bits).
   */
  readonly basis: ReadonlyMap<number, Float32Array>
  /** `int8`: activations rounded to 8 bits in blocks (fast, batch-invariant); `exact`: everything in fp32. */
  readonly precision: 'int8' | 'exact'
  /** Type of the past keys and values. */
  readonly kvType: KvType
  /** Stop after this layer and leave out the head: enough to read residuals. */
  readonly lastLayer?: number
}

/**
 * The decoder as an ONNX graph over external weights. B rows, S new tokens each, R rows of log-probabilities.
 * Inputs: embeds (B,S,H), seqlens_k (B) = length after the step minus one, total_len (), rows (R) flat token indices that get them,
 * past keys and values (B, kvHeads, P, headSize) which the attention extends in place. Outputs: logprobs (R, V), natural logarithms, and the captures.
 * The steered sum is `pending + delta` before the next fused residual norm, so that a zero delta leaves every byte as it was.
 */
export function buildGraph(a: Architecture, index: WeightIndex, options: GraphOptions): Uint8Array {
  const b = builder(a, index, options)
  declareInputs(b)
  let stream: Stream = { residual: 'embeds', pending: undefined }
  const last = options.lastLayer ?? a.layers - 1
  for (let layer = 0; layer <= last; layer++) stream = block(b, stream, layer)
  const final = settle(b, stream)
  captureAt(b, final, last)
  if (options.lastLayer === undefined) head(b, final)
  return b.graph.encode()
}

interface Builder extends GraphBuilder {
  readonly options: GraphOptions
}

/** The residual stream is `residual + pending`; the sum is made by the next fused norm. */
interface Stream {
  readonly residual: string
  readonly pending: string | undefined
}

const builder = (a: Architecture, index: WeightIndex, options: GraphOptions): Builder => ({
  graph: createGraph(),
  a,
  index,
  options,
  blockSums: new Map(),
  constants: new Set(),
})

function declareInputs(b: Builder): void {
  const { graph, a, options } = b
  graph.input('embeds', 'f32', ['B', 'S', a.width])
  graph.input('seqlens_k', 'i32', ['B'])
  graph.input('total_len', 'i32', [])
  if (options.lastLayer === undefined) graph.input('rows', 'i64', ['R'])
  for (const layer of options.steerLayers) declareSteering(graph, layer, { width: a.width, clamps: options.operations })
  declareRotaryTables(b)
}

function block(b: Builder, stream: Stream, layer: number): Stream {
  const attention = norm(b, stream, `blk.${layer}.attn_norm.weight`, layer - 1)
  const feedForward = norm(
    b,
    {
      residual: attention.residual,
      pending: normAfter(b, attend(b, attention.normed, layer), `blk.${layer}.post_attention_norm.weight`),
    },
    `blk.${layer}.ffn_norm.weight`,
  )
  const pending = normAfter(b, feed(b, feedForward.normed, layer), `blk.${layer}.post_ffw_norm.weight`)
  return { residual: feedForward.residual, pending: steered(b, { residual: feedForward.residual, pending }, layer) }
}

/** What is still to be added to the residual after a block, with what steering adds at this layer. */
function steered({ graph, options }: Builder, stream: { residual: string; pending: string }, layer: number): string {
  if (!options.steerLayers.includes(layer)) return stream.pending
  return steerStream(graph, stream, { layer, clamps: options.operations })
}

/** Settles the stream and normalises it; when it is the output of `completedLayer`, captures it. */
function norm(b: Builder, { residual, pending }: Stream, weight: string, completedLayer?: number) {
  const { graph, a } = b
  if (pending === undefined) return { normed: rmsNorm(b, residual, weight, a.width), residual }
  graph.external(weight, 'f32', [a.width], at(b.index.vectors[weight]!))
  const epsilon = { float: a.epsilon }
  const sum = `sum.${weight}`
  const normed = graph.node(
    'SkipSimplifiedLayerNormalization',
    [pending, residual, weight],
    microsoft({ epsilon }, [`normed.${weight}`, '', '', sum]),
  )
  if (completedLayer !== undefined) captureAt(b, sum, completedLayer)
  return { normed, residual: sum }
}

/** The second norms of an architecture that has four a block: on what a sublayer adds to the stream. */
const normAfter = (b: Builder, pending: string, weight: string): string =>
  b.a.postNorms ? rmsNorm(b, pending, weight, b.a.width) : pending

const settle = ({ graph }: Builder, { residual, pending }: Stream): string =>
  pending === undefined ? residual : graph.node('Add', [residual, pending])

/** A gated feed-forward: down(activation(gate(x)) * up(x)) (arXiv 2002.05202). */
function feed(b: Builder, input: string, layer: number): string {
  const gate = linear(b, input, `blk.${layer}.ffn_gate`, { size: b.a.hidden })
  const up = linear(b, input, `blk.${layer}.ffn_up`, { size: b.a.hidden })
  return linear(b, b.graph.node('Mul', [activate(b, gate), up]), `blk.${layer}.ffn_down`, { size: b.a.width })
}

/** QuickGelu with alpha 1 is x * sigmoid(x) = SiLU. */
function activate({ graph, a }: Builder, gate: string): string {
  if (a.activation === 'gelu') return graph.node('Gelu', [gate], { attributes: { approximate: 'tanh' } })
  return graph.node('QuickGelu', [gate], microsoft({ alpha: { float: 1 } }))
}

function captureAt(b: Builder, residual: string, layer: number): void {
  if (!b.options.captureLayers.includes(layer)) return
  const { graph, a } = b
  const basis = b.options.basis.get(layer)
  if (basis && basis.length > 0) {
    const size = basis.length / a.width
    graph.constant(
      `basis.${layer}`,
      'f32',
      [a.width, size],
      new Uint8Array(basis.buffer, basis.byteOffset, basis.byteLength),
    )
    graph.node('MatMul', [residual, `basis.${layer}`], { outputs: [`projection.${layer}`] })
    graph.output(`projection.${layer}`, 'f32', ['B', 'S', size])
  }
  const axes = constantI64(b, 'last_axis', [-1])
  graph.node('ReduceL2', [residual, axes], { outputs: [`norm.${layer}`], attributes: { keepdims: 1 } })
  graph.output(`norm.${layer}`, 'f32', ['B', 'S', 1])
  graph.node('Identity', [residual], { outputs: [`residual.${layer}`] })
  graph.output(`residual.${layer}`, 'f32', ['B', 'S', a.width])
}

/** Log-probabilities after the chosen tokens only; normalised here, because JavaScript takes 4 ms a row of 150,000 for it. */
function head(b: Builder, residual: string): void {
  const { graph, a } = b
  const flat = graph.node('Reshape', [residual, constantI64(b, 'flat_shape', [-1, a.width])])
  const chosen = graph.node('Gather', [flat, 'rows'], { attributes: { axis: 0 } })
  const { normed } = norm(b, { residual: chosen, pending: undefined }, 'output_norm.weight')
  const logits = linear(b, normed, 'output', { size: a.vocabulary, rank: 2 })
  graph.node('LogSoftmax', [logits], { outputs: ['logprobs'], attributes: { axis: -1 } })
  graph.output('logprobs', 'f32', ['R', a.vocabulary])
}
