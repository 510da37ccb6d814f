import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { InfraError } from '../errors.ts'

const storyShape = z.object({
  /** Names the request that the story answers: model, prompt and sampling. */
  key: z.string(),
  concept: z.string(),
  topic: z.string(),
  text: z.string(),
  tokens: z.number(),
  finish: z.enum(['stop', 'length', 'context']),
})

/** A story as the model wrote it. */
export type Story = z.infer<typeof storyShape>

/** Stories that a model has written, on disk: one JSON line each, only ever appended. */
export interface StoryFile extends Disposable {
  get(key: string): Story | undefined
  add(story: Story): void
}

/**
 * Opens or begins a file of stories. A line that a killed process left unfinished, and all behind it, are dropped. One process at a time may
 * hold it. Errors: those of the file system.
 */
export function openStoryFile(path: string): StoryFile {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a+')
  const { stories, length } = readStories(readFileSync(file))
  ftruncateSync(file, length)
  return {
    get: (key) => stories.get(key),
    add(story) {
      const line = Buffer.from(lineOf(story))
      if (writeSync(file, line) !== line.length) throw new InfraError(`${path}: the disk took only a part of a line`)
      stories.set(story.key, story)
    },
    [Symbol.dispose]: () => closeSync(file),
  }
}

/** `{"story":{…},"crc32":…}` */
function lineOf(story: Story): string {
  const text = JSON.stringify(story)
  return `{"story":${text},"crc32":${crc32(text)}}\n`
}

function readStories(file: Buffer): { readonly stories: Map<string, Story>; readonly length: number } {
  const stories = new Map<string, Story>()
  let at = 0
  for (let end = file.indexOf('\n'); end >= 0; end = file.indexOf('\n', at)) {
    const story = parseLine(file.toString('utf8', at, end))
    if (!story) break
    stories.set(story.key, story)
    at = end + 1
  }
  return { stories, length: at }
}

const lineShape = z.object({ story: storyShape, crc32: z.number() })

function parseLine(text: string): Story | undefined {
  try {
    const { story, crc32: sum } = lineShape.parse(JSON.parse(text))
    return crc32(JSON.stringify(story)) === sum ? story : undefined
  } catch {
    return undefined
  }
}
