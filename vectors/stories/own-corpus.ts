import { createHash } from 'node:crypto'
import type { Engine } from '../engine/types.ts'
import type { Chat } from '../model/chat.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { type Concept, type Corpus, hashOf } from './corpus.ts'
import type { WrittenStories } from './judge.ts'
import { leaksIn } from './lint.ts'
import type { StoryOrder } from './prompts.ts'
import { openStoryFile, type Story } from './story-file.ts'
import { chooseTopics } from './topics.ts'
import { writeStories } from './write.ts'

export interface OwnCorpusOptions {
  /** Asked for only when a story has to be written. */
  readonly engine: () => Promise<Pick<Engine, 'generate'>>
  readonly modelSha256: string
  readonly graphVersion: string
  readonly tokenizer: Tokenizer
  readonly chat: Chat
  /** Gives the concepts with their stems, and the neutral texts. */
  readonly shipped: Corpus
  readonly topics: readonly string[]
  readonly storiesPerConcept: number
  readonly seed: number
  /** First token of a story that is read. */
  readonly skip: number
  /** Where the stories are kept; one process at a time. */
  readonly path: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Fewer make no vector: one story is its topic. */
const LEAST_STORIES = 2

/**
 * A corpus that the model wrote itself: for each concept of the shipped one the same topics, a story each. Stories that name their concept or
 * end before anything would be read are left out and counted; a concept with fewer than two left is left out, too. Nothing that the
 * model writes is an error.
 */
export async function writeOwnCorpus(
  options: OwnCorpusOptions,
): Promise<{ readonly corpus: Corpus; readonly stories: WrittenStories }> {
  const { shipped, path } = options
  const topics = chooseTopics(options.topics, options.storiesPerConcept, options.seed)
  const orders = [...ordersOf(shipped.concepts, 'emotion', topics), ...ordersOf(shipped.unrelated, 'subject', topics)]
  using file = openStoryFile(path)
  const written = await writeStories(orders, { ...options, file })
  return toCorpus(written, options)
}

const ordersOf = (concepts: readonly Concept[], kind: StoryOrder['kind'], topics: readonly string[]): StoryOrder[] =>
  concepts.flatMap(({ name }) =>
    topics.map((topic, i) => ({
      concept: name,
      kind,
      topic,
      person: i % 2 === 0 ? ('third' as const) : ('first' as const),
    })),
  )

function toCorpus(written: readonly Story[], { shipped, tokenizer, skip, path }: OwnCorpusOptions) {
  const stemsOf = new Map([...shipped.concepts, ...shipped.unrelated].map(({ name, stems }) => [name, stems]))
  const judged = written.map((story) => ({
    ...story,
    leaks: leaksIn(story.text, stemsOf.get(story.concept)!).length > 0,
    // The beginning-of-text token only makes it longer.
    isShort: tokenizer.encode(story.text, { special: false }).length <= Math.max(1, skip),
  }))
  const kept = judged.filter((story) => !story.leaks && !story.isShort)
  const conceptsOf = (family: readonly Concept[]): Concept[] => {
    const told = family.flatMap(({ name, stems }) => {
      const passages = kept
        .filter((story) => story.concept === name)
        .map(({ topic, text }) => ({ scene: topic, text }))
        .toSorted((a, b) => (a.scene < b.scene ? -1 : 1))
      return passages.length < LEAST_STORIES ? [] : [{ name, stems, passages, templates: [] }]
    })
    // One concept alone has no others to be told from.
    return told.length < 2 ? [] : told
  }
  const [concepts, unrelated] = [conceptsOf(shipped.concepts), conceptsOf(shipped.unrelated)]
  const scenes = [...new Set(kept.map(({ topic }) => topic))].toSorted()
  const told = new Set([...concepts, ...unrelated].map(({ name }) => name))
  const stories: WrittenStories = {
    written: written.length,
    leaked: judged.filter((story) => story.leaks).length,
    tooShort: judged.filter((story) => story.isShort && !story.leaks).length,
    withoutVector: [...stemsOf.keys()].filter((name) => !told.has(name)),
  }
  const content = { concepts, unrelated, neutral: shipped.neutral, scenes }
  // The verdict of a set speaks of the stories that were left out, so they count.
  const hash = createHash('sha256')
    .update(JSON.stringify([hashOf(content), stories]))
    .digest('hex')
  return { corpus: { ...content, hash, source: path }, stories }
}
