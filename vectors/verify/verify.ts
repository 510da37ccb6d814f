import { namedVector } from '../controls/named.ts'
import { covarianceVector, randomVector } from '../controls/random.ts'
import type { Addition, Engine } from '../engine/types.ts'
import { MEANINGLESS_TOP_SHARE, type ReferenceNorms } from '../extract/norms.ts'
import { layerOf, type LayerVectors, type VectorSet, vectorHash } from '../extract/set.ts'
import type { TextReader } from '../extract/texts.ts'
import type { Chat } from '../model/chat.ts'
import type { Gguf } from '../model/gguf.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { CORE_CONCEPTS } from '../stories/corpus.ts'
import { type Geometry, judgeGeometry } from './geometry.ts'
import { loadItems, type VerificationItems } from './items.ts'
import { judgeLadder, type LadderResult } from './ladders.ts'
import { type LensWords, logitLens } from './logit-lens.ts'
import { type CheckAnswers, checkPrompts, type CheckVerdict, judgeCheck, readCheck } from './manipulation.ts'
import { judgeSelectivity, judgeSteering, type Selectivity, type SteeringSelectivity } from './selectivity.ts'
import { judgeSituations, type ReadSituations, readSituations, type SituationsResult } from './situations.ts'

type Result = 'pass' | 'fail' | 'not testable'

/** The parts that controls are put through, too: vectors that know nothing must fail them. */
export interface CardParts {
  readonly situations: SituationsResult
  readonly selectivity: Selectivity
  readonly geometry: Geometry
  readonly manipulation: CheckVerdict
  readonly steering: SteeringSelectivity
  /** Situations and manipulation decide: both must pass. */
  readonly result: Result
}

export type ControlName = 'random' | 'shuffled' | 'unrelated'

/** What a vector set is worth on a model, with the evidence against it. */
export interface VerificationCard extends CardParts {
  readonly layer: number
  /** Dose of the manipulation check in this unit: the mean norm, or, where that means nothing, the mean length around the mean. */
  readonly strength: number
  readonly unit: 'norm' | 'centred'
  readonly ladders: readonly LadderResult[]
  readonly splitHalf: Readonly<Record<string, number>>
  /** Of the core concepts that the set has. */
  readonly lens: Readonly<Record<string, LensWords>>
  /**
   * The same parts with vectors that know nothing of the concept they are given to: random directions; `shuffled#0`, where the set holds its
   * texts one by one; random mixtures of the unrelated topics' vectors, where the set has any.
   */
  readonly controls: Readonly<Partial<Record<ControlName, CardParts>>>
  /** The set's own parts pass, and no control's do. */
  readonly result: Result
}

export interface VerifyOptions {
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly chat: Chat
  /** For the logit lens; without it the card has none. */
  readonly gguf?: Gguf
  readonly set: VectorSet
  readonly layer: number
  /** @default 0.1 */
  readonly strength?: number
  /** Random vectors of the manipulation check. @default 12 */
  readonly random?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The card: situations against label permutations, geometry against permuted ratings, ladders against their controls, the manipulation
 * check against random and lexical vectors; and the same for controls. Errors: InputError for a layer that the set does not have.
 */
export async function verifyVectors(options: VerifyOptions): Promise<VerificationCard> {
  const items = loadItems()
  const { set, layer, engine, chat, tokenizer, gguf, signal, strength = 0.1 } = options
  const reader: TextReader = { engine, tokenizer, layers: [layer], signal }
  const own = layerOf(set, layer)
  const emotions = emotionsOf(set)
  const read = await readSituations(
    reader,
    items.situations,
    Object.keys(items.situations).filter((name) => emotions.includes(name)),
  )
  const steered = await steerAll({ ...options, strength }, items)
  const judge = (column: Column) => judgeColumn({ read, emotions, items, steered }, column)
  const real = judge({ vectorOf: (concept) => own.vectors.get(concept)!, answers: steered.own, random: steered.random })
  const controls = Object.fromEntries(
    [...controlColumns(set, layer, steered)].map(([name, column]) => [name, judge(column)]),
  )
  const ladderParts = { reader, engine, chat, tokenizer, vectors: own }
  const testable = <L extends { readonly concept: string }>(ladders: readonly L[]) =>
    ladders.filter(({ concept }) => own.vectors.has(concept))
  const ladders: LadderResult[] = []
  for (const ladder of testable(items.ladders)) ladders.push(await judgeLadder(ladderParts, ladder, 'words'))
  for (const ladder of testable(items.numeric)) ladders.push(await judgeLadder(ladderParts, ladder, 'numbers'))
  return {
    layer,
    strength,
    unit: unitOf(own.norms),
    ...real,
    ladders,
    splitHalf: Object.fromEntries(emotions.map((name) => [name, own.facts.get(name)!.splitHalf])),
    lens: gguf ? coreLens({ gguf, tokenizer }, own) : {},
    controls,
    result: resultOf(real, Object.values(controls)),
  }
}

const unitOf = ({ topShare }: ReferenceNorms): VerificationCard['unit'] =>
  topShare > MEANINGLESS_TOP_SHARE ? 'centred' : 'norm'

/** A control that passes says that the battery, not the set, is what one sees. */
const resultOf = (real: CardParts, controls: readonly CardParts[]): Result =>
  real.result === 'pass' && controls.some((c) => c.result === 'pass') ? 'fail' : real.result

const emotionsOf = (set: VectorSet): string[] =>
  [...set.families].flatMap(([name, family]) => (family === 'emotion' ? [name] : []))

/** Answers of the manipulation check under each vector, in the order of `concepts`. */
interface Steered {
  readonly concepts: readonly string[]
  /** Those of the concepts that the set has. */
  readonly checked: readonly string[]
  readonly baseline: CheckAnswers
  readonly own: readonly CheckAnswers[]
  readonly lexical: readonly CheckAnswers[]
  readonly random: readonly CheckAnswers[]
  /** `shuffled#0` of each checked concept; none when the set does not hold its texts one by one. */
  readonly shuffled: readonly CheckAnswers[]
  /** One mixture of the unrelated topics a checked concept; none without such topics. */
  readonly unrelated: readonly CheckAnswers[]
}

async function steerAll(
  options: VerifyOptions & { readonly strength: number },
  { manipulation }: VerificationItems,
): Promise<Steered> {
  const { engine, set, layer, strength, random = 12, signal } = options
  const { vectors, norms, texts } = layerOf(set, layer)
  const prompts = checkPrompts(options, manipulation)
  const ask = async (additions: readonly Addition[]) => {
    const answers: number[][] = []
    for (const prompt of prompts) answers.push(await readCheck(engine, prompt, { additions }, signal))
    return answers
  }
  const askAll = async (steering: readonly (readonly [string, Float32Array])[]) => {
    const out: number[][][] = []
    for (const [name, vector] of steering)
      out.push(
        await ask([{ layer, vector, coefficient: strength * norms[unitOf(norms)], name, hash: vectorHash(vector) }]),
      )
    return out
  }
  const { concepts } = manipulation
  const checked = concepts.filter((c) => vectors.has(c) && vectors.has(`lexical:${c}`))
  const topics = unrelatedOf(set, vectors)
  const numbers = Array.from({ length: random }, (_, i) => i)
  return {
    concepts,
    checked,
    baseline: await ask([]),
    own: await askAll(checked.map((c) => [c, vectors.get(c)!])),
    lexical: await askAll(checked.map((c) => [`lexical:${c}`, vectors.get(`lexical:${c}`)!])),
    random: await askAll(numbers.map((i) => [`random#${i}`, randomVector(i, set.width)])),
    shuffled: await askAll(
      texts ? checked.map((c) => [shuffledName(c), namedVector(set, layer, shuffledName(c)).vector]) : [],
    ),
    unrelated: await askAll(
      topics.length < 2 ? [] : checked.map((c) => [`unrelated mixture ${c}`, mixture(concepts.indexOf(c), topics)]),
    ),
  }
}

const unrelatedOf = (set: VectorSet, vectors: LayerVectors['vectors']): Float32Array[] =>
  [...set.families].flatMap(([name, family]) => (family === 'unrelated' ? [vectors.get(name)!] : []))

/** What a concept gets when the set's texts have been dealt anew, as a study would name it. */
const shuffledName = (concept: string): string => `shuffled#0:${concept}`

/** A unit vector among those of the unrelated topics, another one for every number: made by the recipe, it knows nothing of emotions. */
const mixture = covarianceVector

/** A set of vectors by concept, and what steering by them did to the checked concepts' continuations. */
interface Column {
  readonly vectorOf: (concept: string) => Float32Array
  readonly answers: readonly CheckAnswers[]
  /** What the answers are compared with. */
  readonly random: readonly CheckAnswers[]
}

function controlColumns(set: VectorSet, layer: number, steered: Steered): Map<ControlName, Column> {
  const { vectors, texts } = layerOf(set, layer)
  const emotions = emotionsOf(set)
  const at = (concept: string) => emotions.indexOf(concept)
  const topics = unrelatedOf(set, vectors)
  const { checked, random } = steered
  const columns = new Map<ControlName, Column>()
  columns.set('random', {
    vectorOf: (concept) => randomVector(at(concept), set.width),
    answers: random.slice(0, checked.length),
    random: random.slice(checked.length),
  })
  if (texts) {
    const vectorOf = (concept: string) => namedVector(set, layer, shuffledName(concept)).vector
    const shuffled = new Map(emotions.map((concept) => [concept, vectorOf(concept)]))
    columns.set('shuffled', { vectorOf: (concept) => shuffled.get(concept)!, answers: steered.shuffled, random })
  }
  if (topics.length >= 2)
    columns.set('unrelated', {
      vectorOf: (concept) => mixture(at(concept), topics),
      answers: steered.unrelated,
      random,
    })
  return columns
}

interface Evidence {
  readonly read: ReadSituations
  readonly emotions: readonly string[]
  readonly items: VerificationItems
  readonly steered: Steered
}

function judgeColumn({ read, emotions, items, steered }: Evidence, { vectorOf, answers, random }: Column): CardParts {
  const { concepts, checked: vectors, baseline, lexical } = steered
  const situations = judgeSituations(read, vectorOf)
  const manipulation = judgeCheck({ concepts, vectors, baseline, own: answers, lexical, random })
  const decisive = [situations.result, manipulation.result]
  return {
    situations,
    selectivity: judgeSelectivity(read, emotions, vectorOf),
    geometry: judgeGeometry(new Map(emotions.map((name) => [name, vectorOf(name)])), items.ratings),
    manipulation,
    steering: judgeSteering({ concepts, vectors, baseline, own: answers }),
    result: decisive.includes('fail') ? 'fail' : decisive.includes('not testable') ? 'not testable' : 'pass',
  }
}

function coreLens(parts: { readonly gguf: Gguf; readonly tokenizer: Tokenizer }, { vectors }: LayerVectors) {
  const core = CORE_CONCEPTS.filter((name) => vectors.has(name))
  const lens = logitLens(parts, new Map(core.map((name) => [name, vectors.get(name)!])), { wordOf: (name) => name })
  return Object.fromEntries(lens)
}
