import { describe, expect, test } from 'vitest'
import { type TensorType, TENSOR_TYPES } from './gguf-types.ts'
import { largestError, logprobError } from './test/errors.ts'
import { plainForward } from './test/plain-forward.ts'
import { inFloats, makeTiny, type Tiny, tinyFile, tinySpec, tinyTokens } from './test/tiny.ts'

describe('all tensor types in one file', () => {
  const types = Object.keys(TENSOR_TYPES) as TensorType[]
  const PARTS = ['token_embd', 'attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down', 'output.']
  /** Every part of a layer has a type of its own; turned far enough, every part has had every type. */
  const typeOf = (turn: number) => (name: string) => {
    const layer = Number(/^blk\.(\d+)/.exec(name)?.[1] ?? 0)
    const part = PARTS.findIndex((p) => name.includes(p))
    return part < 0 ? (['F32', 'F16', 'BF16'] as const)[layer % 3]! : types[(part + turn + 5 * layer) % types.length]!
  }
  // K types come in blocks of 256.
  const sizes = { width: 256, hidden: 512, headSize: 64, layers: 2, isTied: false, vocabulary: 64 }

  test.each(types.map((type, turn) => ({ type, turn })))(
    'the embedding in $type, the next types along the layer: as exact as the same weights in F32',
    async ({ turn }) => {
      const mixed = makeTiny(tinySpec('qwen3', { ...sizes, typeOf: typeOf(turn) }))
      const used = new Set([...mixed.tensors.values()].filter((t) => t.dims.length === 2).map((t) => t.type))
      expect(used.size).toBe(types.length)
      const tokens = tinyTokens('mixed', 24, mixed.spec)
      const probabilities = async (tiny: Tiny, precision: 'exact' | 'int8') => {
        using file = tinyFile(tiny)
        await using engine = await file.open({ precision })
        return engine.logprobs({ tokens, positions: tokens.map((_, t) => t) })
      }
      const exact = await probabilities(mixed, 'exact')
      const floats = await probabilities(inFloats(mixed), 'exact')
      expect(largestError(exact, rowsOf(floats, mixed))).toBeLessThan(1e-4)
      expect(largestError(exact, plainForward(mixed, tokens).logprobs)).toBeLessThan(1e-4)
      const rounded = await probabilities(mixed, 'int8')
      expect(meanKl(rowsOf(exact, mixed), rowsOf(rounded, mixed))).toBeLessThan(1e-2)
    },
  )

  test.each(types)('everything in %s, the head tied to the table', async (type) => {
    const tiny = makeTiny(tinySpec('gemma3', { ...sizes, isTied: true, typeOf: () => type }))
    using file = tinyFile(tiny)
    await using engine = await file.open({ precision: 'exact' })
    const tokens = tinyTokens('tied', 16, tiny.spec)
    expect(await logprobError(engine, tokens, plainForward(tiny, tokens).logprobs)).toBeLessThan(1e-4)
  })
})

const rowsOf = (flat: Float32Array, { spec }: Tiny): Float64Array[] =>
  Array.from({ length: flat.length / spec.vocabulary }, (_, t) =>
    Float64Array.from(flat.subarray(t * spec.vocabulary, (t + 1) * spec.vocabulary)),
  )

const meanKl = (p: readonly Float64Array[], q: readonly Float64Array[]): number =>
  p.reduce((sum, row, t) => sum + row.reduce((kl, v, i) => kl + Math.exp(v) * (v - q[t]![i]!), 0), 0) / p.length
