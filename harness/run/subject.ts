import { openEngine } from '../../vectors/engine/open.ts'
import type { Engine } from '../../vectors/engine/types.ts'
import { extractVectors } from '../../vectors/extract/extract.ts'
import type { Journal } from '../../vectors/extract/journal.ts'
import { CAPTURE_DEPTHS, DEFAULT_RECIPE, layerAt, type Recipe } from '../../vectors/extract/recipe.ts'
import type { VectorSet } from '../../vectors/extract/set.ts'
import { obtainVectorSet } from '../../vectors/extract/store.ts'
import { readArchitecture } from '../../vectors/model/architecture.ts'
import { type Chat, createChat } from '../../vectors/model/chat.ts'
import { type Gguf, openGguf } from '../../vectors/model/gguf.ts'
import type { Home } from '../../vectors/model/home.ts'
import { type ModelFile, pullModel, type PullProgress } from '../../vectors/model/pull.ts'
import { resolveModel } from '../../vectors/model/registry.ts'
import { createTokenizer, type Tokenizer } from '../../vectors/model/tokenizer.ts'
import type { KvType } from '../../vectors/model/graph-builder.ts'
import { GRAPH_VERSION } from '../../vectors/model/graph.ts'
import { type Corpus, loadCorpus, selectConcepts } from '../../vectors/stories/corpus.ts'
import type { WrittenStories } from '../../vectors/stories/judge.ts'

/** A model on this machine: its file, words and chat format; no weights are loaded yet. */
export interface ModelOnDisk {
  readonly file: ModelFile
  readonly gguf: Gguf
  readonly tokenizer: Tokenizer
  readonly chat: Chat
  readonly layers: number
  readonly width: number
  readonly title: string
}

export interface Machine {
  readonly home: Home
  readonly env: Readonly<Record<string, string | undefined>>
  readonly threads: number
  readonly signal: AbortSignal
  readonly now: () => Date
}

/** Steps that take a while, for a progress line. */
export type StepProgress = (
  step: 'pull' | 'build' | 'stories' | 'extract' | 'calibrate',
  done: number,
  total: number,
  detail?: string,
) => void

export async function openModel(name: string, machine: Machine, onProgress: StepProgress): Promise<ModelOnDisk> {
  const { home, env, signal, now } = machine
  const report = ({ phase, done, total, part }: PullProgress) =>
    onProgress('pull', done, total ?? 0, part === undefined ? phase : `${phase} ${part}`)
  const file = await pullModel(resolveModel(name), { home, env, signal, onProgress: report })
  const gguf = openGguf(file.path)
  const { layers, width, title } = readArchitecture(gguf)
  const tokenizer = createTokenizer(gguf.metadata)
  return { file, gguf, tokenizer, chat: createChat(gguf.metadata, tokenizer, { now }), layers, width, title }
}

/** Layers at the given depths (by default the usual four), and the steered ones. */
export function captureLayersOf(
  { layers }: Pick<ModelOnDisk, 'layers'>,
  { depths = CAPTURE_DEPTHS, steered }: { readonly depths?: readonly number[]; readonly steered: readonly number[] },
): number[] {
  const all = [...depths.map((depth) => layerAt(depth, layers)), ...steered]
  return [...new Set(all)].toSorted((a, b) => a - b)
}

export interface VectorOptions {
  readonly layers: readonly number[]
  readonly recipe?: Recipe
  /** @default 'core' */
  readonly concepts?: 'all' | 'core' | readonly string[]
  /** @default the shipped one */
  readonly corpus?: Corpus
  /** Of a corpus that the model wrote itself. */
  readonly stories?: WrittenStories
}

/** The model's vector set: from the cache, or extracted now. */
export async function openVectors(
  model: ModelOnDisk,
  machine: Machine,
  options: VectorOptions,
  onProgress: StepProgress,
) {
  const { layers, recipe = DEFAULT_RECIPE, concepts = 'core', stories } = options
  const corpus = selectConcepts(options.corpus ?? loadCorpus(), concepts)
  const { gguf, tokenizer } = model
  const { signal } = machine
  const identity = {
    modelSha256: model.file.sha256,
    tokenizerHash: tokenizer.hash,
    graphVersion: GRAPH_VERSION,
    corpusHash: corpus.hash,
    recipe,
    layers,
  }
  let texts = { total: 0, resumed: 0 }
  const make = async (journal: Journal) => {
    await using engine = await openReader(model, machine, { layers, contextTokens: 512 }, onProgress)
    // Awaited here: the engine must outlive the extraction.
    return await extractVectors({
      engine,
      gguf,
      tokenizer,
      corpus,
      layers,
      recipe,
      stories,
      journal,
      signal,
      onProgress: (p) => {
        texts = { total: p.totalTexts, resumed: p.resumedTexts }
        onProgress('extract', p.tokens, p.totalTokens, `${p.texts} of ${p.totalTexts} texts`)
      },
    })
  }
  const onWait = (holder: string) => onProgress('extract', 0, 0, `waiting for ${holder}, which makes the same set`)
  const made = await obtainVectorSet(machine.home.vectors, identity, make, { signal, onWait })
  return { ...made, texts }
}

/** An engine that only reads residuals: no head, no layer beyond the last one read. */
export const openReader = (
  model: ModelOnDisk,
  machine: Machine,
  { layers, contextTokens }: { readonly layers: readonly number[]; readonly contextTokens: number },
  onProgress: StepProgress,
): Promise<Engine> =>
  openEngine({
    path: model.file.path,
    sha256: model.file.sha256,
    graphs: machine.home.graphs,
    threads: machine.threads,
    captureLayers: layers,
    readOnly: true,
    contextTokens,
    maxRows: 1,
    onProgress: (done, total) => onProgress('build', done, total),
  })

/** Names of the trace's columns: emotions, then unrelated concepts. */
export const basisNames = (set: VectorSet): string[] =>
  [...set.families].filter(([, family]) => family !== 'lexical').map(([name]) => name)

export interface RunEngineOptions {
  readonly set: VectorSet
  readonly steerLayers: readonly number[]
  /** Clamps a layer. @default 0: additions only */
  readonly operations?: number
  readonly contextTokens: number
  readonly maxRows: number
  readonly kvBytes?: number
  readonly kvType?: KvType
}

/** The engine of a run: steers the study's layers, traces all layers of the set on its vectors. */
export function openRunEngine(
  model: ModelOnDisk,
  machine: Machine,
  options: RunEngineOptions,
  onProgress: StepProgress,
): Promise<Engine> {
  const { set, steerLayers, operations = 0, contextTokens, maxRows, kvBytes, kvType } = options
  const names = basisNames(set)
  const basis = new Map([...set.layers].map(([layer, { vectors }]) => [layer, names.map((name) => vectors.get(name)!)]))
  return openEngine({
    path: model.file.path,
    sha256: model.file.sha256,
    graphs: machine.home.graphs,
    threads: machine.threads,
    steerLayers,
    operations,
    captureLayers: [...set.layers.keys()],
    basis,
    contextTokens,
    maxRows,
    ...(kvBytes === undefined ? {} : { kvBytes }),
    ...(kvType === undefined ? {} : { kvType }),
    onProgress: (done, total) => onProgress('build', done, total),
  })
}
