import { mean, subtract, unit } from '../extract/algebra.ts'
import type { Gguf } from '../model/gguf.ts'
import { dequantizeRow, floatsOf, relayMatrix } from '../model/relay.ts'
import type { Tokenizer } from '../model/tokenizer.ts'

/**
 * The lexical control of each concept: its word's row of the output head (through the final norm's weights), minus the mean over the
 * words, made a unit vector, (H). It promotes the word and knows nothing else of the concept; what it explains is not the emotion.
 */
export function lexicalVectors(gguf: Gguf, tokenizer: Tokenizer, words: readonly string[]): Map<string, Float32Array> {
  const table = gguf.tensors.get(gguf.tensors.has('output.weight') ? 'output.weight' : 'token_embd.weight')!
  const [width = 0] = table.dims
  const gain = floatsOf(gguf.read('output_norm.weight'), 'F32')
  const row = (token: number): Float64Array => {
    const out = new Float32Array(width)
    dequantizeRow(relayMatrix(gguf.read(table.name, token, 1), table.type, 1, width), 0, out, 0)
    return Float64Array.from(out, (v, i) => v * gain[i]!)
  }
  const rows = words.map((word) => mean(tokenizer.encode(` ${word}`, { special: false }).map(row)))
  const centre = mean(rows)
  return new Map(words.map((word, i) => [word, Float32Array.from(unit(subtract(rows[i]!, centre)))]))
}
