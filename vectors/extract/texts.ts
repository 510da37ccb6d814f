import type { Engine } from '../engine/types.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { ordinaryTokens } from './norms.ts'

/** Mean residual of a text's tokens from a byte offset on, one (H) array a layer. */
export interface TextMean {
  readonly layers: readonly Float64Array[]
  readonly tokens: number
}

export interface TextReader {
  readonly engine: Pick<Engine, 'read' | 'width'>
  readonly tokenizer: Tokenizer
  readonly layers: readonly number[]
  readonly signal?: AbortSignal | undefined
}

/** Where reading begins: at a token, or at the first token that starts at or after a character (UTF-16 units). */
export type ReadFrom = { readonly token: number } | { readonly character: number }

/** Token 0 is never read: its norm is tens of times the others'. */
export async function readMean(reader: TextReader, text: string, from: ReadFrom): Promise<TextMean> {
  const ids = encode(reader, text)
  const first = Math.max(
    1,
    'token' in from ? from.token : tokenAt(reader.tokenizer, ids, Buffer.byteLength(text.slice(0, from.character))),
  )
  if (first >= ids.length)
    throw new RangeError(
      `nothing to read: the text has ${ids.length} tokens and reading starts at ${first}: ${JSON.stringify(text.slice(0, 60))}`,
    )
  const { width } = reader.engine
  const { residuals } = await reader.engine.read({ tokens: ids, layers: reader.layers, signal: reader.signal })
  const layers = residuals.map((rows) => {
    const sum = new Float64Array(width)
    for (let t = first; t < ids.length; t++) for (let h = 0; h < width; h++) sum[h]! += rows[t * width + h]!
    return sum.map((v) => v / (ids.length - first))
  })
  return { layers, tokens: ids.length }
}

/** Residuals of ordinary tokens (no sinks) of a text: one list of (H) rows a layer; the choice is made at the first layer read. */
export async function readRows(
  reader: TextReader,
  text: string,
): Promise<{ readonly rows: readonly (readonly Float32Array[])[]; readonly sinks: number }> {
  const ids = encode(reader, text)
  const { width } = reader.engine
  const { residuals } = await reader.engine.read({ tokens: ids, layers: reader.layers, signal: reader.signal })
  const perLayer = residuals.map((rows) => ids.map((_, t) => rows.slice(t * width, (t + 1) * width)))
  const kept = ordinaryTokens(perLayer[0] ?? [])
  return { rows: perLayer.map((rows) => kept.map((t) => rows[t]!)), sinks: ids.length - kept.length }
}

function encode({ tokenizer }: TextReader, text: string): number[] {
  const ids = tokenizer.encode(text, { special: false })
  return tokenizer.addBos && tokenizer.bos !== undefined ? [tokenizer.bos, ...ids] : ids
}

/** The first token that starts at or after byte `offset`. */
function tokenAt(tokenizer: Tokenizer, ids: readonly number[], offset: number): number {
  let at = 0
  for (const [i, id] of ids.entries()) {
    if (at >= offset) return i
    if (id !== tokenizer.bos) at += tokenizer.tokenBytes(id).length
  }
  return ids.length
}
