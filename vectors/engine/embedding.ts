import type { Architecture } from '../model/architecture.ts'
import type { Gguf } from '../model/gguf.ts'
import { dequantizeRow, relayMatrix } from '../model/relay.ts'

/** Writes the embedding of a token to `out` at `at`, scaled as the architecture wants it. */
export type Embedding = (token: number, out: Float32Array, at: number) => void

const CACHED_ROWS = 16_384

/**
 * Rows of the embedding table, read from the model file when first asked for: no second copy of a table of hundreds of megabytes.
 * Errors: RangeError for an id outside the vocabulary.
 */
export function openEmbedding(
  gguf: Gguf,
  { width, vocabulary, embeddingScale }: Pick<Architecture, 'width' | 'vocabulary' | 'embeddingScale'>,
): Embedding {
  const name = 'token_embd.weight'
  const tensor = gguf.tensors.get(name)!
  const cache = new Map<number, Float32Array>()
  return (token, out, at) => {
    const known = cache.get(token)
    if (known) return out.set(known, at)
    if (!Number.isInteger(token) || token < 0 || token >= vocabulary) {
      throw new RangeError(`token ${token} is outside the vocabulary of ${vocabulary}`)
    }
    const row = new Float32Array(width)
    dequantizeRow(relayMatrix(gguf.read(name, token, 1), tensor.type, 1, width), 0, row, 0)
    // Times 1 leaves every bit as it is.
    for (let h = 0; h < width; h++) row[h]! *= embeddingScale
    if (cache.size >= CACHED_ROWS) cache.clear()
    cache.set(token, row)
    out.set(row, at)
  }
}
