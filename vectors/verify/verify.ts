import { randomVector } from '../controls/random.ts'
import type { Addition, Engine } from '../engine/types.ts'
import { dot, mean } from '../extract/algebra.ts'
import { layerOf, type VectorSet, vectorHash } from '../extract/set.ts'
import { readMean, type TextReader } from '../extract/texts.ts'
import type { Chat } from '../model/chat.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { keyOf, permutation } from '../random.ts'
import { type Ladder, loadItems, type VerificationItems } from './items.ts'
import { checkPrompts, type CheckVerdict, judgeCheck, readCheck } from './manipulation.ts'

export interface LadderResult {
  readonly id: string
  readonly concept: string
  readonly kind: 'words' | 'numbers'
  readonly result: 'pass' | 'fail' | 'not testable'
  /** Last step minus first, in standard deviations of neutral text, in the expected direction. */
  readonly effect: number
  readonly control: number
  /** Log-odds of "yes" at the ladder's dangerous end minus its harmless end: can the model tell at all? */
  readonly gate: number
}

/** What a vector set is worth on a model, with the evidence against it. */
export interface VerificationCard {
  readonly layer: number
  readonly situations: {
    readonly result: 'pass' | 'fail'
    readonly top1: number
    readonly top3: number
    readonly chance: number
    /** 95th percentile of top-1 over label permutations. */
    readonly permuted95: number
    readonly byConcept: Readonly<Record<string, number>>
  }
  readonly ladders: readonly LadderResult[]
  readonly manipulation: CheckVerdict
  readonly splitHalf: Readonly<Record<string, number>>
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

/** The card: situations against label permutations, ladders against their controls, the manipulation check against random and lexical vectors. */
export async function verifyVectors(options: VerifyOptions): Promise<VerificationCard> {
  const items = loadItems()
  const { set, layer } = options
  const situations = await judgeSituations(options, items)
  const ladders: LadderResult[] = []
  for (const ladder of items.ladders) ladders.push(await judgeLadder(options, ladder, 'words'))
  for (const ladder of items.numeric) ladders.push(await judgeLadder(options, ladder, 'numbers'))
  const manipulation = await checkManipulation(options, items)
  const splitHalf = Object.fromEntries(
    [...layerOf(set, layer).facts]
      .filter(([name]) => set.families.get(name) === 'emotion')
      .map(([name, f]) => [name, f.splitHalf]),
  )
  const result = situations.result === 'pass' && manipulation.result === 'pass' ? 'pass' : 'fail'
  return { layer, situations, ladders, manipulation, splitHalf, result }
}

const readerOf = ({ engine, tokenizer, layer, signal }: VerifyOptions): TextReader => ({
  engine,
  tokenizer,
  layers: [layer],
  signal,
})

/** Every situation is read as a mean over its tokens, centred on the mean of all situations; the vector it projects on most should be its own. */
async function judgeSituations(
  options: VerifyOptions,
  { situations }: VerificationItems,
): Promise<VerificationCard['situations']> {
  const { set, layer } = options
  const { vectors } = layerOf(set, layer)
  const concepts = Object.keys(situations).filter((name) => vectors.has(name))
  const texts = concepts.flatMap((concept) => situations[concept]!.map((text) => ({ concept, text })))
  const reader = readerOf(options)
  const means = await Promise.all(
    texts.map(async ({ text }) => (await readMean(reader, text, { token: 1 })).layers[0]!),
  )
  const centre = mean(means)
  const scores = means.map((m) =>
    concepts.map((c) =>
      dot(
        m.map((v, i) => v - centre[i]!),
        vectors.get(c)!,
      ),
    ),
  )
  // Columns are centred by construction; their spread differs from vector to vector, so they are standardised.
  const spread = concepts.map((_, k) => Math.sqrt(scores.reduce((s, row) => s + row[k]! ** 2, 0) / scores.length))
  const ranks = scores.map((row, i) =>
    rankOf(
      row.map((v, k) => v / spread[k]!),
      concepts.indexOf(texts[i]!.concept),
    ),
  )
  const top = (k: number) => ranks.filter((r) => r < k).length / ranks.length
  const permuted95 = permutationLimit(
    scores.map((row) => row.map((v, k) => v / spread[k]!)),
    texts.map((t) => concepts.indexOf(t.concept)),
  )
  const byConcept = Object.fromEntries(
    concepts.map((c) => [c, ranks.filter((r, i) => texts[i]!.concept === c && r === 0).length / situations[c]!.length]),
  )
  return {
    result: top(1) > permuted95 ? 'pass' : 'fail',
    top1: top(1),
    top3: top(3),
    chance: 1 / concepts.length,
    permuted95,
    byConcept,
  }
}

const rankOf = (row: readonly number[], own: number): number => row.filter((v) => v > row[own]!).length

const PERMUTATIONS = 1000

/** Top-1 that label permutations stay below in 95 of 100 cases. */
function permutationLimit(scores: readonly (readonly number[])[], labels: readonly number[]): number {
  const best = scores.map((row) => row.indexOf(Math.max(...row)))
  const rates = Array.from({ length: PERMUTATIONS }, (_, p) => {
    const order = permutation(keyOf('label permutation', p), labels.length)
    return best.filter((b, i) => b === labels[order[i]!]).length / labels.length
  })
  return rates.toSorted((a, b) => a - b)[Math.floor(0.95 * PERMUTATIONS)]!
}

const EFFECT = 0.3
const TIMES_CONTROL = 2
const GATE = 0.5

/** Passes when the reading moves by ≥ .3 SD in the named direction and at least twice as far as on the control; untestable where the model itself cannot tell. */
async function judgeLadder(options: VerifyOptions, ladder: Ladder, kind: 'words' | 'numbers'): Promise<LadderResult> {
  const sign = ladder.direction === 'up' ? 1 : -1
  const gate = await gateOf(options, ladder)
  const effect = sign * (await rise(options, ladder.concept, ladder.steps))
  const control = sign * (await rise(options, ladder.concept, ladder.control))
  const passes = effect >= EFFECT && effect >= TIMES_CONTROL * Math.abs(control)
  return {
    id: ladder.id,
    concept: ladder.concept,
    kind,
    result: gate < GATE ? 'not testable' : passes ? 'pass' : 'fail',
    effect,
    control,
    gate,
  }
}

/** Slope of the reading over the steps (least squares), times the number of steps, in neutral standard deviations. */
async function rise(options: VerifyOptions, concept: string, steps: readonly string[]): Promise<number> {
  const { set, layer } = options
  const { vectors, facts } = layerOf(set, layer)
  const reader = readerOf(options)
  const read = await Promise.all(
    steps.map(async (text) => dot((await readMean(reader, text, { token: 1 })).layers[0]!, vectors.get(concept)!)),
  )
  const middle = (steps.length - 1) / 2
  const slope =
    read.reduce((sum, v, i) => sum + (i - middle) * v, 0) / read.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  return (slope * (steps.length - 1)) / facts.get(concept)!.neutralSd
}

async function gateOf({ engine, chat, tokenizer, signal }: VerifyOptions, { gate }: Ladder): Promise<number> {
  const [yes = 0, no = 0] = ['Yes', 'No'].map((word) => tokenizer.encode(word, { special: false })[0]!)
  const logOdds = async (text: string) => {
    const { ids } = chat.encodeConversation({
      messages: [{ role: 'user', content: `${text}\n${gate.question} Answer Yes or No.` }],
      addGenerationPrompt: true,
    })
    const { sums } = await engine.score({ tokens: ids, continuations: [[yes], [no]], signal })
    return sums[0]! - sums[1]!
  }
  const average = async (texts: readonly string[]) =>
    (await Promise.all(texts.map(logOdds))).reduce((a, b) => a + b, 0) / texts.length
  return (await average(gate.yes)) - (await average(gate.no))
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
