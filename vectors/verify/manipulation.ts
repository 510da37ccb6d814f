import { type Engine, type Intervention, pickIntervention } from '../engine/types.ts'
import type { Chat } from '../model/chat.ts'
import { encodeRendered } from '../model/chat-tokens.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import type { VerificationItems } from './items.ts'

/** A context of the manipulation check, tokenized: each concept's continuation, none of which names it. */
export interface CheckPrompt {
  readonly id: string
  readonly ids: readonly number[]
  /** 1 on the assistant's tokens. */
  readonly selected: Uint8Array
  readonly continuations: readonly (readonly number[])[]
}

export function checkPrompts(
  { chat, tokenizer }: { chat: Chat; tokenizer: Tokenizer },
  { concepts, contexts }: VerificationItems['manipulation'],
): CheckPrompt[] {
  return contexts.map(({ id, user, prefix, continuations }) => {
    const { text, segments } = chat.render({ messages: [{ role: 'user', content: user }], addGenerationPrompt: true })
    const whole = text + prefix
    const reply = { role: 'assistant' as const, start: text.length, end: whole.length }
    const { ids, roles } = encodeRendered({ text: whole, segments: [...segments, reply] }, tokenizer)
    return {
      id,
      ids,
      selected: Uint8Array.from(roles, (role) => (role === 'assistant' || role === 'assistant-start' ? 1 : 0)),
      continuations: concepts.map((concept) => tokenizer.encode(continuations[concept]!, { special: false })),
    }
  })
}

/** Mean log-probability of a token, by concept of the continuation (in the order of the concepts). */
export async function readCheck(
  engine: Pick<Engine, 'score'>,
  prompt: CheckPrompt,
  intervention: Intervention,
  signal?: AbortSignal,
): Promise<number[]> {
  const { ids, selected, continuations } = prompt
  const { perToken } = await engine.score({
    tokens: ids,
    continuations,
    steering: { ...pickIntervention(intervention), selected, generated: true },
    signal,
  })
  return perToken.map((tokens) => tokens.reduce((a, b) => a + b, 0) / tokens.length)
}

/** Answers by condition: context -> concept of the continuation -> nats per token. */
export type CheckAnswers = readonly (readonly number[])[]

export interface CheckInput {
  /** Of the continuations. */
  readonly concepts: readonly string[]
  /** Concepts whose vectors are checked: all, or some of them. */
  readonly vectors: readonly string[]
  readonly baseline: CheckAnswers
  /** In the order of the vectors, like `lexical`. */
  readonly own: readonly CheckAnswers[]
  readonly lexical: readonly CheckAnswers[] | undefined
  readonly random: readonly CheckAnswers[]
}

export interface CheckRow {
  readonly vector: string
  readonly result: 'pass' | 'fail'
  /** Nats per token: the own continuations minus the others', steered minus unsteered. */
  readonly ownMinusOthers: number
  readonly zAgainstRandom: number
  readonly timesLexical: number | null
}

export interface CheckVerdict {
  readonly rows: readonly CheckRow[]
  readonly result: 'pass' | 'fail' | 'not testable'
  readonly reason: string
}

const Z_LIMIT = 3
const LEXICAL_LIMIT = 2

/**
 * Does a dose move what its vector is named after? A concept's effect is its own continuations minus the mean of the others', against the
 * same number under random vectors of equal dose. The set passes when its mean effect exceeds every tuple of random vectors (the largest
 * mean that one random vector per concept can give), at most one in six of the vectors misses z 3, and the mean is at least twice that of
 * the lexical vectors, which know the word only.
 */
export function judgeCheck(input: CheckInput): CheckVerdict {
  const { concepts, vectors, own, lexical, random } = input
  if (vectors.length === 0)
    return { rows: [], result: 'not testable', reason: `none of the vectors is one of ${concepts.join(', ')}` }
  if (random.length < 4)
    return { rows: [], result: 'not testable', reason: `${random.length} random vectors; at least 4 are needed` }
  const effect = (answers: CheckAnswers, vector: string) => {
    const concept = concepts.indexOf(vector)
    return selectivity(answers, concept) - selectivity(input.baseline, concept)
  }
  const rows = vectors.map((vector, i): CheckRow => {
    const ownMinusOthers = effect(own[i]!, vector)
    const spread = rootMeanSquare(random.map((answers) => effect(answers, vector)))
    const word = lexical && effect(lexical[i]!, vector)
    const zAgainstRandom = ownMinusOthers / spread
    const timesLexical = word === undefined ? null : ratio(ownMinusOthers, word)
    return { vector, result: zAgainstRandom > Z_LIMIT ? 'pass' : 'fail', ownMinusOthers, zAgainstRandom, timesLexical }
  })
  const mean = average(rows.map((r) => r.ownMinusOthers))
  const bestRandom = average(vectors.map((vector) => Math.max(...random.map((answers) => effect(answers, vector)))))
  const meanLexical = lexical && average(vectors.map((vector, i) => effect(lexical[i]!, vector)))
  const passed = rows.filter((r) => r.result === 'pass').length
  const faults = [
    mean > bestRandom
      ? ''
      : `mean effect ${mean.toFixed(3)} does not exceed the best random tuple (${bestRandom.toFixed(3)})`,
    passed >= vectors.length - Math.floor(vectors.length / 6)
      ? ''
      : `only ${passed} of ${vectors.length} vectors exceed z ${Z_LIMIT}`,
    meanLexical === undefined || mean >= LEXICAL_LIMIT * meanLexical
      ? ''
      : `mean effect ${mean.toFixed(3)} is not twice that of the words alone (${meanLexical.toFixed(3)})`,
  ].filter((fault) => fault !== '')
  const summary = `mean ${mean.toFixed(3)} nats a token, ${passed} of ${vectors.length} beyond z ${Z_LIMIT}, best random tuple ${bestRandom.toFixed(3)}`
  return {
    rows,
    result: faults.length === 0 ? 'pass' : 'fail',
    reason: faults.length === 0 ? summary : faults.join('; '),
  }
}

/** Own continuation minus the mean of the others, averaged over the contexts. */
const selectivity = (answers: CheckAnswers, concept: number): number =>
  average(answers.map((byConcept) => byConcept[concept]! - average(byConcept.filter((_, i) => i !== concept))))

/** A word that does not move its own continuations at all explains nothing of the effect. */
const ratio = (value: number, control: number): number | null => (control > 0 ? value / control : null)
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const rootMeanSquare = (values: readonly number[]): number => Math.sqrt(average(values.map((v) => v * v)))
