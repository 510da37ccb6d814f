import { lexicalVectors } from '../controls/lexical.ts'
import type { Engine } from '../engine/types.ts'
import type { Gguf } from '../model/gguf.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import type { Corpus } from '../stories/corpus.ts'
import { judgeStories, type StoriesVerdict, type WrittenStories } from '../stories/judge.ts'
import type { Journal } from './journal.ts'
import { layerVectors, lexicalName } from './layer-vectors.ts'
import { type ReadingProgress, readCorpus } from './read-corpus.ts'
import { EXTRACT_VERSION, layerAt, type Recipe } from './recipe.ts'
import type { Family, VectorSet } from './set.ts'

export interface ExtractOptions {
  readonly engine: Engine
  readonly gguf: Gguf
  readonly tokenizer: Tokenizer
  readonly corpus: Corpus
  readonly layers: readonly number[]
  readonly recipe: Recipe
  /** Of a corpus that the model wrote itself: the set is judged by them. */
  readonly stories?: WrittenStories | undefined
  /** What an earlier, interrupted extraction of the same set has read. */
  readonly journal?: Journal | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ReadingProgress) => void) | undefined
}

/**
 * Vectors of every concept of the corpus at the given layers, with what is needed to judge and to dose them. Of the passages nothing but means
 * is kept. Errors: InputError for texts that leave nothing to read or give no direction, InfraError when the model computes no numbers.
 */
export async function extractVectors(options: ExtractOptions): Promise<VectorSet> {
  const { engine, tokenizer, corpus, layers, recipe, stories } = options
  const reading = await readCorpus({ engine, tokenizer, layers, signal: options.signal }, corpus, options)
  const names = { emotions: corpus.concepts.map((c) => c.name), unrelated: corpus.unrelated.map((c) => c.name) }
  const lexical = lexicalVectors(options.gguf, tokenizer, names.emotions)
  const perLayer = layers.map((layer, at) => [layer, layerVectors(reading, at, lexical, recipe)] as const)
  const set: VectorSet = {
    modelSha256: engine.modelSha256,
    modelLayers: engine.layers,
    width: engine.width,
    recipe,
    corpusHash: corpus.hash,
    tokenizerHash: tokenizer.hash,
    version: EXTRACT_VERSION,
    families: familiesOf(names),
    layers: new Map(perLayer),
  }
  return stories === undefined ? set : { ...set, stories: verdictOf(set, stories, names.emotions) }
}

/** By the layer that is nearest to where runs steer. */
function verdictOf(set: VectorSet, stories: WrittenStories, emotions: readonly string[]): StoriesVerdict {
  const wanted = layerAt(2 / 3, set.modelLayers)
  const layer = [...set.layers.keys()].toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0]!
  const { facts } = set.layers.get(layer)!
  return judgeStories(stories, { layer, splitHalves: emotions.map((name) => facts.get(name)!.splitHalf) })
}

function familiesOf(names: { emotions: readonly string[]; unrelated: readonly string[] }): Map<string, Family> {
  return new Map<string, Family>([
    ...names.emotions.map((n): [string, Family] => [n, 'emotion']),
    ...names.unrelated.map((n): [string, Family] => [n, 'unrelated']),
    ...names.emotions.map((n): [string, Family] => [lexicalName(n), 'lexical']),
  ])
}
