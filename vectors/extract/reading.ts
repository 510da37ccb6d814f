import { InputError } from '../errors.ts'
import { closest } from '../suggest.ts'
import { dot } from './algebra.ts'
import { sinkNorm } from './norms.ts'
import { layerOf, type VectorSet } from './set.ts'
import type { TextReader } from './texts.ts'

/** What a text does to the residual stream, token by token: place on each vector in standard deviations of neutral text. */
export interface TextReading {
  readonly layer: number
  readonly vectors: readonly string[]
  /** `z` in the order of the vectors; null at sinks, whose length decides their projections. */
  readonly tokens: readonly { readonly text: string; readonly z: readonly (number | null)[] }[]
  /** Mean over the tokens that are no sinks. */
  readonly mean: readonly number[]
}

/**
 * Reads a text without steering. Baseline: neutral prose of the corpus, mean and standard deviation of its tokens.
 * Errors: InputError for an unknown vector, and for a text with no token to read.
 */
export async function readText(
  { engine, tokenizer, signal }: Pick<TextReader, 'engine' | 'tokenizer' | 'signal'>,
  {
    set,
    layer,
    vectors: names,
  }: { readonly set: VectorSet; readonly layer: number; readonly vectors: readonly string[] },
  text: string,
): Promise<TextReading> {
  const { vectors, facts, norms } = layerOf(set, layer)
  for (const name of names) if (!vectors.has(name)) throw unknownVector(name, [...facts.keys()])
  const own = tokenizer.encode(text, { special: false })
  const ids = tokenizer.addBos && tokenizer.bos !== undefined ? [tokenizer.bos, ...own] : own
  if (ids.length < 2)
    throw new InputError('the text should have two tokens at least: the first is a sink and is not read')
  const { residuals } = await engine.read({ tokens: ids, layers: [layer], signal })
  const { width } = engine
  const limit = sinkNorm(norms)
  const rows = ids.map((_, t) => residuals[0]!.subarray(t * width, (t + 1) * width))
  const isSink = rows.map((row, t) => t === 0 || Math.sqrt(dot(row, row)) > limit)
  const z = (row: Float32Array, name: string) => {
    const { neutralMean, neutralSd } = facts.get(name)!
    return (dot(row, vectors.get(name)!) - neutralMean) / neutralSd
  }
  const pieces = tokenizer.pieces(ids)
  const tokens = rows.map((row, t) => ({ text: pieces[t]!, z: names.map((name) => (isSink[t] ? null : z(row, name))) }))
  const read = tokens.filter((_, t) => !isSink[t])
  const mean = names.map((_, k) => read.reduce((sum, token) => sum + token.z[k]!, 0) / Math.max(1, read.length))
  return { layer, vectors: names, tokens, mean }
}

const MOST_SHOWN = 24

function unknownVector(name: string, known: readonly string[]): InputError {
  const close = closest(name, known)
  const hint = close === undefined ? '' : `; did you mean ${close}?`
  const shown = known.filter((k) => !k.includes(':'))
  const rest = shown.length > MOST_SHOWN ? `, … (${shown.length} in all)` : ''
  return new InputError(
    `the set has no vector ${JSON.stringify(name)}${hint} It has: ${shown.slice(0, MOST_SHOWN).join(', ')}${rest}`,
  )
}
