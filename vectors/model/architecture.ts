import { InputError } from '../errors.ts'
import type { Gguf } from './gguf.ts'

/** What a decoder graph needs to know of a model, read from the file's metadata. */
export interface Architecture {
  readonly name: 'llama' | 'qwen2'
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly kvHeads: number
  readonly headSize: number
  readonly hidden: number
  readonly vocabulary: number
  readonly epsilon: number
  readonly ropeBase: number
  /** GGUF stores llama's query and key rows for rotation of neighbours, qwen2's for rotation of halves. */
  readonly ropeInterleaved: boolean
  readonly contextTokens: number
  readonly title: string
}

const KNOWN = ['llama', 'qwen2'] as const

/** Reads and checks the architecture; anything duress would compute wrongly is refused by name. */
export function readArchitecture(gguf: Gguf): Architecture {
  const name = gguf.metadata.get('general.architecture')
  const known = KNOWN.find((k) => k === name)
  if (!known) {
    throw new InputError(
      `${gguf.path}: architecture ${JSON.stringify(name)} is not supported; known: ${KNOWN.join(', ')}`,
    )
  }
  refuseUnknownRope(gguf, known)
  const number = (key: string, fallback?: number) => positive(gguf, `${known}.${key}`, fallback)
  const width = number('embedding_length')
  const heads = number('attention.head_count')
  const headSize = number('attention.key_length', width / heads)
  const embedding = gguf.tensors.get('token_embd.weight')
  if (!embedding) throw new InputError(`${gguf.path}: tensor token_embd.weight is missing`)
  const architecture: Architecture = {
    name: known,
    layers: number('block_count'),
    width,
    heads,
    kvHeads: number('attention.head_count_kv', heads),
    headSize,
    hidden: number('feed_forward_length'),
    vocabulary: embedding.dims[1] ?? 0,
    epsilon: number('attention.layer_norm_rms_epsilon'),
    ropeBase: number('rope.freq_base', 10_000),
    ropeInterleaved: known === 'llama',
    contextTokens: number('context_length'),
    title: String(gguf.metadata.get('general.name') ?? 'unnamed'),
  }
  checkShapes(gguf, architecture)
  return architecture
}

function positive(gguf: Gguf, key: string, fallback?: number): number {
  const value = gguf.metadata.get(key) ?? fallback
  if (typeof value !== 'number' || !(value > 0) || value > 2 ** 40) {
    throw new InputError(`${gguf.path}: metadata ${key} should be a positive number, got ${String(value)}`)
  }
  return value
}

function refuseUnknownRope(gguf: Gguf, name: string): void {
  const scaling = gguf.metadata.get(`${name}.rope.scaling.type`)
  if (scaling !== undefined && scaling !== 'none') {
    throw new InputError(`${gguf.path}: RoPE scaling ${JSON.stringify(scaling)} is not supported; known: none`)
  }
  if (gguf.tensors.has('rope_freqs.weight')) {
    throw new InputError(`${gguf.path}: RoPE frequency factors (rope_freqs.weight) are not supported`)
  }
}

/** Every dimension the graph will rely on must be the one in the file. */
function checkShapes(gguf: Gguf, a: Architecture): void {
  if (a.headSize % 2 !== 0 || !Number.isInteger(a.headSize) || a.heads % a.kvHeads !== 0) {
    throw new InputError(`${gguf.path}: ${a.heads} heads over ${a.kvHeads} key heads of size ${a.headSize} do not fit`)
  }
  const matrix = (name: string, columns: number, rows: number) => expectDims(gguf, name, [columns, rows])
  matrix('token_embd.weight', a.width, a.vocabulary)
  expectDims(gguf, 'output_norm.weight', [a.width])
  if (gguf.tensors.has('output.weight')) matrix('output.weight', a.width, a.vocabulary)
  for (let layer = 0; layer < a.layers; layer++) {
    const block = (part: string) => `blk.${layer}.${part}.weight`
    expectDims(gguf, block('attn_norm'), [a.width])
    expectDims(gguf, block('ffn_norm'), [a.width])
    matrix(block('attn_q'), a.width, a.heads * a.headSize)
    matrix(block('attn_k'), a.width, a.kvHeads * a.headSize)
    matrix(block('attn_v'), a.width, a.kvHeads * a.headSize)
    matrix(block('attn_output'), a.heads * a.headSize, a.width)
    matrix(block('ffn_gate'), a.width, a.hidden)
    matrix(block('ffn_up'), a.width, a.hidden)
    matrix(block('ffn_down'), a.hidden, a.width)
  }
}

function expectDims(gguf: Gguf, name: string, dims: readonly number[]): void {
  const tensor = gguf.tensors.get(name)
  if (!tensor) throw new InputError(`${gguf.path}: tensor ${name} is missing`)
  if (tensor.dims.length !== dims.length || tensor.dims.some((d, i) => d !== dims[i])) {
    throw new InputError(`${gguf.path}: tensor ${name} should be ${dims.join('×')}, got ${tensor.dims.join('×')}`)
  }
}
