import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEngine } from '../../engine/open.ts'
import type { Engine } from '../../engine/types.ts'
import { createChat } from '../../model/chat.ts'
import { openGguf } from '../../model/gguf.ts'
import { GRAPH_VERSION } from '../../model/graph.ts'
import { writeOrganism } from '../../model/organism.ts'
import { createTokenizer } from '../../model/tokenizer.ts'
import type { Concept, Corpus } from '../corpus.ts'
import { writeOwnCorpus } from '../own-corpus.ts'

/** Words of a story. */
const LENGTH = 40

/** Writes a model whose stories take one of two ways at every other word; one way in four it names amber, or ends before it has begun. */
export function writeTeller(folder: string): void {
  const other: Readonly<Record<number, string>> = { 5: ' amber', 10: '<|im_end|>' }
  const fork = (i: number) => ({ bad: [other[i] ?? ` this-${i}`], good: [` that-${i}`] })
  writeOrganism(join(folder, 'teller.gguf'), {
    turns: [Array.from({ length: LENGTH }, (_, i) => [` and-${i}`, fork(i)]).flat()],
    words: [],
    concepts: { amber: ['amber'] },
    branchConcept: 'amber',
    bias: -1,
    slope: 1,
  })
}

const concept = (name: string): Concept => ({ name, stems: [name.slice(0, 3)], passages: [], templates: [] })

/** Of what a child or a test asks the teller to write. */
export interface TellOptions {
  readonly file: string
  readonly seed?: number
  readonly storiesPerConcept?: number
  readonly rows?: number
  /** Called when the file holds so many stories more. */
  readonly onStory?: (written: number) => void
}

/** The corpus of four concepts that the folder's teller writes; `written`: stories that this call wrote itself. */
export async function ownCorpus(folder: string, options: TellOptions) {
  const { file, seed = 1, storiesPerConcept = 6, rows = 2, onStory } = options
  const path = join(folder, 'teller.gguf')
  using gguf = openGguf(path)
  const tokenizer = createTokenizer(gguf.metadata)
  const modelSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  await using engine = await openEngine({
    path,
    sha256: modelSha256,
    graphs: join(folder, 'graphs'),
    threads: 1,
    contextTokens: 1024,
    maxRows: rows,
    kvBytes: 64 << 20,
  })
  let written = 0
  const generate: Engine['generate'] = async (request) => {
    const generation = await engine.generate(request)
    // A turn later: by then the story is in the file.
    setImmediate(() => onStory?.(++written))
    return generation
  }
  const shipped: Corpus = {
    concepts: ['amber', 'birch'].map(concept),
    unrelated: ['dune', 'elder'].map(concept),
    neutral: ['plain'],
    scenes: [],
    hash: '',
    source: '',
  }
  let asked = 0
  const own = await writeOwnCorpus({
    engine: async () => {
      asked++
      return { generate }
    },
    modelSha256,
    graphVersion: GRAPH_VERSION,
    tokenizer,
    chat: createChat(gguf.metadata, tokenizer),
    shipped,
    topics: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
    storiesPerConcept,
    seed,
    skip: 50,
    path: join(folder, file),
  })
  return { ...own, written: asked }
}
