import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readArchitecture } from './architecture.ts'
import { openGguf } from './gguf.ts'
import type { WriteTensor, WriteValue } from './gguf-write.ts'
import { makeTiny, type Tiny, type TinyContents, tinyFile, tinySpec } from './test/tiny.ts'

const text = (value: string): WriteValue => ({ type: 'string', value })
const u32 = (value: number): WriteValue => ({ type: 'u32', value })
const u64 = (value: bigint): WriteValue => ({ type: 'u64', value })
const f32 = (value: number): WriteValue => ({ type: 'f32', value })

const MODELS = {
  llama: makeTiny(tinySpec('llama')),
  qwen2: makeTiny(tinySpec('qwen2')),
  qwen3: makeTiny(tinySpec('qwen3')),
  gemma3: makeTiny(tinySpec('gemma3')),
}

type Change = (tiny: Tiny) => { metadata?: Record<string, WriteValue>; tensors?: readonly WriteTensor[] }
const keys =
  (metadata: Record<string, WriteValue>): Change =>
  () => ({ metadata })
const withTensor =
  (tensor: WriteTensor): Change =>
  () => ({ tensors: [tensor] })

/** The model with other metadata, and with tensors replaced or added. */
function changed(tiny: Tiny, change: Change): TinyContents {
  const { metadata = {}, tensors = [] } = change(tiny)
  const all = new Map<string, WriteTensor>([...tiny.tensors, ...tensors.map((t) => [t.name, t] as const)])
  return { metadata: { ...tiny.metadata, ...metadata }, tensors: all }
}

const vector = (name: string, size: number): WriteTensor => ({
  name,
  type: 'F32',
  dims: [size],
  data: new Uint8Array(4 * size),
})

describe('what would be computed wrongly is refused by name before anything is built', () => {
  test.each<[keyof typeof MODELS, string, Change, RegExp]>([
    [
      'llama',
      'another architecture',
      keys({ 'general.architecture': text('mamba') }),
      /architecture "mamba" is not supported; known: llama, qwen2, qwen3, gemma3$/,
    ],
    [
      'llama',
      'an architecture named like a property of objects',
      keys({ 'general.architecture': text('constructor') }),
      /"constructor"/,
    ],
    ['llama', 'a number for an architecture', keys({ 'general.architecture': u32(3) }), /architecture 3 /],
    [
      'llama',
      'a huge number for an architecture',
      keys({ 'general.architecture': u64(2n ** 63n) }),
      /architecture 9223372036854775808 is/,
    ],
    [
      'llama',
      'a huge number for RoPE scaling',
      keys({ 'llama.rope.scaling.type': u64(2n ** 63n) }),
      /RoPE scaling 9223372036854775808 is/,
    ],
    [
      'llama',
      'a huge number of heads',
      keys({ 'llama.attention.head_count': u64(2n ** 63n) }),
      /head_count should be a positive number, got 9223372036854775808$/,
    ],
    [
      'llama',
      'an architecture that steers the terminal',
      keys({ 'general.architecture': text(`\u001B[2J\u202E${'x'.repeat(5000)}`) }),
      /architecture "\uFFFD\[2J\uFFFDx{75}…" is/,
    ],
    [
      'llama',
      'heads of half a gigabyte of rotary tables',
      keys({ 'llama.attention.key_length': u32(1 << 20) }),
      /heads of size 1048576 are not supported; known: at most 512$/,
    ],
    [
      'qwen3',
      'YaRN',
      keys({ 'qwen3.rope.scaling.type': text('yarn') }),
      /RoPE scaling "yarn" is not supported; known: none/,
    ],
    ['gemma3', 'linear scaling', keys({ 'gemma3.rope.scaling.type': text('linear') }), /RoPE scaling "linear"/],
    ['gemma3', 'a factor without a type', keys({ 'gemma3.rope.scaling.factor': f32(8) }), /RoPE scaling "linear"/],
    ['llama', 'the old key of linear scaling', keys({ 'llama.rope.scale_linear': f32(2) }), /RoPE scaling "linear"/],
    ['llama', "Llama 3.1's frequency factors", withTensor(vector('rope_freqs.weight', 16)), /RoPE frequency factors/],
    [
      'llama',
      'rotation of half a head',
      keys({ 'llama.rope.dimension_count': u32(16) }),
      /rope.dimension_count = 16 .* size of a head, 32/,
    ],
    [
      'qwen3',
      'values of another size',
      keys({ 'qwen3.attention.value_length': u32(64) }),
      /attention.value_length = 64/,
    ],
    ['llama', 'experts', keys({ 'llama.expert_count': u32(8) }), /llama.expert_count = 8 is not supported; known: 0/],
    [
      'gemma3',
      'soft-capped attention',
      keys({ 'gemma3.attn_logit_softcapping': f32(50) }),
      /attn_logit_softcapping = 50/,
    ],
    [
      'gemma3',
      'a model that reads both ways',
      keys({ 'gemma3.attention.causal': { type: 'bool', value: false } }),
      /attention.causal = false/,
    ],
    [
      'gemma3',
      'no window',
      keys({ 'gemma3.attention.sliding_window': u32(0) }),
      /sliding_window should be a positive number, got 0/,
    ],
    [
      'gemma3',
      'a pattern of windows in words',
      keys({ 'gemma3.attention.sliding_window_pattern': text('ABAB') }),
      /sliding_window_pattern should be a whole number or 7 times/,
    ],
    [
      'llama',
      'an output bias',
      withTensor(vector('blk.0.attn_output.bias', 64)),
      /tensor blk.0.attn_output.bias has no place in a llama decoder of 3 layers/,
    ],
    [
      'qwen3',
      'one more layer than it says',
      withTensor(vector('blk.3.attn_norm.weight', 64)),
      /blk.3.attn_norm.weight has no place/,
    ],
    ['qwen3', 'biases', withTensor(vector('blk.0.attn_q.bias', 128)), /blk.0.attn_q.bias has no place/],
    ['qwen2', 'fewer biases', withTensor(vector('blk.0.attn_q.bias', 64)), /blk.0.attn_q.bias should be 128, got 64/],
    [
      'llama',
      'more layers than the file',
      keys({ 'llama.block_count': u32(4_000_000_000) }),
      /blk.3.attn_q.weight is missing/,
    ],
    [
      'gemma3',
      'more layers with windows than the file',
      keys({ 'gemma3.block_count': u32(4_000_000_000) }),
      /blk.7.attn_q.weight is missing/,
    ],
    ['llama', 'half a layer', keys({ 'llama.block_count': f32(2.5) }), /block_count should be a whole number, got 2.5/],
    [
      'llama',
      'no heads',
      keys({ 'llama.attention.head_count': u32(0) }),
      /head_count should be a positive number, got 0/,
    ],
    ['qwen3', 'an odd head', keys({ 'qwen3.attention.key_length': u32(31) }), /of size 31 do not fit/],
    [
      'qwen3',
      'key heads that do not divide',
      keys({ 'qwen3.attention.head_count_kv': u32(3) }),
      /4 heads over 3 key heads/,
    ],
    ['llama', 'an epsilon in words', keys({ 'llama.attention.layer_norm_rms_epsilon': text('1e-6') }), /got "1e-6"/],
    [
      'llama',
      'quantised gains',
      withTensor({ name: 'output_norm.weight', type: 'Q8_0', dims: [64], data: new Uint8Array(68) }),
      /output_norm.weight should be one of F32, F16, BF16, got Q8_0/,
    ],
    [
      'llama',
      'more words than rows',
      keys({ 'tokenizer.ggml.tokens': { type: 'strings', value: Array.from({ length: 81 }, String) } }),
      /the tokenizer has 81 tokens, token_embd.weight only 80 rows/,
    ],
  ])('%s: %s', async (family, _, change, message) => {
    using file = tinyFile(changed(MODELS[family], change))
    await expect(file.open()).rejects.toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) as string }),
    )
    expect(existsSync(join(dirname(file.path), 'graphs'))).toBe(false)
  })

  test.each(['blk.1.attn_q_norm.weight', 'blk.6.post_ffw_norm.weight', 'token_embd.weight', 'blk.0.ffn_down.weight'])(
    'gemma3 without %s',
    async (name) => {
      const tensors = new Map(MODELS.gemma3.tensors)
      tensors.delete(name)
      using file = tinyFile({ ...MODELS.gemma3, tensors })
      await expect(file.open()).rejects.toThrow(name)
    },
  )
})

describe('gemma3', () => {
  const read = (change: Change) => {
    using file = tinyFile(changed(MODELS.gemma3, change))
    using gguf = openGguf(file.path)
    return readArchitecture(gguf)
  }

  test('scales the embedding by the root of the width and sees windows in five layers of six', () => {
    expect(read(() => ({}))).toMatchObject({
      embeddingScale: 8,
      attentionScale: 1 / Math.sqrt(32),
      ropeBase: 1_000_000,
      local: { tokens: 9, ropeBase: 10_000, layers: [0, 1, 2, 3, 4, 6] },
    })
  })

  test('follows the pattern and the base that the file names', () => {
    const pattern = { 'gemma3.attention.sliding_window_pattern': u32(3), 'gemma3.rope.freq_base_swa': f32(5000) }
    expect(read(keys(pattern)).local).toEqual({ tokens: 9, ropeBase: 5000, layers: [0, 1, 3, 4, 6] })
    const list: WriteValue = { type: 'bools', value: [true, false, true, false, false, false, true] }
    expect(read(keys({ 'gemma3.attention.sliding_window_pattern': list })).local?.layers).toEqual([0, 2, 6])
    const short: WriteValue = { type: 'bools', value: [true, false] }
    expect(() => read(keys({ 'gemma3.attention.sliding_window_pattern': short }))).toThrow(/7 times true or false/)
  })
})

test('an explicit size of heads may differ from width / heads; without one it is that', () => {
  using file = tinyFile(MODELS.qwen3)
  using gguf = openGguf(file.path)
  expect(readArchitecture(gguf)).toMatchObject({ headSize: 32, width: 64, heads: 4, queryKeyNorm: true })
  const {
    'llama.attention.key_length': _,
    'llama.attention.value_length': __,
    ...metadata
  } = {
    ...makeTiny(tinySpec('llama', { headSize: 16 })).metadata,
  }
  using plain = tinyFile({ ...makeTiny(tinySpec('llama', { headSize: 16 })), metadata })
  using other = openGguf(plain.path)
  expect(readArchitecture(other).headSize).toBe(16)
})
