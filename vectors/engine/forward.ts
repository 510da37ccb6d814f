import type { Arena } from './arena.ts'
import type { Embedding } from './embedding.ts'
import { keyPadding } from './key-padding.ts'
import { floats, int32s, int64s, type Session, type Tensor } from './session.ts'
import { factorOf, type PreparedSteering, rangeOf, selectedPlaces, UNBOUNDED } from './steering.ts'
import type { TraceRows } from './trace-rows.ts'

export interface ModelShape {
  readonly width: number
  readonly vocabulary: number
  readonly steerLayers: readonly number[]
  /** Clamps a steered layer; 0 = additions only. */
  readonly operations: number
  readonly captureLayers: readonly number[]
  /** K */
  readonly basisSize: number
  readonly hasHead: boolean
}

/** New tokens of one row: they go to positions `start` … of the row in arena slot `firstSlot + index`. */
export interface RowInput {
  readonly tokens: readonly number[]
  readonly start: number
  readonly steering: PreparedSteering | undefined
  /** Positions of the new tokens that are steered. */
  readonly selected: readonly number[]
}

/** Asks the window, which may be the caller's code, before the run: what it throws concerns this row and no other. */
export function rowInput({
  sequence,
  ...row
}: Omit<RowInput, 'selected'> & {
  /** The row's tokens from place 0 on, the new ones included. */
  readonly sequence: readonly number[]
}): RowInput {
  const { start, tokens, steering } = row
  return { ...row, selected: selectedPlaces(steering, { from: start, to: start + tokens.length, sequence }) }
}

export interface ForwardRequest {
  readonly firstSlot: number
  /** Shorter rows are padded on the right; only rows without a past may differ in length. */
  readonly rows: readonly RowInput[]
  /** Flat indices (row * S + token) that get logprobs. */
  readonly logprobsAt: readonly number[]
  readonly wantResiduals?: boolean
}

export interface ForwardResult {
  /** S: tokens a row, padding included. */
  readonly padded: number
  /** (logprobsAt, V) */
  readonly logprobs: Float32Array
  /** Row r's captured values of its own tokens. */
  captured(row: number): TraceRows
  /** Row r's (S_r, H) residuals at a captured layer. */
  residuals(row: number, layer: number): Float32Array
}

export type Forward = (request: ForwardRequest) => Promise<ForwardResult>

/** One run of the graph; the arena's rows grow by the new tokens. Runs must not overlap. */
export function createForward(session: Session, arena: Arena, embed: Embedding, shape: ModelShape): Forward {
  const logprobsBuffer = reusable()
  return async ({ firstSlot, rows, logprobsAt, wantResiduals = false }) => {
    const count = rows.length
    const longest = Math.max(...rows.map((r) => r.tokens.length))
    const padding = count === 1 ? keyPadding(arena.shape, { start: rows[0]!.start, tokens: longest }) : 0
    const padded = longest + padding
    const inputs = inputTensors({ rows, padded, padding, logprobsAt, embed, shape })
    const logprobs = logprobsBuffer(logprobsAt.length * (shape.hasHead ? shape.vocabulary : 0))
    const outputs = outputTensors({ count, padded, shape, wantResiduals })
    const withLogprobs = shape.hasHead
      ? { ...outputs, logprobs: { data: logprobs, dims: [logprobsAt.length, shape.vocabulary] } }
      : outputs
    await session.run({
      fixedKey: `${firstSlot}:${count}`,
      fixed: () => arena.tensors(firstSlot, count),
      inputs,
      outputs: withLogprobs,
    })
    return {
      padded,
      logprobs,
      captured: (row) => capturedRows(outputs, { row, padded, tokens: rows[row]!.tokens.length, shape }),
      residuals: (row, layer) => {
        const start = row * padded * shape.width
        return (outputs[`residual.${layer}`]!.data as Float32Array).slice(
          start,
          start + rows[row]!.tokens.length * shape.width,
        )
      },
    }
  }
}

/** Grows as needed; the big logprobs buffer is the same memory in every step. */
function reusable(): (length: number) => Float32Array<ArrayBuffer> {
  let buffer = floats(0)
  return (length) => {
    if (buffer.length < length) buffer = floats(length)
    return buffer.subarray(0, length)
  }
}

interface InputOptions {
  readonly rows: readonly RowInput[]
  readonly padded: number
  /** Empty tokens that count as tokens of the row. */
  readonly padding: number
  readonly logprobsAt: readonly number[]
  readonly embed: Embedding
  readonly shape: ModelShape
}

function inputTensors({ rows, padded, padding, logprobsAt, embed, shape }: InputOptions): Record<string, Tensor> {
  const { width } = shape
  const embeds = floats(rows.length * padded * width)
  for (const [r, { tokens }] of rows.entries()) {
    for (const [t, token] of tokens.entries()) embed(token, embeds, (r * padded + t) * width)
  }
  const totals = rows.map(({ tokens, start }) => start + tokens.length + padding)
  const perToken = [rows.length, padded, width]
  const inputs: Record<string, Tensor> = {
    embeds: { data: embeds, dims: perToken },
    seqlens_k: { data: int32s(totals.map((t) => t - 1)), dims: [rows.length] },
    total_len: { data: int32s([Math.max(...totals)]), dims: [] },
  }
  if (shape.hasHead) inputs['rows'] = { data: int64s(logprobsAt), dims: [logprobsAt.length] }
  for (const layer of shape.steerLayers) {
    inputs[`delta.${layer}`] = { data: deltas(rows, padded, layer, width), dims: perToken }
    if (shape.operations > 0) Object.assign(inputs, operationInputs(rows, padded, layer, shape))
  }
  return inputs
}

/** Clamp k of each row as a direction and, token by token, the range it leaves; where nothing is steered the range holds everything. */
function operationInputs(
  rows: readonly RowInput[],
  padded: number,
  layer: number,
  { width, operations }: ModelShape,
): Record<string, Tensor> {
  const scalar = [rows.length, padded, 1]
  const inputs: Record<string, Tensor> = {}
  for (let k = 0; k < operations; k++) {
    const direction = floats(rows.length * width)
    const least = floats(rows.length * padded).fill(-UNBOUNDED)
    const most = floats(rows.length * padded).fill(UNBOUNDED)
    const factor = floats(rows.length * padded).fill(1)
    for (const [r, { steering }] of rows.entries()) {
      const clamp = steering?.clamps.get(layer)?.[k]
      if (!steering || !clamp) continue
      direction.set(clamp.vector, r * width)
      const [low, high] = rangeOf(clamp)
      eachSelected(rows[r]!, (t) => {
        least[r * padded + t] = low
        most[r * padded + t] = high
        factor[r * padded + t] = factorOf(clamp)
      })
    }
    inputs[`clamp_direction.${layer}.${k}`] = { data: direction, dims: [rows.length, 1, width] }
    inputs[`clamp_least.${layer}.${k}`] = { data: least, dims: scalar }
    inputs[`clamp_most.${layer}.${k}`] = { data: most, dims: scalar }
    inputs[`clamp_factor.${layer}.${k}`] = { data: factor, dims: scalar }
  }
  const keep = floats(rows.length * padded)
  for (const [r, row] of rows.entries())
    if (row.steering?.keptLayers.has(layer)) eachSelected(row, (t) => void (keep[r * padded + t] = 1))
  inputs[`keep_length.${layer}`] = { data: keep, dims: scalar }
  return inputs
}

function eachSelected({ start, selected }: RowInput, visit: (t: number) => void): void {
  for (const place of selected) visit(place - start)
}

/** (B, S, H): the row's summed vector at selected tokens, zero elsewhere. */
function deltas(rows: readonly RowInput[], padded: number, layer: number, width: number): Float32Array<ArrayBuffer> {
  const out = floats(rows.length * padded * width)
  for (const [r, row] of rows.entries()) {
    const delta = row.steering?.deltas.get(layer)
    if (delta) eachSelected(row, (t) => out.set(delta, (r * padded + t) * width))
  }
  return out
}

function outputTensors(o: {
  count: number
  padded: number
  shape: ModelShape
  wantResiduals: boolean
}): Record<string, Tensor> {
  const { count, padded, shape, wantResiduals } = o
  const outputs: Record<string, Tensor> = {}
  if (shape.operations > 0)
    for (const layer of shape.steerLayers)
      outputs[`change.${layer}`] = { data: floats(count * padded), dims: [count, padded, 1] }
  for (const layer of shape.captureLayers) {
    if (shape.basisSize > 0) {
      outputs[`projection.${layer}`] = {
        data: floats(count * padded * shape.basisSize),
        dims: [count, padded, shape.basisSize],
      }
    }
    outputs[`norm.${layer}`] = { data: floats(count * padded), dims: [count, padded, 1] }
    if (wantResiduals)
      outputs[`residual.${layer}`] = { data: floats(count * padded * shape.width), dims: [count, padded, shape.width] }
  }
  return outputs
}

function capturedRows(
  outputs: Readonly<Record<string, Tensor>>,
  at: { row: number; padded: number; tokens: number; shape: ModelShape },
): TraceRows {
  const { row, padded, tokens, shape } = at
  const pick = (name: string, size: number) =>
    size === 0
      ? new Float32Array(0)
      : (outputs[name]!.data as Float32Array).slice(row * padded * size, (row * padded + tokens) * size)
  return {
    tokens,
    basis: shape.basisSize,
    projections: shape.captureLayers.map((layer) => pick(`projection.${layer}`, shape.basisSize)),
    norms: shape.captureLayers.map((layer) => pick(`norm.${layer}`, 1)),
    changes: shape.operations > 0 ? jointLength(shape.steerLayers.map((layer) => pick(`change.${layer}`, 1))) : NONE,
  }
}

const NONE = new Float32Array(0)

/** Token by token over the layers. */
const jointLength = (layers: readonly Float32Array[]): Float32Array =>
  Float32Array.from(layers[0] ?? NONE, (_, t) => Math.hypot(...layers.map((layer) => layer[t]!)))
