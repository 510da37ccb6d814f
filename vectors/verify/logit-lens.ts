import { dot } from '../extract/algebra.ts'
import type { Gguf } from '../model/gguf.ts'
import { openOutputHead } from '../model/output-head.ts'
import type { Tokenizer } from '../model/tokenizer.ts'

export interface LensWord {
  readonly text: string
  /** Place of the vector's projection on the token's row among all tokens, in standard deviations. */
  readonly z: number
}

/** What a vector says in the model's own words, were it the whole residual stream. */
export interface LensWords {
  /** Largest projections first. */
  readonly up: readonly LensWord[]
  /** Smallest first. */
  readonly down: readonly LensWord[]
  /** Rank (1 = the largest) among all tokens of the first token of the vector's own name; null for a vector without a word. */
  readonly ownRank: number | null
}

export interface LensOptions {
  /** Words on either side. @default 8 */
  readonly words?: number
  /** The word that a vector is named after. @default none */
  readonly wordOf?: (name: string) => string | undefined
}

/**
 * The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens"): each vector through the weights of the final norm and the
 * output head. Special tokens, pieces without a letter, spellings of a word already shown and, where
 * the vocabulary marks the beginnings of words by a space, pieces from inside of words are left out. Reads the head once for all
 * vectors; holds one number a token and vector.
 */
export function logitLens(
  { gguf, tokenizer }: { readonly gguf: Gguf; readonly tokenizer: Tokenizer },
  vectors: ReadonlyMap<string, Float32Array>,
  { words = 8, wordOf = () => undefined }: LensOptions = {},
): Map<string, LensWords> {
  const head = openOutputHead(gguf)
  const logits = new Map([...vectors.keys()].map((name) => [name, new Float32Array(head.vocabulary)]))
  head.eachRow((token, row) => {
    for (const [name, vector] of vectors) logits.get(name)![token] = dot(row, vector)
  })
  const known = Math.min(head.vocabulary, tokenizer.vocabularySize)
  const shown = showableTokens(tokenizer, known)
  return new Map(
    [...logits].map(([name, values]) => {
      const own = wordOf(name)
      const { mean, sd } = momentsOf(values.subarray(0, known))
      const order = shown.toSorted((a, b) => values[b.token]! - values[a.token]! || a.token - b.token)
      const side = (tokens: readonly Showable[]) =>
        distinct(tokens, words).map(({ text, token }) => ({ text, z: (values[token]! - mean) / sd }))
      return [
        name,
        { up: side(order), down: side(order.toReversed()), ownRank: rankOf(tokenizer, values.subarray(0, known), own) },
      ]
    }),
  )
}

interface Showable {
  readonly token: number
  readonly text: string
}

/** A larger share of a vocabulary that begins with a space marks the beginnings of words by it. */
const MARKS_WORDS = 0.1

/** At least one letter, and no byte of a character that the token does not hold whole. */
const LEGIBLE = /^[^\uFFFD]*\p{L}[^\uFFFD]*$/u

function showableTokens(tokenizer: Tokenizer, count: number): Showable[] {
  const all = Array.from({ length: count }, (_, token) => ({ token, text: tokenizer.decode([token]) }))
  const marked = all.filter(({ text }) => text.startsWith(' '))
  return (marked.length > MARKS_WORDS * count ? marked : all)
    .filter(({ token, text }) => !tokenizer.isSpecial(token) && LEGIBLE.test(text))
    .map(({ token, text }) => ({ token, text: text.trim() }))
}

function momentsOf(values: Float32Array): { mean: number; sd: number } {
  let [sum, squares] = [0, 0]
  for (const v of values) sum += v
  const mean = sum / values.length
  for (const v of values) squares += (v - mean) ** 2
  return { mean, sd: Math.sqrt(squares / values.length) || 1 }
}

function distinct(tokens: readonly Showable[], most: number): Showable[] {
  const seen = new Set<string>()
  const out: Showable[] = []
  for (const shown of tokens) {
    if (out.length === most) break
    const key = shown.text.toLowerCase()
    if (seen.has(key)) continue
    seen.add(key)
    out.push(shown)
  }
  return out
}

function rankOf(tokenizer: Tokenizer, values: Float32Array, word: string | undefined): number | null {
  if (word === undefined) return null
  const own = tokenizer.encode(` ${word}`, { special: false })[0]
  if (own === undefined || own >= values.length) return null
  return 1 + values.reduce((above, v) => above + (v > values[own]! ? 1 : 0), 0)
}
