import { InputError } from '../errors.ts'
import type { Gguf } from './gguf.ts'
import { printable } from './printable.ts'

/** The sizes and traits that decide which tensors a decoder has. */
export interface DecoderShape {
  readonly name: string
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly kvHeads: number
  readonly headSize: number
  readonly hidden: number
  readonly vocabulary: number
  /** Added to queries, keys and values. */
  readonly biases: 'required' | 'optional' | 'none'
  readonly queryKeyNorm: boolean
  readonly postNorms: boolean
}

export interface DecoderTensor {
  readonly name: string
  readonly kind: 'matrix' | 'vector'
  /** GGML order: a matrix is [columns, rows]. */
  readonly dims: readonly number[]
  readonly isOptional: boolean
}

/** Tensors of one block in the order in which their weights are stored: matrices, then vectors. */
export function blockTensors(a: DecoderShape, layer: number): DecoderTensor[] {
  const [queries, keys] = [a.heads * a.headSize, a.kvHeads * a.headSize]
  const tensor = (part: string, kind: DecoderTensor['kind'], dims: readonly number[], isOptional = false) => ({
    name: `blk.${layer}.${part}`,
    kind,
    dims,
    isOptional,
  })
  const matrix = (part: string, columns: number, rows: number) => tensor(`${part}.weight`, 'matrix', [columns, rows])
  const gain = (part: string, size: number) => tensor(`${part}.weight`, 'vector', [size])
  const bias = (part: string, size: number) => tensor(`${part}.bias`, 'vector', [size], a.biases === 'optional')
  return [
    matrix('attn_q', a.width, queries),
    matrix('attn_k', a.width, keys),
    matrix('attn_v', a.width, keys),
    matrix('attn_output', queries, a.width),
    matrix('ffn_gate', a.width, a.hidden),
    matrix('ffn_up', a.width, a.hidden),
    matrix('ffn_down', a.hidden, a.width),
    gain('attn_norm', a.width),
    gain('ffn_norm', a.width),
    ...(a.biases === 'none' ? [] : [bias('attn_q', queries), bias('attn_k', keys), bias('attn_v', keys)]),
    ...(a.queryKeyNorm ? [gain('attn_q_norm', a.headSize), gain('attn_k_norm', a.headSize)] : []),
    ...(a.postNorms ? [gain('post_attention_norm', a.width), gain('post_ffw_norm', a.width)] : []),
  ]
}

/**
 * Every tensor that the graph relies on must be there in its shape, and none may be there that the graph would leave out.
 * Errors: InputError naming the tensor.
 */
export function checkTensors(gguf: Gguf, a: DecoderShape): void {
  const known = new Set<string>()
  const check = (tensor: DecoderTensor) => {
    known.add(tensor.name)
    checkTensor(gguf, tensor)
  }
  const table = { kind: 'matrix', dims: [a.width, a.vocabulary] } as const
  check({ name: 'token_embd.weight', ...table, isOptional: false })
  check({ name: 'output.weight', ...table, isOptional: true })
  check({ name: 'output_norm.weight', kind: 'vector', dims: [a.width], isOptional: false })
  for (let layer = 0; layer < a.layers; layer++) for (const tensor of blockTensors(a, layer)) check(tensor)
  const stranger = [...gguf.tensors.keys()].find((name) => !known.has(name))
  if (stranger !== undefined) {
    throw new InputError(
      `${gguf.path}: tensor ${printable(stranger)} has no place in a ${a.name} decoder of ${a.layers} layers; leaving it out would compute another model, so the file is refused`,
    )
  }
}

function checkTensor(gguf: Gguf, { name, kind, dims, isOptional }: DecoderTensor): void {
  const tensor = gguf.tensors.get(name)
  if (!tensor && isOptional) return
  if (!tensor) throw new InputError(`${gguf.path}: tensor ${name} is missing`)
  if (tensor.dims.length !== dims.length || tensor.dims.some((d, i) => d !== dims[i])) {
    throw new InputError(`${gguf.path}: tensor ${name} should be ${dims.join('×')}, got ${tensor.dims.join('×')}`)
  }
  if (kind === 'vector' && !PLAIN.includes(tensor.type)) {
    throw new InputError(`${gguf.path}: tensor ${name} should be one of ${PLAIN.join(', ')}, got ${tensor.type}`)
  }
}

const PLAIN: readonly string[] = ['F32', 'F16', 'BF16']
