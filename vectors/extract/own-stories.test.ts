import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Corpus, hashOf } from '../stories/corpus.ts'
import { loadVectorSet } from './set.ts'
import { LAYERS, obtainTold, type Told, toldOrganism } from './test/told-organism.ts'

const STORIES = { written: 40, leaked: 10, tooShort: 5, withoutVector: ['birch'] }

let told: Told
beforeEach(() => void (told = toldOrganism()))
afterEach(() => told[Symbol.dispose]())

/** Each scene gives its passages to other concepts, so that none keeps anything of its own. */
function dealAnew(corpus: Corpus): Corpus {
  const concepts = corpus.concepts.map((concept, i) => ({
    ...concept,
    passages: concept.passages.map((_, at) => corpus.concepts[(i + at) % corpus.concepts.length]!.passages[at]!),
  }))
  const { unrelated, neutral, scenes, source } = corpus
  return { concepts, unrelated, neutral, scenes, source, hash: hashOf({ concepts, unrelated, neutral, scenes }) }
}

test('stories that tell the concepts apart make a valid set, and the set says how they came out', async () => {
  const { path, set } = await obtainTold(told.folder, { stories: STORIES })
  expect(set.stories).toMatchObject({ ...STORIES, valid: true, leakRate: 0.25, layer: LAYERS[1] })
  expect(set.stories!.splitHalf).toBeGreaterThan(0.8)
  expect(loadVectorSet(path).stories).toEqual(set.stories)
})

test('stories that do not are stored as not valid, and found as not valid again', async () => {
  const options = { stories: STORIES, corpus: dealAnew }
  const { set } = await obtainTold(told.folder, options)
  expect(set.stories).toMatchObject({ valid: false })
  expect(set.stories!.splitHalf).toBeLessThan(0.3)
  const again = await obtainTold(told.folder, options)
  expect([again.isNew, again.set.stories]).toEqual([false, set.stories])
})

test('a set from written texts says nothing of stories', async () => {
  const { path } = await obtainTold(told.folder)
  expect(loadVectorSet(path)).not.toHaveProperty('stories')
})
