import type { Tokenizer } from '../model/tokenizer.ts'
import { type Concept, type Corpus, placeOf } from '../stories/corpus.ts'
import type { NamedMeans } from './combine.ts'
import type { Journal } from './journal.ts'
import type { Recipe } from './recipe.ts'
import {
  encodeText,
  findTokens,
  type FoundTokens,
  meanOfTokens,
  rowsOfTokens,
  type TextReader,
  type TextRows,
} from './texts.ts'

/** What a model makes of a corpus, by layer (index into the layers read). */
export interface CorpusReading {
  /** concept -> layer -> means */
  readonly emotions: readonly (readonly NamedMeans[])[]
  readonly unrelated: readonly (readonly NamedMeans[])[]
  /** layer -> residuals of the neutral texts' ordinary tokens */
  readonly neutral: readonly (readonly Float32Array[])[]
  readonly sinks: number
}

export interface ReadingProgress {
  readonly texts: number
  readonly totalTexts: number
  readonly tokens: number
  readonly totalTokens: number
  /** Texts that an earlier extraction had read already. */
  readonly resumedTexts: number
}

export interface ReadCorpusOptions {
  readonly recipe: Recipe
  readonly journal?: Journal | undefined
  readonly onProgress?: ((progress: ReadingProgress) => void) | undefined
}

/**
 * Reads every text once: means of passages and templates, rows of neutral texts. What the journal holds is not read again, what is read goes into
 * it at once. Texts are numbered in one fixed order, so a journal belongs to one corpus, recipe, model and list of layers.
 */
export async function readCorpus(
  reader: TextReader,
  corpus: Corpus,
  { recipe, journal, onProgress }: ReadCorpusOptions,
): Promise<CorpusReading> {
  const plan = planTexts(reader.tokenizer, corpus, recipe)
  const { means, rows } = await readTexts(reader, plan, { journal, onProgress })
  let next = 0
  const family = (concepts: readonly Concept[]) =>
    concepts.map((concept) => {
      const passages = concept.passages.map(() => means[next++]!)
      const templates = concept.templates.map(() => means[next++]!)
      return reader.layers.map((_, at): NamedMeans => ({
        name: concept.name,
        file: placeOf(corpus, concept),
        scenes: concept.passages.map(({ scene }) => scene),
        passages: passages.map((layers) => layers[at]!),
        templates: templates.map((layers) => layers[at]!),
      }))
    })
  return {
    emotions: family(corpus.concepts),
    unrelated: family(corpus.unrelated),
    neutral: reader.layers.map((_, at) => rows.flatMap((r) => r.rows[at]!)),
    sinks: rows.reduce((n, r) => n + r.sinks, 0),
  }
}

interface TextPlan {
  readonly means: readonly FoundTokens[]
  readonly rows: readonly (readonly number[])[]
}

function planTexts(tokenizer: Tokenizer, corpus: Corpus, { skip, neutralTokens }: Recipe): TextPlan {
  const means = [...corpus.concepts, ...corpus.unrelated].flatMap((concept) => [
    ...concept.passages.map(({ scene, text }) =>
      findTokens({ tokenizer }, text, { token: skip }, () => placeOf(corpus, concept, scene)),
    ),
    ...concept.templates.map(({ text, readFrom }) =>
      findTokens({ tokenizer }, text, { character: readFrom }, () => `a template with ${JSON.stringify(concept.name)}`),
    ),
  ])
  return { means, rows: firstTexts(corpus.neutral, neutralTokens, tokenizer) }
}

/** The first texts that together have at least `tokens` tokens (all, when they have fewer). */
function firstTexts(texts: readonly string[], tokens: number, tokenizer: Tokenizer): number[][] {
  let total = 0
  const enough = texts.findIndex((text) => (total += tokenizer.encode(text, { special: false }).length) >= tokens)
  return (enough < 0 ? texts : texts.slice(0, enough + 1)).map((text) => encodeText(tokenizer, text))
}

async function readTexts(
  reader: TextReader,
  { means, rows }: TextPlan,
  { journal, onProgress }: Pick<ReadCorpusOptions, 'journal' | 'onProgress'>,
) {
  const shape = { layers: reader.layers.length, width: reader.engine.width }
  const progress = {
    texts: 0,
    totalTexts: means.length + rows.length,
    tokens: 0,
    totalTokens: [...means.map((m) => m.ids), ...rows].reduce((n, ids) => n + ids.length, 0),
    resumedTexts: 0,
  }
  const once = async <T>(index: number, tokens: number, codec: Codec<T>, read: () => Promise<T>): Promise<T> => {
    const stored = journal?.get(index)
    const known = stored && codec.decode(stored, shape)
    const value = known ?? (await read())
    if (known === undefined) journal?.put(index, codec.encode(value))
    else progress.resumedTexts++
    progress.texts++
    progress.tokens += tokens
    onProgress?.({ ...progress })
    return value
  }
  return {
    means: await Promise.all(
      means.map((found, i) => once(i, found.ids.length, MEANS, async () => (await meanOfTokens(reader, found)).layers)),
    ),
    rows: await Promise.all(
      rows.map((ids, i) => once(means.length + i, ids.length, ROWS, () => rowsOfTokens(reader, ids))),
    ),
  }
}

interface Shape {
  readonly layers: number
  readonly width: number
}

/** Values as bytes of the journal; undefined for bytes that are something else. */
interface Codec<T> {
  readonly encode: (value: T) => Uint8Array
  readonly decode: (bytes: Uint8Array, shape: Shape) => T | undefined
}

/** f64 (layers, H) */
const MEANS: Codec<readonly Float64Array[]> = {
  encode: (layers) => Buffer.concat(layers.map(bytesOf)),
  decode(bytes, { layers, width }) {
    if (bytes.length !== layers * width * 8) return undefined
    const all = new Float64Array(new Uint8Array(bytes).buffer)
    return Array.from({ length: layers }, (_, at) => all.slice(at * width, (at + 1) * width))
  },
}

/** f32 sinks, then f32 (layers, rows, H): one kind of number keeps everything aligned. */
const ROWS: Codec<TextRows> = {
  encode: ({ rows, sinks }) => Buffer.concat([Float32Array.of(sinks), ...rows.flat()].map(bytesOf)),
  decode(bytes, { layers, width }) {
    const count = (bytes.length - 4) / (layers * width * 4)
    if (!Number.isInteger(count)) return undefined
    const all = new Float32Array(new Uint8Array(bytes).buffer)
    const row = (at: number, i: number) => all.slice(1 + (at * count + i) * width, 1 + (at * count + i + 1) * width)
    const rows = Array.from({ length: layers }, (_, at) => Array.from({ length: count }, (__, i) => row(at, i)))
    return { sinks: all[0]!, rows }
  },
}

const bytesOf = (values: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
