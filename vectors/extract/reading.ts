import { namedVector, neutralPlace } from '../controls/named.ts'
import { InputError } from '../errors.ts'
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
 * Vectors go by any name of `names.ts`. Errors: InputError for an unknown one, and for a text with no token to read.
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
  const own = layerOf(set, layer)
  const vectors = names.map((name) => namedVector(set, layer, name))
  const places = vectors.map((vector) => neutralPlace(own, vector))
  const encoded = tokenizer.encode(text, { special: false })
  const ids = tokenizer.addBos && tokenizer.bos !== undefined ? [tokenizer.bos, ...encoded] : encoded
  if (ids.length < 2)
    throw new InputError('the text should have two tokens at least: the first is a sink and is not read')
  const { residuals } = await engine.read({ tokens: ids, layers: [layer], signal })
  const { width } = engine
  const limit = sinkNorm(own.norms)
  const rows = ids.map((_, t) => residuals[0]!.subarray(t * width, (t + 1) * width))
  const isSink = rows.map((row, t) => t === 0 || Math.sqrt(dot(row, row)) > limit)
  const zOf = (row: Float32Array) =>
    vectors.map(({ vector }, k) => (dot(row, vector) - places[k]!.mean) / places[k]!.sd)
  const pieces = tokenizer.pieces(ids)
  const tokens = rows.map((row, t) => ({ text: pieces[t]!, z: isSink[t] ? names.map(() => null) : zOf(row) }))
  const read = tokens.filter((_, t) => !isSink[t])
  const mean = names.map((_, k) => read.reduce((sum, token) => sum + token.z[k]!, 0) / Math.max(1, read.length))
  return { layer, vectors: vectors.map(({ name }) => name), tokens, mean }
}
