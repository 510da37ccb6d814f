import { randomVector } from '../controls/random.ts'
import type { Addition, Engine } from '../engine/types.ts'
import { layerOf, type LayerVectors, type VectorSet, vectorHash } from '../extract/set.ts'
import type { TextReader } from '../extract/texts.ts'
import type { Chat } from '../model/chat.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { type Geometry, judgeGeometry } from './geometry.ts'
import { loadItems, type VerificationItems } from './items.ts'
import { judgeLadder, type LadderResult } from './ladders.ts'
import { checkPrompts, type CheckVerdict, judgeCheck, readCheck } from './manipulation.ts'
import { judgeSituations, readSituations, type SituationsResult } from './situations.ts'

/** The parts that controls can be put through: vectors that know nothing must fail them. */
interface ReadingParts {
  readonly situations: SituationsResult
  readonly geometry: Geometry
}

/** What a vector set is worth on a model, with the evidence against it. */
export interface VerificationCard extends ReadingParts {
  readonly layer: number
  readonly ladders: readonly LadderResult[]
  readonly manipulation: CheckVerdict
  readonly splitHalf: Readonly<Record<string, number>>
  /** The same parts with vectors that know nothing: random directions, and each concept with the vector of another. */
  readonly controls: { readonly random: ReadingParts; readonly shuffled: ReadingParts }
  /** Situations and manipulation pass, and both controls fail the situations. */
  readonly result: 'pass' | 'fail'
}

export interface VerifyOptions {
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly chat: Chat
  readonly set: VectorSet
  readonly layer: number
  readonly strength?: number
  readonly random?: number
  readonly signal?: AbortSignal | undefined
}

/** The card: situations against label permutations, geometry against permuted ratings, ladders against their controls, the manipulation check against random and lexical vectors. */
export async function verifyVectors(options: VerifyOptions): Promise<VerificationCard> {
  const items = loadItems()
  const { set, layer, engine, chat, tokenizer, signal } = options
  const reader: TextReader = { engine, tokenizer, layers: [layer], signal }
  const own = layerOf(set, layer)
  const { real, controls } = await readingParts(reader, own, set, items)
  const ladderParts = { reader, engine, chat, tokenizer, vectors: own }
  const testable = <L extends { readonly concept: string }>(ladders: readonly L[]) =>
    ladders.filter(({ concept }) => own.vectors.has(concept))
  const ladders: LadderResult[] = []
  for (const ladder of testable(items.ladders)) ladders.push(await judgeLadder(ladderParts, ladder, 'words'))
  for (const ladder of testable(items.numeric)) ladders.push(await judgeLadder(ladderParts, ladder, 'numbers'))
  const manipulation = await checkManipulation(options, items)
  const splitHalf = Object.fromEntries(emotionsOf(set).map((name) => [name, own.facts.get(name)!.splitHalf]))
  const passes =
    real.situations.result === 'pass' &&
    manipulation.result === 'pass' &&
    controls.random.situations.result === 'fail' &&
    controls.shuffled.situations.result === 'fail'
  return { layer, ...real, ladders, manipulation, splitHalf, controls, result: passes ? 'pass' : 'fail' }
}

const emotionsOf = (set: VectorSet): string[] =>
  [...set.families].flatMap(([name, family]) => (family === 'emotion' ? [name] : []))

async function readingParts(reader: TextReader, { vectors }: LayerVectors, set: VectorSet, items: VerificationItems) {
  const emotions = emotionsOf(set)
  const tested = Object.keys(items.situations).filter((name) => emotions.includes(name))
  const read = await readSituations(reader, items.situations, tested)
  const judge = (vectorOf: (concept: string) => Float32Array): ReadingParts => ({
    situations: judgeSituations(read, vectorOf),
    geometry: judgeGeometry(new Map(emotions.map((name) => [name, vectorOf(name)])), items.ratings),
  })
  const next = (concept: string) => emotions[(emotions.indexOf(concept) + 1) % emotions.length]!
  return {
    real: judge((concept) => vectors.get(concept)!),
    controls: {
      random: judge((concept) => randomVector(emotions.indexOf(concept), set.width)),
      shuffled: judge((concept) => vectors.get(next(concept))!),
    },
  }
}

async function checkManipulation(options: VerifyOptions, { manipulation }: VerificationItems): Promise<CheckVerdict> {
  const { engine, set, layer, strength = 0.1, random = 12, signal } = options
  const { vectors, norms } = layerOf(set, layer)
  const prompts = checkPrompts(options, manipulation)
  const addition = (name: string, vector: Float32Array): Addition[] => [
    { layer, vector, coefficient: strength * norms.norm, name, hash: vectorHash(vector) },
  ]
  const ask = async (additions: readonly Addition[]) => {
    const answers: number[][] = []
    for (const prompt of prompts) answers.push(await readCheck(engine, prompt, { additions }, signal))
    return answers
  }
  const all = async (names: readonly string[], vectorOf: (name: string) => Float32Array) => {
    const out: number[][][] = []
    for (const name of names) out.push(await ask(addition(name, vectorOf(name))))
    return out
  }
  const { concepts } = manipulation
  const numbers = Array.from({ length: random }, (_, i) => String(i))
  return judgeCheck({
    vectors: concepts,
    concepts,
    baseline: await ask([]),
    own: await all(concepts, (c) => vectors.get(c)!),
    lexical: await all(concepts, (c) => vectors.get(`lexical:${c}`)!),
    random: await all(numbers, (i) => randomVector(Number(i), set.width)),
  })
}
