import { InputError } from '../errors.ts'
import { checkTensors, type DecoderShape } from './decoder-tensors.ts'
import type { Gguf } from './gguf.ts'
import { printable, shown } from './printable.ts'

/** What a decoder graph needs to know of a model, read from the file's metadata. */
export interface Architecture extends DecoderShape {
  readonly name: keyof typeof FAMILIES
  readonly epsilon: number
  readonly ropeBase: number
  /** GGUF stores llama's query and key rows for rotation of neighbours, the others' for rotation of halves. */
  readonly ropeInterleaved: boolean
  /** Of the feed-forward's gate; `gelu` is the approximation by tanh. */
  readonly activation: 'silu' | 'gelu'
  /** Rows of the embedding table are multiplied by this before the first block. */
  readonly embeddingScale: number
  /** Scalar products of queries and keys are multiplied by this. */
  readonly attentionScale: number
  /** Layers with a sliding window. */
  readonly local?: LocalAttention
  readonly contextTokens: number
  readonly title: string
}

export interface LocalAttention {
  /** A token sees itself and the ones before it, so many in all. */
  readonly tokens: number
  /** These layers rotate with a base of their own. */
  readonly ropeBase: number
  readonly layers: readonly number[]
}

/** How the families of decoders differ (llama.cpp's `llama-model.cpp`; gemma3: arXiv 2503.19786, qwen3: arXiv 2505.09388). */
const FAMILIES = {
  llama: { ropeInterleaved: true, biases: 'optional', queryKeyNorm: false, postNorms: false, activation: 'silu' },
  qwen2: { ropeInterleaved: false, biases: 'required', queryKeyNorm: false, postNorms: false, activation: 'silu' },
  qwen3: { ropeInterleaved: false, biases: 'none', queryKeyNorm: true, postNorms: false, activation: 'silu' },
  gemma3: { ropeInterleaved: false, biases: 'none', queryKeyNorm: true, postNorms: true, activation: 'gelu' },
} as const

const KNOWN = Object.keys(FAMILIES) as (keyof typeof FAMILIES)[]

/** Reads and checks the architecture; anything duress would compute wrongly is refused by name. Errors: InputError. */
export function readArchitecture(gguf: Gguf): Architecture {
  const name = gguf.metadata.get('general.architecture')
  const known = KNOWN.find((k) => k === name)
  if (!known) {
    throw new InputError(`${gguf.path}: architecture ${shown(name)} is not supported; known: ${KNOWN.join(', ')}`)
  }
  refuseUnknownRope(gguf, known)
  refuseUnknownParts(gguf, known)
  const number = (key: string, fallback?: number) => positive(gguf, `${known}.${key}`, fallback)
  const whole = (key: string, fallback?: number) => wholeNumber(gguf, `${known}.${key}`, fallback)
  const [layers, width, heads] = [whole('block_count'), whole('embedding_length'), whole('attention.head_count')]
  const headSize = whole('attention.key_length', width / heads)
  const isGemma = known === 'gemma3'
  const architecture: Architecture = {
    name: known,
    layers,
    width,
    heads,
    kvHeads: whole('attention.head_count_kv', heads),
    headSize,
    hidden: whole('feed_forward_length'),
    vocabulary: gguf.tensors.get('token_embd.weight')?.dims[1] ?? 0,
    epsilon: number('attention.layer_norm_rms_epsilon'),
    ropeBase: number('rope.freq_base', isGemma ? 1_000_000 : 10_000),
    ...FAMILIES[known],
    embeddingScale: isGemma ? Math.fround(Math.sqrt(width)) : 1,
    attentionScale: 1 / Math.sqrt(isGemma && layers === GEMMA_27B_LAYERS ? width / heads : headSize),
    ...(isGemma ? { local: localAttention(gguf, layers) } : {}),
    contextTokens: whole('context_length'),
    title: titleOf(gguf),
  }
  checkHeads(gguf, architecture)
  checkTensors(gguf, architecture)
  checkVocabulary(gguf, architecture)
  return architecture
}

function titleOf(gguf: Gguf): string {
  const name = gguf.metadata.get('general.name')
  return typeof name === 'string' ? printable(name) : 'unnamed'
}

/** The one Gemma 3 whose attention is scaled by width / heads; files do not say so, llama.cpp goes by the layers as well. */
const GEMMA_27B_LAYERS = 62

function positive(gguf: Gguf, key: string, fallback?: number): number {
  const value = gguf.metadata.get(key) ?? fallback
  if (typeof value !== 'number' || !(value > 0) || value > 2 ** 40) {
    throw new InputError(`${gguf.path}: metadata ${key} should be a positive number, got ${shown(value)}`)
  }
  return value
}

function wholeNumber(gguf: Gguf, key: string, fallback?: number): number {
  const value = positive(gguf, key, fallback)
  if (!Number.isInteger(value)) {
    throw new InputError(`${gguf.path}: metadata ${key} should be a whole number, got ${value}`)
  }
  return value
}

/** llama.cpp reads a factor without a type as linear scaling. */
function refuseUnknownRope(gguf: Gguf, name: string): void {
  const scaling = gguf.metadata.get(`${name}.rope.scaling.type`)
  const factors = ['rope.scaling.factor', 'rope.scale_linear'].map((key) => gguf.metadata.get(`${name}.${key}`) ?? 1)
  const isScaled = scaling === undefined ? factors.some((factor) => factor !== 1) : scaling !== 'none'
  if (isScaled) {
    throw new InputError(`${gguf.path}: RoPE scaling ${shown(scaling ?? 'linear')} is not supported; known: none`)
  }
  if (gguf.tensors.has('rope_freqs.weight')) {
    throw new InputError(`${gguf.path}: RoPE frequency factors (rope_freqs.weight) are not supported`)
  }
}

/** Keys that change what a decoder computes, with the one value that changes nothing. */
const NEUTRAL = {
  expert_count: 0,
  attn_logit_softcapping: 0,
  final_logit_softcapping: 0,
  logit_scale: 1,
  residual_scale: 1,
  embedding_scale: 1,
  'attention.scale': 0,
  'attention.causal': true,
  'attention.clamp_kqv': 0,
  'attention.max_alibi_bias': 0,
} as const

function refuseUnknownParts(gguf: Gguf, name: string): void {
  for (const [key, neutral] of Object.entries(NEUTRAL)) {
    const value = gguf.metadata.get(`${name}.${key}`)
    if (value !== undefined && value !== neutral) {
      throw new InputError(
        `${gguf.path}: ${name}.${key} = ${shown(value)} is not supported; known: ${String(neutral)} or no such key`,
      )
    }
  }
}

/** Five local layers, then a global one, unless the file says otherwise: a period, or a list with true for local. */
function localAttention(gguf: Gguf, layers: number): LocalAttention {
  const key = 'gemma3.attention.sliding_window'
  const pattern = gguf.metadata.get(`${key}_pattern`) ?? 6
  const isLocal = (layer: number) =>
    Array.isArray(pattern) ? pattern[layer] === true : layer % Number(pattern) < Number(pattern) - 1
  const isPattern = Array.isArray(pattern)
    ? pattern.length === layers && pattern.every((entry) => typeof entry === 'boolean')
    : Number.isInteger(pattern) && Number(pattern) > 0
  if (!isPattern) {
    throw new InputError(
      `${gguf.path}: metadata ${key}_pattern should be a whole number or ${layers} times true or false, got ${shown(pattern)}`,
    )
  }
  return {
    tokens: wholeNumber(gguf, key),
    ropeBase: positive(gguf, 'gemma3.rope.freq_base_swa', 10_000),
    layers: Array.from({ length: Math.min(layers, gguf.tensors.size) }, (_, layer) => layer).filter(isLocal),
  }
}

/** Twice the largest of real models. Rotary tables grow with a head, so a lying header would have gigabytes built. */
const MAX_HEAD_SIZE = 512

function checkHeads(gguf: Gguf, a: Architecture): void {
  if (a.headSize > MAX_HEAD_SIZE) {
    throw new InputError(`${gguf.path}: heads of size ${a.headSize} are not supported; known: at most ${MAX_HEAD_SIZE}`)
  }
  if (a.headSize % 2 !== 0 || a.heads % a.kvHeads !== 0) {
    throw new InputError(`${gguf.path}: ${a.heads} heads over ${a.kvHeads} key heads of size ${a.headSize} do not fit`)
  }
  for (const key of ['attention.value_length', 'rope.dimension_count']) {
    const value = gguf.metadata.get(`${a.name}.${key}`) ?? a.headSize
    if (value !== a.headSize) {
      throw new InputError(
        `${gguf.path}: ${a.name}.${key} = ${shown(value)} is not supported; known: the size of a head, ${a.headSize}`,
      )
    }
  }
}

/** A tokenizer that knows more tokens than the table would give ids that have no row. */
function checkVocabulary(gguf: Gguf, { vocabulary }: Architecture): void {
  const tokens = gguf.metadata.get('tokenizer.ggml.tokens')
  if (Array.isArray(tokens) && tokens.length > vocabulary) {
    throw new InputError(
      `${gguf.path}: the tokenizer has ${tokens.length} tokens, token_embd.weight only ${vocabulary} rows`,
    )
  }
}
