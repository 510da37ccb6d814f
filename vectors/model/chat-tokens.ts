import type { Segment } from './segments.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Who a stretch of text belongs to. A system prompt that a template adds by itself belongs to the first message. */
export type Role = 'system' | 'user' | 'assistant' | 'tool' | 'assistant-start'

export interface Rendered {
  readonly text: string
  /** Without gaps, in order; the generation prompt is the last one, `assistant-start`. */
  readonly segments: readonly Segment<Role>[]
}

export interface EncodedConversation {
  /** BOS comes first when the file says so, even if the text does not show it. */
  readonly ids: number[]
  /** One a token: the role of the segment that holds the token's first byte. */
  readonly roles: readonly Role[]
  readonly text: string
}

const SPACE = 0x20
const SEARCH_BYTES = 64

/** Tokenizes a rendered conversation as one text and says for each token whose it is. */
export function encodeRendered({ text, segments }: Rendered, tokenizer: Tokenizer): EncodedConversation {
  const ids = tokenizer.encode(text)
  const starts = byteStarts(text, ids, tokenizer)
  const segmentEnds = segments.map(({ end }) => Buffer.byteLength(text.slice(0, end)))
  const roleAt = (byte: number): Role =>
    segments[segmentEnds.findIndex((end) => byte < end)]?.role ?? segments.at(-1)?.role ?? 'user'
  const roles = starts.map(roleAt)
  const needsBos = tokenizer.addBos && tokenizer.bos !== undefined && ids[0] !== tokenizer.bos
  if (!needsBos) return { ids, roles, text }
  return { ids: [tokenizer.bos, ...ids], roles: [roleAt(0), ...roles], text }
}

/**
 * Where each token's first byte lies in the text. Tokens normally spell the text byte for byte; where one does not (SentencePiece's space in
 * front, an unknown token) it stands at the present place, and the next tokens are looked for a little further on, special ones anywhere.
 */
function byteStarts(text: string, ids: readonly number[], tokenizer: Tokenizer): number[] {
  const bytes = Buffer.from(text)
  let at = 0
  return ids.map((id) => {
    const token = tokenizer.tokenBytes(id)
    const isHere = (part: Uint8Array) => bytes.subarray(at, at + part.length).equals(part)
    const hasAddedSpace = !isHere(token) && token[0] === SPACE && isHere(token.subarray(1))
    const written = hasAddedSpace ? token.subarray(1) : token
    const searchEnd = tokenizer.isSpecial(id) ? bytes.length : at + SEARCH_BYTES
    const found = isHere(written) ? at : bytes.subarray(0, searchEnd).indexOf(written, at)
    if (found < 0) return Math.min(at, Math.max(bytes.length - 1, 0))
    at = found + written.length
    return found
  })
}
