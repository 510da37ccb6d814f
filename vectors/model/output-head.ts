import { InputError } from '../errors.ts'
import type { Gguf } from './gguf.ts'
import { dequantizeRow, floatsOf, type Matrix, relayMatrix } from './relay.ts'

/** The output head with the final norm's weights folded in: what a direction of the residual stream does to each token's logit. */
export interface OutputHead {
  readonly width: number
  readonly vocabulary: number
  /** A token's row, (H). */
  readonly row: (token: number) => Float64Array
  /** All rows in order, a token at a time, over one buffer that the next call reuses. */
  readonly eachRow: (visit: (token: number, row: Float64Array) => void) => void
}

const ROWS_AT_ONCE = 2048

/**
 * Reads the head of a model file: `output.weight`, or the embedding table where both are one. Any tensor type that the graph reads.
 * Errors: InputError for a final norm that is not stored as plain numbers.
 */
export function openOutputHead(gguf: Gguf): OutputHead {
  const table = gguf.tensors.get(gguf.tensors.has('output.weight') ? 'output.weight' : 'token_embd.weight')!
  const [width = 0, vocabulary = 0] = table.dims
  const gain = finalNorm(gguf)
  const read = (first: number, count: number) =>
    relayMatrix(gguf.read(table.name, first, count), table.type, count, width)
  const stored = new Float32Array(width)
  const fill = (out: Float64Array, block: Matrix, at: number) => {
    dequantizeRow(block, at, stored, 0)
    for (let h = 0; h < width; h++) out[h] = stored[h]! * gain[h]!
  }
  return {
    width,
    vocabulary,
    row(token) {
      const out = new Float64Array(width)
      fill(out, read(token, 1), 0)
      return out
    },
    eachRow(visit) {
      const row = new Float64Array(width)
      for (let first = 0; first < vocabulary; first += ROWS_AT_ONCE) {
        const count = Math.min(ROWS_AT_ONCE, vocabulary - first)
        const block = read(first, count)
        for (let i = 0; i < count; i++) {
          fill(row, block, i)
          visit(first + i, row)
        }
      }
    },
  }
}

function finalNorm(gguf: Gguf): Float32Array {
  const name = 'output_norm.weight'
  const type = gguf.tensors.get(name)?.type
  if (type !== 'F32' && type !== 'F16' && type !== 'BF16')
    throw new InputError(`${gguf.path}: tensor ${name} should be one of F32, F16, BF16, got ${type ?? 'none'}`)
  return floatsOf(gguf.read(name), type)
}
