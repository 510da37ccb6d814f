import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngine } from '../engine/open.ts'
import type { Engine } from '../engine/types.ts'
import { type Chat, createChat } from '../model/chat.ts'
import { temporaryFolder } from '../model/fixtures/temporary-folder.ts'
import { type Gguf, openGguf } from '../model/gguf.ts'
import { type OrganismSpec, plantedDirection, writeOrganism } from '../model/organism.ts'
import { createTokenizer, type Tokenizer } from '../model/tokenizer.ts'
import { keyOf, permutation } from '../random.ts'
import { type Concept, type Corpus, loadCorpus, selectConcepts } from '../stories/corpus.ts'
import { loadItems } from '../verify/items.ts'
import { verifyVectors } from '../verify/verify.ts'
import { dot } from './algebra.ts'
import { extractVectors } from './extract.ts'
import { DEFAULT_RECIPE } from './recipe.ts'
import type { VectorSet } from './set.ts'
import { conceptWords, pairsOf, wordsOf } from './test/corpus-words.ts'

const LAYERS = [0, 2]
const LAYER = 2
const corpus = selectConcepts(loadCorpus(), 'core')
const items = loadItems()

/** Knows the shipped corpus and situations by their words, and says the continuations of the manipulation check as its residual tells it. */
const spec: OrganismSpec = {
  // Words without a row in the head would have no lexical vector.
  turns: [[...corpus.concepts.map(({ name }) => ` ${name}`), 'I', { bad: ['no'], good: ['yes'] }, 'done']],
  words: [...new Set([...corpus.neutral, ...continuations().map(([, text]) => text)].flatMap(wordsOf))],
  concepts: withSituations(conceptWords(corpus)),
  families: [corpus.concepts, corpus.unrelated].map((family) => family.map(({ name }) => name)),
  said: Object.fromEntries(
    items.manipulation.concepts.map((concept) => [
      concept,
      unique(
        continuations().flatMap(([c, text]) => (c === concept ? wordsOf(text) : [])),
        continuations().flatMap(([c, text]) => (c === concept ? [] : [text])),
      ),
    ]),
  ),
  branchConcept: 'desperate',
  bias: 0,
  slope: 6,
}

function continuations(): [string, string][] {
  return items.manipulation.contexts.flatMap((context) => Object.entries(context.continuations))
}

function withSituations(words: Record<string, string[]>): Record<string, string[]> {
  const passages = [...corpus.concepts, ...corpus.unrelated].flatMap((c) => c.passages.map((p) => p.text))
  const own = (name: string) => items.situations[name] ?? []
  return Object.fromEntries(
    Object.entries(words).map(([name, known]) => {
      const others = Object.keys(words).flatMap((other) => (other === name ? [] : own(other)))
      return [name, [...known, ...unique(own(name).flatMap(pairsOf), [...others, ...passages, ...corpus.neutral])]]
    }),
  )
}

/** Pieces that occur in none of the other texts. */
function unique(pieces: readonly string[], others: readonly string[]): string[] {
  return [...new Set(pieces)].filter((piece) => !others.some((text) => text.includes(piece)))
}

/** Every passage and template keeps its place and gets another concept's label, in each place by another permutation. */
function shuffleLabels({ concepts, ...rest }: Corpus): Corpus {
  const from = (kind: string, place: number) => permutation(keyOf('labels', kind, place), concepts.length)
  const shuffled = concepts.map((concept, i): Concept => ({
    ...concept,
    passages: concept.passages.map((_, at) => concepts[from('passages', at)[i]!]!.passages[at]!),
    templates: concept.templates.map((_, at) => concepts[from('templates', at)[i]!]!.templates[at]!),
  }))
  return { ...rest, concepts: shuffled }
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let gguf: Gguf
let tokenizer: Tokenizer
let chat: Chat
let engine: Engine
beforeAll(async () => {
  folder = await temporaryFolder()
  const path = join(folder.path, 'organism.gguf')
  writeOrganism(path, spec)
  gguf = openGguf(path)
  tokenizer = createTokenizer(gguf.metadata)
  chat = createChat(gguf.metadata, tokenizer)
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const graphs = join(folder.path, 'graphs')
  engine = await openEngine({
    path,
    sha256,
    graphs,
    threads: 1,
    steerLayers: [LAYER],
    captureLayers: LAYERS,
    contextTokens: 1024,
    maxRows: 4,
    kvBytes: 64 << 20,
  })
})
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]()
  gguf?.[Symbol.dispose]()
  await folder?.[Symbol.asyncDispose]()
})

const extract = (from: Corpus): Promise<VectorSet> =>
  extractVectors({ engine, gguf, tokenizer, corpus: from, layers: LAYERS, recipe: DEFAULT_RECIPE })
const cosines = (set: VectorSet): number[] =>
  [...set.layers.values()].flatMap(({ vectors }) =>
    Object.keys(spec.concepts).map((name) => dot(vectors.get(name)!, plantedDirection(spec, name))),
  )
const verify = (set: VectorSet) => verifyVectors({ engine, tokenizer, chat, gguf, set, layer: LAYER })

describe('the shipped corpus and recipe on an organism that knows its words', () => {
  test('recover every planted direction, and the card passes', async () => {
    const set = await extract(corpus)
    expect(Math.min(...cosines(set))).toBeGreaterThan(0.99)
    const card = await verify(set)
    expect({
      card: card.result,
      situations: card.situations.result,
      manipulation: `${card.manipulation.result}: ${card.manipulation.reason}`,
    }).toEqual({ card: 'pass', situations: 'pass', manipulation: expect.stringMatching(/^pass/) as string })
    expect(Math.min(...Object.values(card.splitHalf))).toBeGreaterThan(0.95)
  }, 120_000)

  test('with labels dealt anew they recover nothing, and the card fails', async () => {
    const set = await extract(shuffleLabels(corpus))
    const emotions = [...set.layers.values()].flatMap(({ vectors }) =>
      corpus.concepts.map(({ name }) => dot(vectors.get(name)!, plantedDirection(spec, name))),
    )
    expect(emotions.reduce((a, b) => a + b, 0) / emotions.length).toBeLessThan(0.3)
    const card = await verify(set)
    expect(card).toMatchObject({ result: 'fail', situations: { result: 'fail' }, manipulation: { result: 'fail' } })
    expect(Math.max(...Object.values(card.splitHalf))).toBeLessThan(0.5)
  }, 120_000)
})
