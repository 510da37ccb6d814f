import type { Engine } from '../engine/types.ts'
import { InfraError, InputError } from '../errors.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { ordinaryTokens } from './norms.ts'

/** Mean residual of a text's tokens from a byte offset on, one (H) array a layer. */
export interface TextMean {
  readonly layers: readonly Float64Array[]
  readonly tokens: number
}

/** Residuals of a text's ordinary tokens: one list of (H) rows a layer; the choice is made at the first layer read. */
export interface TextRows {
  readonly rows: readonly (readonly Float32Array[])[]
  readonly sinks: number
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
export const readMean = async (reader: TextReader, text: string, from: ReadFrom): Promise<TextMean> =>
  meanOfTokens(reader, findTokens(reader, text, from))

/** Tokens of a text and the first one that counts. */
export interface FoundTokens {
  readonly ids: readonly number[]
  readonly first: number
}

/** Errors: InputError when nothing of the text is left to read; `where` says where the text stands. */
export function findTokens(
  { tokenizer }: Pick<TextReader, 'tokenizer'>,
  text: string,
  from: ReadFrom,
  where: () => string = () => 'a text',
): FoundTokens {
  const ids = encodeText(tokenizer, text)
  const first = Math.max(
    1,
    'token' in from ? from.token : tokenAt(tokenizer, ids, Buffer.byteLength(text.slice(0, from.character))),
  )
  if (first >= ids.length) {
    throw new InputError(
      `${where()}: nothing is left to read: it has ${ids.length} tokens, and reading starts at token ${first} (from 0; the first is never read). Make it longer, or lower --skip: ${JSON.stringify(text.slice(0, 60))}`,
    )
  }
  return { ids, first }
}

/** Mean over the tokens that count. Errors: InfraError when the model gives something that is not a number. */
export async function meanOfTokens(reader: TextReader, { ids, first }: FoundTokens): Promise<TextMean> {
  const { width } = reader.engine
  const { residuals } = await reader.engine.read({ tokens: ids, layers: reader.layers, signal: reader.signal })
  const layers = residuals.map((rows, at) => {
    const sum = new Float64Array(width)
    for (let t = first; t < ids.length; t++) for (let h = 0; h < width; h++) sum[h]! += rows[t * width + h]!
    if (!sum.every(Number.isFinite)) throw notNumbers(reader.layers[at]!)
    return sum.map((v) => v / (ids.length - first))
  })
  return { layers, tokens: ids.length }
}

/** Rows of ordinary tokens (no sinks). Errors: InfraError when the model gives something that is not a number. */
export async function rowsOfTokens(reader: TextReader, ids: readonly number[]): Promise<TextRows> {
  const { width } = reader.engine
  const { residuals } = await reader.engine.read({ tokens: ids, layers: reader.layers, signal: reader.signal })
  for (const [at, rows] of residuals.entries()) if (!rows.every(Number.isFinite)) throw notNumbers(reader.layers[at]!)
  const perLayer = residuals.map((rows) => ids.map((_, t) => rows.slice(t * width, (t + 1) * width)))
  const kept = ordinaryTokens(perLayer[0] ?? [])
  return { rows: perLayer.map((rows) => kept.map((t) => rows[t]!)), sinks: ids.length - kept.length }
}

const notNumbers = (layer: number): InfraError =>
  new InfraError(
    `the residuals after block ${layer} hold something that is not a number: no vector can be made of them. duress models check tells whether the model computes what it should`,
  )

/** A text as the model reads it, with its beginning-of-text token where it has one. */
export function encodeText(tokenizer: Tokenizer, text: string): number[] {
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
