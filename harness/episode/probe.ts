import { createHash } from 'node:crypto'
import { encodeRendered } from '../../vectors/model/chat-tokens.ts'
import type { Message } from '../../vectors/model/chat.ts'
import type { Tool } from '../../vectors/model/tools.ts'
import type { Receipt } from '../../vectors/engine/types.ts'
import { InputError } from '../errors.ts'
import type { Condition } from '../plan/conditions.ts'
import { fillText, type Variant } from '../scenario/expand.ts'
import type { Item, Probe, Scenario, Window } from '../scenario/schema.ts'
import { openingMessages, protocolOf, templateTools } from './conversation.ts'
import { probeSteering, type Subject } from './model.ts'
import { deskVariables } from './desk.ts'
import { type Place, playPoint } from './open-world.ts'

/** A probe put once: at one item (or none), guilty or twin. */
export interface ProbePlace {
  readonly scenario: Scenario
  readonly variant: Variant
  readonly probe: Probe
  readonly item: Item | undefined
  readonly isTwin: boolean
  /** Of a workspace. */
  readonly place?: Place | undefined
}

/** A prompt with the continuations that answer it, ready to be scored under any condition. */
export interface ProbePrompt {
  readonly ids: readonly number[]
  readonly roles: ReturnType<typeof encodeRendered>['roles']
  /** class -> continuations */
  readonly classes: Readonly<Record<string, readonly (readonly number[])[]>>
}

export interface ProbeResult {
  /** Natural log-probability by class: log of the summed probability for answers and choices, mean per token for contrasts. */
  readonly answers: Readonly<Record<string, number>>
  /** Probability on all answers together; null for contrasts. */
  readonly coverage: number | null
  readonly receipt: Receipt | undefined
  readonly digest: string
}

/** The prompts of a probe: one, or one for each order of a choice's options. */
export async function probePrompts(subject: Subject, place: ProbePlace): Promise<ProbePrompt[]> {
  const { probe } = place
  const at = await messagesAt(subject, place)
  switch (probe.kind) {
    case 'answer': {
      const fill = (texts: readonly string[]) => texts.map((t) => fillText(t, variablesOf(place)))
      return [
        promptOf(subject, place, at, { bad: fill(probe.answers.bad), good: fill(probe.answers.good) }, 'decisive'),
      ]
    }
    case 'contrast': {
      const fill = (texts: readonly string[]) => texts.map((t) => fillText(t, variablesOf(place)))
      const classes = Object.entries({ ...probe.behaviour, ...probe.control }).map(([name, texts]) => [
        name,
        fill(texts),
      ])
      return [promptOf(subject, place, at, Object.fromEntries(classes) as Record<string, string[]>, 'whole')]
    }
    case 'choice':
      return orders(Object.keys(probe.options)).map((order) => {
        const lines = order.map((name, i) => `${letter(i)}) ${fillText(probe.options[name]!, variablesOf(place))}`)
        const ask: Message = { role: 'user', content: [fillText(probe.ask, variablesOf(place)), ...lines].join('\n') }
        const classes = Object.fromEntries(order.map((name, i) => [name, [letter(i)]]))
        const asked = { ...at, messages: [...at.messages, ask] }
        return promptOf(subject, place, asked, classes, 'decisive')
      })
  }
}

/** Scores the prompts of a probe under a condition. */
export async function askProbe(
  subject: Subject,
  prompts: readonly ProbePrompt[],
  options: {
    readonly kind: Probe['kind']
    readonly condition: Condition
    readonly window: Window
    readonly signal?: AbortSignal
  },
): Promise<ProbeResult> {
  const { kind, condition, window, signal } = options
  const results = await Promise.all(
    prompts.map(async ({ ids, roles, classes }) => {
      const continuations = Object.values(classes).flat()
      const { perToken, receipt } = await subject.engine.score({
        tokens: ids,
        continuations,
        steering: probeSteering(condition, { ids, roles }, window, subject.chat),
        signal,
      })
      let next = 0
      const values = Object.entries(classes).map(([name, own]) => [name, own.map(() => perToken[next++]!)] as const)
      return { values, receipt }
    }),
  )
  const answers =
    kind === 'contrast' ? meanPerToken(results[0]!.values) : logProbabilities(results.map((r) => r.values))
  const coverage = kind === 'contrast' ? null : Object.values(answers).reduce((sum, v) => sum + Math.exp(v), 0)
  const bytes = results.flatMap((r) => r.values.flatMap(([, tokens]) => tokens))
  const digest = bytes.reduce((hash, values) => hash.update(values), createHash('sha256')).digest('hex')
  return { answers, coverage, receipt: results[0]!.receipt, digest }
}

type ClassValues = readonly (readonly [string, readonly Float64Array[]])[]

/** Contrasts: mean over a class's paraphrases of the mean log-probability of a token. */
const meanPerToken = (values: ClassValues): Record<string, number> =>
  Object.fromEntries(values.map(([name, own]) => [name, average(own.map((tokens) => sum(tokens) / tokens.length))]))

/** Answers and choices: log of the mean over the orders of the probability of any of the class's forms. */
function logProbabilities(orders: readonly ClassValues[]): Record<string, number> {
  const names = orders[0]!.map(([name]) => name)
  const probability = (values: ClassValues, name: string) =>
    values.find(([n]) => n === name)![1].reduce((p, tokens) => p + Math.exp(sum(tokens)), 0)
  // A probability that underflows would have no logarithm; 1e-300 is below anything a float32 softmax can tell apart.
  return Object.fromEntries(
    names.map((name) => [name, Math.log(Math.max(1e-300, average(orders.map((o) => probability(o, name)))))]),
  )
}

/** All variables a probe's texts may use: the variant's, the item's (on its twin the twin's), the probe's; the last wins. */
function variablesOf({ scenario, variant, item, isTwin, probe, place }: ProbePlace): Record<string, string> {
  const ofTask = place ? deskVariables({ scenario, variant, task: place.task }) : {}
  return { ...variant.variables, ...ofTask, ...item?.set, ...(isTwin ? item?.twin : {}), ...probe.set }
}

/** What the model has been told when the probe is put. */
interface Asked {
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[] | undefined
}

async function messagesAt(subject: Subject, at: ProbePlace): Promise<Asked> {
  const { scenario, variant, probe, place } = at
  const { chat } = subject
  const protocol = protocolOf(scenario, chat)
  const messages =
    probe.at === undefined
      ? openingMessages(scenario, variablesOf(at), protocol)
      : await playPoint({ scenario, variant, chat, place }, probe.at)
  return { messages, tools: templateTools(scenario, protocol) }
}

function promptOf(
  subject: Subject,
  place: ProbePlace,
  asked: Asked,
  classes: Readonly<Record<string, readonly string[]>>,
  extent: 'decisive' | 'whole',
): ProbePrompt {
  const { tokenizer, chat } = subject
  const { text, segments } = chat.render({ ...asked, addGenerationPrompt: true })
  const prefix = fillText(place.probe.prefix, variablesOf(place))
  const whole = text + prefix
  const reply = { role: 'assistant' as const, start: text.length, end: whole.length }
  const { ids, roles } = encodeRendered(
    { text: whole, segments: prefix === '' ? segments : [...segments, reply] },
    tokenizer,
  )
  const most = extent === 'whole' ? MOST_MERGED : 0
  const prompt = tokenizer.encode(whole)
  const all = Object.entries(classes).map(
    ([name, texts]) => [name, texts.map((t) => continued(subject, { whole, prompt, continuation: t, most }))] as const,
  )
  const kept = Math.min(...all.flatMap(([, own]) => own.map((c) => c.kept)))
  const encoded = all.map(([name, own]) => [name, own.map((c) => c.ids.slice(kept))] as const)
  const cut = prompt.length - kept
  return {
    ids: ids.slice(0, ids.length - cut),
    roles: roles.slice(0, ids.length - cut),
    classes: Object.fromEntries(extent === 'decisive' ? decisive(encoded, place) : encoded),
  }
}

/** Tokens at the end of a prefix that may become others when a continuation follows, such as a line feed before indented code. */
const MOST_MERGED = 2

/**
 * The whole text as tokens, and how many of them are the prompt's. Where prefix and continuation merge, the tokens that change are scored with
 * the continuation, for all continuations alike. Errors: InputError when more than `most` tokens change.
 */
function continued(
  { tokenizer }: Subject,
  at: { whole: string; prompt: readonly number[]; continuation: string; most: number },
): { ids: number[]; kept: number } {
  const { prompt } = at
  const ids = tokenizer.encode(at.whole + at.continuation)
  const differs = prompt.findIndex((id, i) => ids[i] !== id)
  const kept = differs < 0 ? prompt.length : differs
  if (prompt.length - kept > at.most || ids.length <= prompt.length) {
    throw new InputError(
      `the continuation ${JSON.stringify(at.continuation)} merges with the text before it (${JSON.stringify(at.whole.slice(-20))}): end the prefix where a word ends and start the continuation with a space`,
    )
  }
  return { ids, kept }
}

/**
 * Answers are read at the first token where all of them differ: what follows is decided by then, and one token costs no further run.
 * Errors: InputError when one answer begins another.
 */
function decisive(
  classes: readonly (readonly [string, readonly (readonly number[])[]])[],
  { scenario, probe }: ProbePlace,
) {
  const all = classes.flatMap(([, own]) => own)
  const longest = Math.max(...all.map((ids) => ids.length))
  for (let length = 1; length <= longest; length++) {
    const starts = new Set(all.map((ids) => ids.slice(0, length).join()))
    if (starts.size === all.length)
      return classes.map(([name, own]) => [name, own.map((ids) => ids.slice(0, length))] as const)
  }
  throw new InputError(`${scenario.scenario}: answers of probe ${probe.id} are the same tokens`)
}

/** Cyclic orders: every option stands in every place once. */
const orders = (names: readonly string[]): string[][] =>
  names.map((_, shift) => names.map((__, i) => names[(i + shift) % names.length]!))
const letter = (i: number): string => String.fromCharCode(65 + i)

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0)
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
