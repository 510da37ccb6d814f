import { lexicalVectors } from '../controls/lexical.ts'
import type { Engine } from '../engine/types.ts'
import type { Gguf } from '../model/gguf.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { keyOf, normals } from '../random.ts'
import type { Concept, Corpus } from '../stories/corpus.ts'
import { dot, mean, type Vector } from './algebra.ts'
import { combineFamily, type ConceptMeans } from './combine.ts'
import { principalComponents } from './components.ts'
import { referenceNorms } from './norms.ts'
import { EXTRACT_VERSION, type Recipe } from './recipe.ts'
import type { Family, LayerVectors, VectorFacts, VectorSet } from './set.ts'
import { readMean, readRows, type TextReader } from './texts.ts'

export interface ExtractOptions {
  readonly engine: Engine
  readonly gguf: Gguf
  readonly tokenizer: Tokenizer
  readonly corpus: Corpus
  readonly layers: readonly number[]
  readonly recipe: Recipe
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (done: number, total: number) => void
}

/** Rows kept to draw covariance-matched random vectors from. */
const FACTOR_ROWS = 64

/** Vectors of every concept of the corpus at the given layers, with what is needed to judge and to dose them. */
export async function extractVectors(options: ExtractOptions): Promise<VectorSet> {
  const { engine, corpus, layers, recipe } = options
  const reader: TextReader = { engine, tokenizer: options.tokenizer, layers, signal: options.signal }
  const neutralTexts = firstTexts(corpus.neutral, recipe.neutralTokens, options.tokenizer)
  const tick = progress(options, neutralTexts.length)
  const emotions = await readFamily(reader, corpus.concepts, recipe, tick)
  const unrelated = await readFamily(reader, corpus.unrelated, recipe, tick)
  const neutral = await readNeutral(reader, neutralTexts, tick)
  const lexical = lexicalVectors(
    options.gguf,
    options.tokenizer,
    corpus.concepts.map((c) => c.name),
  )
  const names = { emotions: corpus.concepts.map((c) => c.name), unrelated: corpus.unrelated.map((c) => c.name) }
  const perLayer = layers.map(
    (layer, at) => [layer, layerVectors({ at, emotions, unrelated, neutral, lexical, names, recipe })] as const,
  )
  return {
    modelSha256: engine.modelSha256,
    modelLayers: engine.layers,
    width: engine.width,
    recipe,
    corpusHash: corpus.hash,
    tokenizerHash: options.tokenizer.hash,
    version: EXTRACT_VERSION,
    families: familiesOf(names),
    layers: new Map(perLayer),
  }
}

function progress({ corpus, onProgress }: ExtractOptions, neutralTexts: number): () => void {
  const texts = (concepts: readonly Concept[]) =>
    concepts.reduce((n, c) => n + c.passages.length + c.templates.length, 0)
  const total = texts(corpus.concepts) + texts(corpus.unrelated) + neutralTexts
  let done = 0
  return () => onProgress?.(++done, total)
}

/** concept -> layer index -> means */
type FamilyMeans = readonly (readonly ConceptMeans[])[]

async function readFamily(
  reader: TextReader,
  concepts: readonly Concept[],
  { skip }: Recipe,
  tick: () => void,
): Promise<FamilyMeans> {
  const counted = async (...[text, from]: [string, Parameters<typeof readMean>[2]]) => {
    const read = await readMean(reader, text, from)
    tick()
    return read.layers
  }
  return Promise.all(
    concepts.map(async ({ passages, templates }) => {
      const fromPassages = await Promise.all(passages.map(({ text }) => counted(text, { token: skip })))
      const fromTemplates = await Promise.all(
        templates.map(({ text, readFrom }) => counted(text, { character: readFrom })),
      )
      return reader.layers.map((_, at) => ({
        passages: fromPassages.map((l) => l[at]!),
        templates: fromTemplates.map((l) => l[at]!),
      }))
    }),
  )
}

interface NeutralRows {
  /** layer index -> ordinary tokens' residuals */
  readonly layers: readonly (readonly Float32Array[])[]
  readonly sinks: number
}

/** The first texts that together have at least `tokens` tokens (all, when they have fewer). */
function firstTexts(texts: readonly string[], tokens: number, tokenizer: Tokenizer): readonly string[] {
  let total = 0
  const enough = texts.findIndex((text) => (total += tokenizer.encode(text, { special: false }).length) >= tokens)
  return enough < 0 ? texts : texts.slice(0, enough + 1)
}

async function readNeutral(reader: TextReader, texts: readonly string[], tick: () => void): Promise<NeutralRows> {
  const read = await Promise.all(
    texts.map(async (text) => {
      const rows = await readRows(reader, text)
      tick()
      return rows
    }),
  )
  return {
    layers: reader.layers.map((_, at) => read.flatMap((r) => r.rows[at]!)),
    sinks: read.reduce((n, r) => n + r.sinks, 0),
  }
}

const lexicalName = (word: string): string => `lexical:${word}`

function familiesOf(names: { emotions: readonly string[]; unrelated: readonly string[] }): Map<string, Family> {
  return new Map<string, Family>([
    ...names.emotions.map((n): [string, Family] => [n, 'emotion']),
    ...names.unrelated.map((n): [string, Family] => [n, 'unrelated']),
    ...names.emotions.map((n): [string, Family] => [lexicalName(n), 'lexical']),
  ])
}

interface LayerParts {
  readonly at: number
  readonly emotions: FamilyMeans
  readonly unrelated: FamilyMeans
  readonly neutral: NeutralRows
  readonly lexical: ReadonlyMap<string, Float32Array>
  readonly names: { readonly emotions: readonly string[]; readonly unrelated: readonly string[] }
  readonly recipe: Recipe
}

function layerVectors({ at, emotions, unrelated, neutral, lexical, names, recipe }: LayerParts): LayerVectors {
  const rows = neutral.layers[at]!
  const centred = centre(rows)
  const components = neutralComponents(centred, recipe)
  const vectors = new Map<string, Float32Array>()
  const facts = new Map<string, VectorFacts>()
  const put = (name: string, vector: Float32Array, about: { rawNorm: number; splitHalf: number }) => {
    vectors.set(name, vector)
    facts.set(name, { ...about, ...neutralProjection(vector, rows) })
  }
  for (const [family, familyNames] of [
    [emotions, names.emotions],
    [unrelated, names.unrelated],
  ] as const) {
    if (familyNames.length < 2) continue
    const combined = combineFamily(
      family.map((layers) => layers[at]!),
      components.directions,
      recipe,
    )
    for (const [i, { vector, ...about }] of combined.entries()) put(familyNames[i]!, Float32Array.from(vector), about)
  }
  for (const [word, vector] of lexical) put(lexicalName(word), vector, { rawNorm: 0, splitHalf: 0 })
  return {
    vectors,
    facts,
    norms: referenceNorms(rows, neutral.sinks),
    neutralComponents: { count: components.directions.length, share: components.share },
    neutralFactor: factorOf(centred),
  }
}

function centre(rows: readonly Float32Array[]): Float32Array[] {
  const middle = mean(rows.map((row) => Float64Array.from(row)))
  return rows.map((row) => row.map((v, i) => v - middle[i]!))
}

function neutralComponents(centred: readonly Float32Array[], { neutralShare, neutralAtLeast }: Recipe) {
  if (neutralShare === 0) return { directions: [] as Vector[], share: 0 }
  return principalComponents(centred, { share: neutralShare, atLeast: neutralAtLeast })
}

function neutralProjection(
  vector: Float32Array,
  rows: readonly Float32Array[],
): { neutralMean: number; neutralSd: number } {
  const values = rows.map((row) => dot(row, vector))
  const neutralMean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, v) => sum + (v - neutralMean) ** 2, 0) / (values.length - 1)
  return { neutralMean, neutralSd: Math.sqrt(variance) }
}

/** Random combinations of centred rows: (FACTOR_ROWS, H); any further random combination has about their covariance. */
function factorOf(centred: readonly Float32Array[]): Float32Array[] {
  const scale = 1 / Math.sqrt(centred.length)
  return Array.from({ length: FACTOR_ROWS }, (_, k) => {
    const weights = normals(keyOf('neutral factor', k), centred.length)
    const out = new Float64Array(centred[0]!.length)
    for (const [i, row] of centred.entries())
      for (let h = 0; h < out.length; h++) out[h]! += weights[i]! * scale * row[h]!
    return Float32Array.from(out)
  })
}
