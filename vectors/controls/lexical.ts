import { mean, subtract, unit } from '../extract/algebra.ts'
import type { Gguf } from '../model/gguf.ts'
import { openOutputHead } from '../model/output-head.ts'
import type { Tokenizer } from '../model/tokenizer.ts'

/**
 * The lexical control of each concept: its word's row of the output head (through the final norm's weights), minus the mean over the
 * words, made a unit vector, (H). It promotes the word and knows nothing else of the concept; what it explains is not the emotion.
 */
export function lexicalVectors(gguf: Gguf, tokenizer: Tokenizer, words: readonly string[]): Map<string, Float32Array> {
  const { row } = openOutputHead(gguf)
  const rows = words.map((word) => mean(tokenizer.encode(` ${word}`, { special: false }).map(row)))
  const centre = mean(rows)
  return new Map(words.map((word, i) => [word, Float32Array.from(unit(subtract(rows[i]!, centre)))]))
}
