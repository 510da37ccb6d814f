import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openEngine } from '../../engine/open.ts'
import { GRAPH_VERSION } from '../../model/graph.ts'
import { openGguf } from '../../model/gguf.ts'
import { writeOrganism } from '../../model/organism.ts'
import { createTokenizer } from '../../model/tokenizer.ts'
import { type Corpus, loadCorpus } from '../../stories/corpus.ts'
import type { WrittenStories } from '../../stories/judge.ts'
import { extractVectors } from '../extract.ts'
import type { ReadingProgress } from '../read-corpus.ts'
import { DEFAULT_RECIPE, type Recipe } from '../recipe.ts'
import { obtainVectorSet, type SetIdentity } from '../store.ts'

const CONCEPTS = ['amber', 'birch', 'cedar']
const TOPICS = ['dune', 'elder']
const SCENES = ['first', 'second', 'third', 'fourth', 'fifth']
const WORDS = 20
export const LAYERS = [1, 3]

/** A folder with an organism and a small corpus that speaks its words; the folder goes when the test ends. */
export interface Told extends Disposable {
  readonly folder: string
  readonly model: string
  /** Path of a file of the corpus. */
  corpusFile(name: string): string
}

export function toldOrganism(): Told {
  const folder = mkdtempSync(join(tmpdir(), 'duress-told-'))
  const all = [...CONCEPTS, ...TOPICS]
  const corpusFile = (name: string) => join(folder, 'corpus', name)
  writeOrganism(modelIn(folder), {
    // Words of the head: without a row there would be no lexical vectors.
    turns: [[...CONCEPTS.map((name) => ` ${name}`), 'I', { bad: ['no'], good: ['yes'] }, 'done']],
    words: wordsOf('plain', 200),
    concepts: Object.fromEntries(all.map((name) => [name, wordsOf(name, WORDS * SCENES.length)])),
    families: [CONCEPTS, TOPICS],
    branchConcept: CONCEPTS[0]!,
    bias: 0,
    slope: 6,
  })
  for (const part of ['concepts', 'unrelated']) mkdirSync(corpusFile(part), { recursive: true })
  for (const name of all) {
    const family = CONCEPTS.includes(name) ? 'concepts' : 'unrelated'
    const passages = Object.fromEntries(SCENES.map((scene, s) => [scene, passage(name, s)]))
    writeFileSync(
      corpusFile(`${family}/${name}.yaml`),
      stringify({ concept: name, stems: [name.slice(0, 3)], passages }, { lineWidth: 0 }),
    )
  }
  const templates = ['I feel {e} plain-1 plain-2', 'They are {e} plain-3 plain-4']
  writeFileSync(corpusFile('templates.yaml'), stringify({ emotion: templates, topic: templates }))
  const texts = Array.from({ length: 12 }, (_, i) =>
    wordsOf('plain', 200)
      .slice(i * 16, i * 16 + 16)
      .join('')
      .trim(),
  )
  writeFileSync(corpusFile('neutral.yaml'), stringify({ texts }))
  return {
    folder,
    model: modelIn(folder),
    corpusFile,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const modelIn = (folder: string): string => join(folder, 'organism.gguf')
const wordsOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => ` ${name.slice(0, 2)}-${i}`)
const passage = (name: string, scene: number): string =>
  `So${wordsOf(name, WORDS * SCENES.length)
    .slice(scene * WORDS, (scene + 1) * WORDS)
    .join('')}`

export interface ToldOptions {
  readonly recipe?: Partial<Recipe>
  readonly corpus?: (corpus: Corpus) => Corpus
  /** As if the organism had written the corpus itself. */
  readonly stories?: WrittenStories
  readonly onProgress?: (progress: ReadingProgress) => void
}

/** The set of the folder's organism and corpus, from the folder's cache or made now. */
export async function obtainTold(
  folder: string,
  { recipe: change, corpus: edit = (c) => c, stories, onProgress }: ToldOptions = {},
) {
  const path = modelIn(folder)
  using gguf = openGguf(path)
  const tokenizer = createTokenizer(gguf.metadata)
  const corpus = edit(loadCorpus(join(folder, 'corpus')))
  const recipe = { ...DEFAULT_RECIPE, sources: 'passages' as const, ...change }
  const identity: SetIdentity = {
    modelSha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    tokenizerHash: tokenizer.hash,
    graphVersion: GRAPH_VERSION,
    corpusHash: corpus.hash,
    recipe,
    layers: LAYERS,
  }
  // Awaited here: the model file must stay open.
  return await obtainVectorSet(join(folder, 'vectors'), identity, async (journal) => {
    const graphs = join(folder, 'graphs')
    const { modelSha256: sha256 } = identity
    await using engine = await openEngine({
      path,
      sha256,
      graphs,
      threads: 1,
      captureLayers: LAYERS,
      readOnly: true,
      maxRows: 1,
      contextTokens: 512,
    })
    return await extractVectors({
      engine,
      gguf,
      tokenizer,
      corpus,
      layers: LAYERS,
      recipe,
      stories,
      journal,
      onProgress,
    })
  })
}
