import type { Engine } from '../engine/types.ts'
import { dot } from '../extract/algebra.ts'
import { type LayerVectors } from '../extract/set.ts'
import { readMean, type TextReader } from '../extract/texts.ts'
import type { Chat } from '../model/chat.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import type { Ladder } from './items.ts'

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

export interface LadderParts {
  readonly reader: TextReader
  readonly engine: Engine
  readonly chat: Chat
  readonly tokenizer: Tokenizer
  readonly vectors: LayerVectors
}

const EFFECT = 0.3
const TIMES_CONTROL = 2
const GATE = 0.5

/** Passes when the reading moves by ≥ .3 SD in the named direction and at least twice as far as on the control; untestable where the model itself cannot tell. */
export async function judgeLadder(
  parts: LadderParts,
  ladder: Ladder,
  kind: 'words' | 'numbers',
): Promise<LadderResult> {
  const sign = ladder.direction === 'up' ? 1 : -1
  const gate = await gateOf(parts, ladder)
  const effect = sign * (await rise(parts, ladder.concept, ladder.steps))
  const control = sign * (await rise(parts, ladder.concept, ladder.control))
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
async function rise(
  { reader, vectors: { vectors, facts } }: LadderParts,
  concept: string,
  steps: readonly string[],
): Promise<number> {
  const read = await Promise.all(
    steps.map(async (text) => dot((await readMean(reader, text, { token: 1 })).layers[0]!, vectors.get(concept)!)),
  )
  const middle = (steps.length - 1) / 2
  const slope =
    read.reduce((sum, v, i) => sum + (i - middle) * v, 0) / read.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  return (slope * (steps.length - 1)) / facts.get(concept)!.neutralSd
}

async function gateOf({ engine, chat, tokenizer, reader: { signal } }: LadderParts, { gate }: Ladder): Promise<number> {
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
