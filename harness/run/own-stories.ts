import { join } from 'node:path'
import { openEngine } from '../../vectors/engine/open.ts'
import type { Engine } from '../../vectors/engine/types.ts'
import { GRAPH_VERSION } from '../../vectors/model/graph.ts'
import { takeLock } from '../../vectors/model/lock.ts'
import type { Corpus } from '../../vectors/stories/corpus.ts'
import { writeOwnCorpus } from '../../vectors/stories/own-corpus.ts'
import { loadTopics } from '../../vectors/stories/topics.ts'
import { InputError } from '../errors.ts'
import type { Machine, ModelOnDisk, StepProgress } from './subject.ts'

export interface StoryWish {
  /** Concepts to write of. */
  readonly shipped: Corpus
  readonly storiesPerConcept: number
  readonly seed: number
  readonly skip: number
}

/** Stories that are written at once. */
const ROWS = 16
/** The longest prompt and the longest story. */
const CONTEXT_TOKENS = 512

/**
 * The corpus that the model writes itself. Its stories are kept beside its vectors, and a killed writing goes on with those that are missing.
 * Errors: InputError for more stories than there are topics, and when too few of them can be used.
 */
export async function writeStoriesBy(
  { model, machine, onStep }: { readonly model: ModelOnDisk; readonly machine: Machine; readonly onStep: StepProgress },
  wish: StoryWish,
) {
  const topics = loadTopics()
  const { storiesPerConcept } = wish
  if (storiesPerConcept < 2 || storiesPerConcept > topics.length)
    throw new InputError(
      `--stories-per-concept ${storiesPerConcept}: expected 2 to ${topics.length}, one for each topic`,
    )
  const { signal } = machine
  const path = join(machine.home.vectors, model.file.sha256.slice(0, 16), 'own-stories.jsonl')
  const onWait = (holder: string) => onStep('stories', 0, 0, `waiting for ${holder}, which writes stories too`)
  await using _lock = await takeLock(`${path}.lock`, { signal, onWait })
  await using writer = lazily(() =>
    openEngine({
      path: model.file.path,
      sha256: model.file.sha256,
      graphs: machine.home.graphs,
      threads: machine.threads,
      contextTokens: CONTEXT_TOKENS,
      maxRows: ROWS,
      onProgress: (done, total) => onStep('build', done, total),
    }),
  )
  const own = await writeOwnCorpus({
    ...wish,
    engine: writer.open,
    modelSha256: model.file.sha256,
    graphVersion: GRAPH_VERSION,
    tokenizer: model.tokenizer,
    chat: model.chat,
    topics,
    path,
    signal,
    onProgress: (done, total) => onStep('stories', done, total),
  })
  if (own.corpus.concepts.length < 2)
    throw new InputError(
      `${path}: of ${own.stories.written} stories too few can be used to tell two concepts apart (${own.stories.leaked} name their concept, ${own.stories.tooShort} are too short); ask for more with --stories-per-concept, or lower --skip`,
    )
  return own
}

/** Opened when first asked for, closed in the end if it was. */
function lazily(open: () => Promise<Engine>): AsyncDisposable & { readonly open: () => Promise<Engine> } {
  let opened: Promise<Engine> | undefined
  return {
    open: () => (opened ??= open()),
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]()
    },
  }
}
