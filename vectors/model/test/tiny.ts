import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngine, type OpenOptions } from '../../engine/open.ts'
import type { Engine } from '../../engine/types.ts'
import { keyOf, normals } from '../../random.ts'
import type { TensorType } from '../gguf-types.ts'
import { writeGguf, type WriteTensor, type WriteValue } from '../gguf-write.ts'
import { drawWeights, type Drawn } from './draw-weights.ts'

/** A small random decoder of any family, written by code: what it computes means nothing, and every weight is known. */
export interface TinySpec {
  readonly family: 'llama' | 'qwen2' | 'qwen3' | 'gemma3'
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly kvHeads: number
  readonly headSize: number
  readonly hidden: number
  readonly vocabulary: number
  /** The head is the embedding table. */
  readonly isTied: boolean
  /** Tokens that a local layer of gemma3 sees. */
  readonly window: number
  /** Type of the tensor with this name. @default F32 everywhere */
  readonly typeOf?: (tensor: string) => TensorType
}

const FAMILY_SIZES = {
  llama: { layers: 3, isTied: false },
  qwen2: { layers: 3, isTied: true },
  qwen3: { layers: 3, isTied: false },
  gemma3: { layers: 7, isTied: true },
} as const

/** Heads are larger than width / heads, as in Gemma and Qwen3. */
export const tinySpec = (family: TinySpec['family'], overrides: Partial<TinySpec> = {}): TinySpec => ({
  family,
  width: 64,
  heads: 4,
  kvHeads: 2,
  headSize: 32,
  hidden: 96,
  vocabulary: 80,
  window: 9,
  ...FAMILY_SIZES[family],
  ...overrides,
})

/** A tensor as the file holds it, and the numbers that it stands for, row by row. */
export interface TinyTensor extends Drawn {
  readonly name: string
  readonly type: TensorType
  readonly dims: readonly number[]
}

export interface Tiny {
  readonly spec: TinySpec
  readonly metadata: Readonly<Record<string, WriteValue>>
  readonly tensors: ReadonlyMap<string, TinyTensor>
}

export const ROPE_BASE = { llama: 10_000, qwen2: 1_000_000, qwen3: 1_000_000, gemma3: 1_000_000 } as const
export const EPSILON = 1e-6

/** Draws the weights; same spec, same weights. */
export function makeTiny(spec: TinySpec): Tiny {
  const tensors = new Map<string, TinyTensor>()
  for (const { name, dims, center } of tensorsOf(spec)) {
    const type = dims.length === 2 ? (spec.typeOf?.(name) ?? 'F32') : vectorType(spec, name)
    const drawn = drawWeights(type, { dims, center, key: keyOf('tiny', spec.family, name) })
    tensors.set(name, { name, type, dims, ...drawn })
  }
  return { spec, metadata: metadataOf(spec), tensors }
}

/** Vectors are never quantised. */
function vectorType(spec: TinySpec, name: string): TensorType {
  const type = spec.typeOf?.(name) ?? 'F32'
  return type === 'F16' || type === 'BF16' ? type : 'F32'
}

/** Vectors of norms lie around 1, all else around 0. */
function* tensorsOf(s: TinySpec): Generator<{ name: string; dims: number[]; center: number }> {
  const matrix = (name: string, columns: number, rows: number) => ({ name, dims: [columns, rows], center: 0 })
  const gain = (name: string, size: number) => ({ name, dims: [size], center: 1 })
  const bias = (name: string, size: number) => ({ name, dims: [size], center: 0 })
  yield matrix('token_embd.weight', s.width, s.vocabulary)
  yield gain('output_norm.weight', s.width)
  if (!s.isTied) yield matrix('output.weight', s.width, s.vocabulary)
  for (let layer = 0; layer < s.layers; layer++) {
    const block = `blk.${layer}.`
    yield matrix(`${block}attn_q.weight`, s.width, s.heads * s.headSize)
    yield matrix(`${block}attn_k.weight`, s.width, s.kvHeads * s.headSize)
    yield matrix(`${block}attn_v.weight`, s.width, s.kvHeads * s.headSize)
    yield matrix(`${block}attn_output.weight`, s.heads * s.headSize, s.width)
    yield matrix(`${block}ffn_gate.weight`, s.width, s.hidden)
    yield matrix(`${block}ffn_up.weight`, s.width, s.hidden)
    yield matrix(`${block}ffn_down.weight`, s.hidden, s.width)
    yield gain(`${block}attn_norm.weight`, s.width)
    yield gain(`${block}ffn_norm.weight`, s.width)
    if (s.family === 'qwen2') {
      yield bias(`${block}attn_q.bias`, s.heads * s.headSize)
      yield bias(`${block}attn_k.bias`, s.kvHeads * s.headSize)
      yield bias(`${block}attn_v.bias`, s.kvHeads * s.headSize)
    }
    if (s.family === 'qwen3' || s.family === 'gemma3') {
      yield gain(`${block}attn_q_norm.weight`, s.headSize)
      yield gain(`${block}attn_k_norm.weight`, s.headSize)
    }
    if (s.family === 'gemma3') {
      yield gain(`${block}post_attention_norm.weight`, s.width)
      yield gain(`${block}post_ffw_norm.weight`, s.width)
    }
  }
}

function metadataOf(s: TinySpec): Record<string, WriteValue> {
  const u32 = (value: number): WriteValue => ({ type: 'u32', value })
  const f32 = (value: number): WriteValue => ({ type: 'f32', value })
  const text = (value: string): WriteValue => ({ type: 'string', value })
  return {
    'general.architecture': text(s.family),
    'general.name': text(`tiny ${s.family}`),
    [`${s.family}.block_count`]: u32(s.layers),
    [`${s.family}.context_length`]: u32(1024),
    [`${s.family}.embedding_length`]: u32(s.width),
    [`${s.family}.feed_forward_length`]: u32(s.hidden),
    [`${s.family}.attention.head_count`]: u32(s.heads),
    [`${s.family}.attention.head_count_kv`]: u32(s.kvHeads),
    [`${s.family}.attention.key_length`]: u32(s.headSize),
    [`${s.family}.attention.value_length`]: u32(s.headSize),
    [`${s.family}.attention.layer_norm_rms_epsilon`]: f32(EPSILON),
    [`${s.family}.rope.freq_base`]: f32(ROPE_BASE[s.family]),
    ...(s.family === 'gemma3' ? { 'gemma3.attention.sliding_window': u32(s.window) } : {}),
  }
}

/** The same numbers, every one of them in F32. */
export function inFloats(tiny: Tiny): Tiny {
  const tensors = [...tiny.tensors.values()].map((t) => {
    const values = Float32Array.from(t.values)
    return [t.name, { ...t, type: 'F32' as const, data: new Uint8Array(values.buffer) }] as const
  })
  return { ...tiny, tensors: new Map(tensors) }
}

/** A `Tiny`, or one that a test has changed. */
export interface TinyContents {
  readonly metadata: Readonly<Record<string, WriteValue>>
  readonly tensors: ReadonlyMap<string, WriteTensor>
}

export interface TinyFile extends Disposable {
  readonly path: string
  open(options?: Partial<OpenOptions>): Promise<Engine>
}

/** The model in a folder of its own; it goes when the test ends. */
export function tinyFile({ metadata, tensors }: TinyContents): TinyFile {
  const folder = mkdtempSync(join(tmpdir(), 'duress-tiny-'))
  const path = join(folder, 'tiny.gguf')
  writeGguf(path, metadata, [...tensors.values()])
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const base = { path, sha256, graphs: join(folder, 'graphs'), threads: 1, kvBytes: 64 << 20, contextTokens: 512 }
  return {
    path,
    open: (options = {}) => openEngine({ ...base, ...options }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Tokens drawn from a name. */
export const tinyTokens = (name: string, count: number, { vocabulary }: TinySpec): number[] =>
  Array.from(normals(keyOf('tokens', name), count), (v) => Math.floor(Math.abs(v) * 1e6) % vocabulary)
