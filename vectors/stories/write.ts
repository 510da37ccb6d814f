import { createHash } from 'node:crypto'
import type { Engine } from '../engine/types.ts'
import type { Chat } from '../model/chat.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { keyOf } from '../random.ts'
import { PROMPT_VERSION, storyPrompt, type StoryOrder } from './prompts.ts'
import type { Story, StoryFile } from './story-file.ts'

export interface WriteOptions {
  /** Asked for only when a story has to be written. */
  readonly engine: () => Promise<Pick<Engine, 'generate'>>
  readonly modelSha256: string
  readonly graphVersion: string
  readonly tokenizer: Tokenizer
  readonly chat: Chat
  /** Stories that are there already are not written again. */
  readonly file: StoryFile
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Longest story in tokens: a paragraph of 120 words and some room. */
const STORY_TOKENS = 180
const TEMPERATURE = 0.9
const TOP_P = 0.95

/**
 * The ordered stories, in the order of the orders, written by the model itself. The same model, order and seed give the same story, whatever is
 * written beside it; each is in the file as soon as it is done.
 */
export async function writeStories(orders: readonly StoryOrder[], options: WriteOptions): Promise<Story[]> {
  const { file, onProgress } = options
  let done = 0
  return Promise.all(
    orders.map(async (order) => {
      const request = requestOf(order, options)
      const known = file.get(request.key)
      const story = known ?? (await write(order, request, options))
      done++
      // What was there already is no news.
      if (!known) onProgress?.(done, orders.length)
      return story
    }),
  )
}

interface StoryRequest {
  readonly key: string
  readonly ids: readonly number[]
  readonly sampling: {
    readonly temperature: number
    readonly topP: number
    readonly seed: readonly [number, number]
    readonly turn: 0
  }
}

function requestOf(order: StoryOrder, { modelSha256, graphVersion, chat, seed }: WriteOptions): StoryRequest {
  const { ids } = chat.encodeConversation({ messages: storyPrompt(order), addGenerationPrompt: true })
  const sampling = {
    temperature: TEMPERATURE,
    topP: TOP_P,
    seed: keyOf('story', PROMPT_VERSION, seed, order.concept, order.topic),
    turn: 0,
  } as const
  const text = JSON.stringify([PROMPT_VERSION, modelSha256, graphVersion, ids, sampling, STORY_TOKENS, chat.endOfTurn])
  return { key: createHash('sha256').update(text).digest('hex').slice(0, 24), ids, sampling }
}

async function write(
  { concept, topic }: StoryOrder,
  { key, ids, sampling }: StoryRequest,
  { engine, tokenizer, chat, file, signal }: WriteOptions,
): Promise<Story> {
  const { tokens, finish } = await (
    await engine()
  ).generate({
    tokens: ids,
    maxNewTokens: STORY_TOKENS,
    sampling,
    stopTokens: chat.endOfTurn,
    // A signal of its own: hundreds of listeners on one would look like a leak to Node.
    signal: signal && AbortSignal.any([signal]),
  })
  const text = tokenizer.decode(tokens.filter((id) => !tokenizer.isSpecial(id))).trim()
  const story: Story = { key, concept, topic, text, tokens: tokens.length, finish }
  file.add(story)
  return story
}
