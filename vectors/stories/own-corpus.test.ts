import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../model/fixtures/temporary-folder.ts'
import { CORE_CONCEPTS, loadCorpus, selectConcepts } from './corpus.ts'
import { judgeStories, storiesWarning } from './judge.ts'
import { leaksIn } from './lint.ts'
import { storyPrompt } from './prompts.ts'
import { openStoryFile, type Story } from './story-file.ts'
import { ownCorpus, writeTeller } from './test/teller.ts'
import { chooseTopics, loadTopics } from './topics.ts'

const CHILD = fileURLToPath(new URL('test/tell-child.ts', import.meta.url))

describe('topics', () => {
  const topics = loadTopics()

  test('there are 100, none twice, none names an emotion of the core', () => {
    expect(new Set(topics).size).toBe(100)
    const stems = loadCorpus()
      .concepts.filter(({ name }) => CORE_CONCEPTS.includes(name))
      .flatMap((c) => c.stems)
    expect(topics.flatMap((topic) => leaksIn(topic, stems).map(({ word }) => `${word}: ${topic}`))).toEqual([])
  })

  test('asking for more keeps those that were chosen; another seed chooses others', () => {
    expect(chooseTopics(topics, 12, 1).slice(0, 5)).toEqual(chooseTopics(topics, 5, 1))
    expect(chooseTopics(topics, 12, 2)).not.toEqual(chooseTopics(topics, 12, 1))
  })
})

test('prompts of one kind begin alike: the engine reads the beginning once', () => {
  const text = (concept: string, topic: string) =>
    storyPrompt({ concept, kind: 'emotion', topic, person: 'third' })
      .map((m) => m.content)
      .join('\n')
  const [a, b] = [text('calm', 'a tram stops'), text('sad', 'a ship sails')]
  let shared = 0
  while (a[shared] === b[shared]) shared++
  expect(shared / a.length).toBeGreaterThan(0.5)
})

describe('a file of stories', () => {
  const story = (key: string): Story => ({
    key,
    concept: 'calm',
    topic: 't',
    text: `é ${key}`,
    tokens: 3,
    finish: 'stop',
  })

  test.each<[string, (bytes: Buffer) => Buffer, number]>([
    ['untouched', (b) => b, 3],
    ['cut inside the last line', (b) => b.subarray(0, -4), 2],
    ['without its last line end', (b) => b.subarray(0, -1), 2],
    ['with a letter changed in the second line', (b) => Buffer.from(b.toString().replace('é b', 'é x')), 1],
    ['with a line of something else', (b) => Buffer.concat([Buffer.from('{}\n'), b]), 0],
  ])('%s', async (_, change, left) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a.jsonl')
    {
      using file = openStoryFile(path)
      for (const key of ['a', 'b', 'c']) file.add(story(key))
    }
    writeFileSync(path, change(readFileSync(path)))
    {
      using file = openStoryFile(path)
      expect(['a', 'b', 'c'].filter((key) => file.get(key) !== undefined)).toHaveLength(left)
      for (const key of ['a', 'b', 'c']) if (!file.get(key)) file.add(story(key))
    }
    using file = openStoryFile(path)
    expect(['a', 'b', 'c'].map((key) => file.get(key))).toEqual(['a', 'b', 'c'].map(story))
  })
})

describe('a model writes its corpus', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  beforeAll(async () => {
    folder = await temporaryFolder()
    writeTeller(folder.path)
  })
  afterAll(() => folder?.[Symbol.asyncDispose]())
  const start = (name: string, dieAfter = 0) =>
    execa(process.execPath, ['--import', 'tsx', CHILD, folder.path, name, String(dieAfter)], { reject: false })

  test('the same stories, whatever is written beside them and however often it is killed', async () => {
    const whole = await ownCorpus(folder.path, { file: 'whole.jsonl', rows: 4 })
    expect(whole.written).toBe(4 * 6)
    for (const dieAfter of [1, 5]) expect((await start('killed.jsonl', dieAfter)).signal).toBe('SIGKILL')
    appendFileSync(join(folder.path, 'killed.jsonl'), '{"story":{"key":"torn')
    const { stdout, exitCode } = await start('killed.jsonl')
    expect(exitCode).toBe(0)
    const last = JSON.parse(stdout) as { hash: string; written: number }
    expect(last.hash).toBe(whole.corpus.hash)
    expect(last.written).toBeLessThan(4 * 6 - 4)
    const again = await ownCorpus(folder.path, { file: 'killed.jsonl', rows: 1 })
    expect([again.written, again.corpus]).toEqual([0, { ...whole.corpus, source: join(folder.path, 'killed.jsonl') }])
    const other = await ownCorpus(folder.path, { file: 'other.jsonl', seed: 2 })
    expect(other.corpus.hash).not.toBe(whole.corpus.hash)
  }, 60_000)

  test('more stories a concept keep those that are there', async () => {
    const few = await ownCorpus(folder.path, { file: 'more.jsonl', storiesPerConcept: 3 })
    const more = await ownCorpus(folder.path, { file: 'more.jsonl', storiesPerConcept: 5 })
    expect([few.written, more.written]).toEqual([12, 8])
  })

  test('what names its concept or is too short is left out and counted', async () => {
    const { corpus, stories } = await ownCorpus(folder.path, { file: 'whole.jsonl', rows: 4 })
    expect(stories.leaked).toBeGreaterThan(0)
    expect(stories.tooShort).toBeGreaterThan(0)
    const all = [...corpus.concepts, ...corpus.unrelated]
    for (const { name, stems, passages } of all)
      for (const { text } of passages) expect(leaksIn(text, stems), `${name}: ${text}`).toEqual([])
    const kept = all.reduce((n, c) => n + c.passages.length, 0)
    expect(kept).toBeLessThanOrEqual(stories.written - stories.leaked - stories.tooShort)
    expect(existsSync(corpus.source)).toBe(true)
    expect(createHash('sha256').update(JSON.stringify(corpus)).digest('hex')).not.toBe(corpus.hash)
  })
})

test.each([
  [[0.5, 0.3], true],
  [[0.5, 0.05], false],
  [[0, 0], false],
])('split-halves %j: valid %s', (splitHalves, valid) => {
  const stories = { written: 20, leaked: 5, tooShort: 1, withoutVector: [] }
  const verdict = judgeStories(stories, { layer: 3, splitHalves })
  expect(verdict).toMatchObject({ valid, leakRate: 0.25, layer: 3 })
  expect(storiesWarning(verdict)).toEqual(
    valid ? undefined : expect.stringMatching(/^these vectors are not valid: split-half/),
  )
})

test('a corpus that people wrote is not judged', () => {
  expect(storiesWarning(undefined)).toBeUndefined()
  expect(selectConcepts(loadCorpus(), 'core').concepts).toHaveLength(CORE_CONCEPTS.length)
})
