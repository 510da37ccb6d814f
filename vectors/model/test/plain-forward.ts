import { EPSILON, ROPE_BASE, type Tiny } from './tiny.ts'

type Vector = Float64Array

export interface PlainOptions {
  /** Added to the output of a block at the tokens from `from` on. */
  readonly steering?: { readonly layer: number; readonly delta: ArrayLike<number>; readonly from: number }
}

export interface PlainForward {
  /** A token: natural logarithms of the next token's probabilities, (V). */
  readonly logprobs: readonly Vector[]
  /** layer -> token -> (H), after the block. */
  readonly residuals: readonly (readonly Vector[])[]
}

/**
 * The decoder as its papers state it, token by token in doubles, with nothing of duress but the weights: llama (arXiv 2302.13971),
 * qwen2 (2407.10671), qwen3 (2505.09388) and gemma3 (2503.19786; the norms' gains as GGUF stores them, 1 added).
 */
export function plainForward(tiny: Tiny, tokens: readonly number[], { steering }: PlainOptions = {}): PlainForward {
  const { spec } = tiny
  const isGemma = spec.family === 'gemma3'
  const weights = (name: string) => tiny.tensors.get(name)!.values
  const rows = (x: readonly Vector[], name: string) => x.map((v) => times(weights(name), v))
  const norms = (x: readonly Vector[], name: string) => x.map((v) => rms(v, weights(name)))
  const sums = (x: readonly Vector[], y: readonly Vector[]) => x.map((v, t) => v.map((n, i) => n + y[t]![i]!))

  const table = weights('token_embd.weight')
  const scale = isGemma ? Math.sqrt(spec.width) : 1
  let stream = tokens.map((id) => table.slice(id * spec.width, (id + 1) * spec.width).map((v) => v * scale))
  const residuals: Vector[][] = []
  for (let layer = 0; layer < spec.layers; layer++) {
    const part = (name: string) => `blk.${layer}.${name}.weight`
    const attended = rows(attention(tiny, norms(stream, part('attn_norm')), layer), part('attn_output'))
    stream = sums(stream, isGemma ? norms(attended, part('post_attention_norm')) : attended)
    const normed = norms(stream, part('ffn_norm'))
    const gates = rows(normed, part('ffn_gate'))
    const ups = rows(normed, part('ffn_up'))
    const gated = gates.map((gate, t) => gate.map((g, i) => (isGemma ? gelu(g) : silu(g)) * ups[t]![i]!))
    const fed = rows(gated, part('ffn_down'))
    stream = sums(stream, isGemma ? norms(fed, part('post_ffw_norm')) : fed)
    if (steering?.layer === layer) {
      stream = stream.map((v, t) => (t < steering.from ? v : v.map((n, i) => n + steering.delta[i]!)))
    }
    residuals.push(stream)
  }
  const head = spec.isTied ? 'token_embd.weight' : 'output.weight'
  return { logprobs: rows(norms(stream, 'output_norm.weight'), head).map(logSoftmax), residuals }
}

function attention(tiny: Tiny, x: readonly Vector[], layer: number): Vector[] {
  const { spec } = tiny
  const { headSize, heads, kvHeads } = spec
  const isLocal = spec.family === 'gemma3' && layer % 6 !== 5
  const base = isLocal ? 10_000 : ROPE_BASE[spec.family]
  const project = (part: string) =>
    x.map((v) => {
      const bias = tiny.tensors.get(`blk.${layer}.${part}.bias`)?.values
      return times(tiny.tensors.get(`blk.${layer}.${part}.weight`)!.values, v).map((n, i) => n + (bias?.[i] ?? 0))
    })
  const heading = (part: string, head: number) => {
    const gain = tiny.tensors.get(`blk.${layer}.${part}_norm.weight`)?.values
    return project(part).map((v, position) => {
      const one = v.slice(head * headSize, (head + 1) * headSize)
      return rotate(gain ? rms(one, gain) : one, { position, base, isInterleaved: spec.family === 'llama' })
    })
  }
  const keys = Array.from({ length: kvHeads }, (_, h) => heading('attn_k', h))
  const values = project('attn_v')
  const out = x.map(() => new Float64Array(heads * headSize))
  for (let head = 0; head < heads; head++) {
    const shared = Math.floor(head / (heads / kvHeads))
    for (const [t, query] of heading('attn_q', head).entries()) {
      const first = isLocal ? Math.max(0, t - spec.window + 1) : 0
      const scores = Float64Array.from(
        { length: t + 1 - first },
        (_, i) => dot(query, keys[shared]![first + i]!) / Math.sqrt(headSize),
      )
      for (const [i, logWeight] of logSoftmax(scores).entries()) {
        for (let d = 0; d < headSize; d++) {
          out[t]![head * headSize + d]! += Math.exp(logWeight) * values[first + i]![shared * headSize + d]!
        }
      }
    }
  }
  return out
}

/** Turns pairs of numbers by position · base^(-2i/d): neighbours, or those half a head apart. */
function rotate(v: Vector, o: { position: number; base: number; isInterleaved: boolean }): Vector {
  const half = v.length / 2
  const out = new Float64Array(v.length)
  for (let i = 0; i < half; i++) {
    const [a, b] = o.isInterleaved ? [2 * i, 2 * i + 1] : [i, i + half]
    const angle = o.position * o.base ** (-i / half)
    out[a] = v[a]! * Math.cos(angle) - v[b]! * Math.sin(angle)
    out[b] = v[a]! * Math.sin(angle) + v[b]! * Math.cos(angle)
  }
  return out
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
const silu = (x: number): number => x / (1 + Math.exp(-x))
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

function rms(v: Vector, gain: Vector): Vector {
  const length = Math.sqrt(dot(v, v) / v.length + EPSILON)
  return v.map((n, i) => (n / length) * gain[i]!)
}

/** (N, K) · (K) */
function times(matrix: Vector, v: Vector): Vector {
  const columns = v.length
  return Float64Array.from({ length: matrix.length / columns }, (_, n) => {
    let sum = 0
    for (let k = 0; k < columns; k++) sum += matrix[n * columns + k]! * v[k]!
    return sum
  })
}

function logSoftmax(x: Vector): Vector {
  const most = x.reduce((a, b) => Math.max(a, b))
  const total = most + Math.log(x.reduce((sum, v) => sum + Math.exp(v - most), 0))
  return x.map((v) => v - total)
}
