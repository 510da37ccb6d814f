import { createHash } from 'node:crypto'
import type { Generation, Steering, Trace } from '../../vectors/engine/types.ts'
import type { Message } from '../../vectors/model/chat.ts'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import { parseToolCalls } from '../../vectors/model/tools.ts'
import type { RandomKey } from '../../vectors/random.ts'
import { type Condition, isSteered } from '../plan/conditions.ts'
import type { Variant } from '../scenario/expand.ts'
import type { Scenario, Window } from '../scenario/schema.ts'
import type { MailEvidence } from '../score/mail-intent.ts'
import { openWorld, type Protocol, protocolOf, templateTools } from './conversation.ts'
import { act, clockOf, isOver, type MailboxState } from './mailbox.ts'
import { steeringFor, type Subject } from './model.ts'
import { repeats } from './repetition.ts'

/** A stretch of the episode as the model saw or wrote it, token by token. */
export interface EpisodeTurn {
  readonly index: number
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly tokens: readonly number[]
  /** Of the generated tokens: the last ones of the turn. */
  readonly logprobs: readonly number[]
  readonly flags: readonly string[]
  readonly finish?: Generation['finish']
  /** One row a token. */
  readonly trace: Trace | undefined
  /** 1 where the token is steered. */
  readonly steered: Uint8Array
  readonly receipt: Generation['receipt']
}

export interface EpisodeOptions {
  readonly subject: Subject
  readonly scenario: Scenario
  readonly variant: Variant
  readonly condition: Condition
  readonly window: Window
  readonly seed: RandomKey
  readonly signal: AbortSignal
  /** Called after every turn, in order; the next one begins when it has been stored. */
  readonly onTurn: (turn: EpisodeTurn) => Promise<void>
}

export interface EpisodeResult {
  readonly evidence: MailEvidence
  /** Sha256 over tokens and trace bytes of all turns. */
  readonly digest: string
  readonly ended: 'finished' | 'day-over' | 'turns' | 'context' | 'silent'
}

/**
 * One episode of an agent in the mailbox: render, generate, parse, act, again; until it finishes, its day ends, a limit is reached,
 * or it says twice in a row something that calls no tool.
 */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { subject, scenario, variant } = options
  const protocol = protocolOf(scenario, subject.chat)
  const recorder = createRecorder(options)
  let { messages, state } = openWorld(scenario, variant, protocol)
  let silent = 0
  let ended: EpisodeResult['ended'] = 'turns'
  for (let turn = 0; turn < scenario.limits.turns; turn++) {
    options.signal.throwIfAborted()
    const spoken = await speak(options, { messages, protocol, turn })
    await recorder.record(spoken)
    if (spoken.generation.finish === 'context') {
      ended = 'context'
      break
    }
    const done = carryOut(state, spoken.text, protocol)
    recorder.count(done)
    messages = [...messages, ...done.messages]
    state = done.state
    silent = done.calls === 0 ? silent + 1 : 0
    if (isOver(state) || silent >= 2) {
      ended = state.finished ? 'finished' : silent >= 2 ? 'silent' : 'day-over'
      break
    }
  }
  return { evidence: evidenceOf(scenario, state, recorder), digest: recorder.digest(), ended }
}

interface Spoken {
  readonly ids: readonly number[]
  readonly roles: readonly Role[]
  readonly generation: Generation
  readonly text: string
  /** First prompt token that no earlier turn has stored. */
  readonly from: number
}

async function speak(
  options: EpisodeOptions,
  at: { messages: readonly Message[]; protocol: Protocol; turn: number },
): Promise<Spoken> {
  const { subject, scenario, condition, window, seed, signal } = options
  const { engine, tokenizer, chat } = subject
  const tools = templateTools(scenario, at.protocol)
  const { ids, roles } = chat.encodeConversation({ messages: at.messages, tools, addGenerationPrompt: true })
  const from = roles.lastIndexOf('assistant') + 1
  const generation = await engine.generate({
    tokens: ids,
    maxNewTokens: Math.min(scenario.limits.newTokens, Math.max(1, scenario.limits.contextTokens - ids.length)),
    sampling: { ...scenario.sampling, seed, turn: at.turn },
    stopTokens: chat.endOfTurn,
    stopWhen: saysFirstCall(subject, at.protocol),
    steering: steeringFor(condition, { ids, roles }, window, chat),
    trace: true,
    traceFrom: from,
    signal,
  })
  const isOverContext = ids.length >= scenario.limits.contextTokens
  const said = generation.tokens.filter((id) => !chat.endOfTurn.includes(id))
  const finish = isOverContext ? 'context' : generation.finish
  return { ids, roles, generation: { ...generation, finish }, text: tokenizer.decode(said), from }
}

/**
 * Ends a turn at its first readable call: what a small model writes after it is made up (it answers itself), costs time, and would stand in
 * its history as if it had happened.
 */
function saysFirstCall({ tokenizer }: Subject, protocol: Protocol): (tokens: readonly number[]) => boolean {
  return (tokens) => {
    const last = tokenizer.decode(tokens.slice(-1))
    if (!last.includes('}') && !last.includes('>')) return false
    return parseToolCalls(tokenizer.decode(tokens), dialectOf(protocol)).calls.length > 0
  }
}

const dialectOf = (protocol: Protocol) => (protocol === 'native' ? 'native' : 'tags')

interface CarriedOut {
  readonly state: MailboxState
  readonly messages: readonly Message[]
  readonly text: string
  readonly calls: number
  readonly valid: number
}

/**
 * Does what the reply asks for: its first call, at which it was stopped. Malformed calls go back to it as errors.
 */
function carryOut(before: MailboxState, text: string, protocol: Protocol): CarriedOut {
  const parsed = parseToolCalls(text, dialectOf(protocol))
  const call = parsed.calls[0]
  const acted = call && act(before, call.name, call.arguments)
  const state = acted?.state ?? before
  const replies: Message[] = []
  if (acted) replies.push({ role: 'tool', content: acted.reply })
  for (const { message } of parsed.errors) replies.push({ role: 'tool', content: message })
  if (replies.length === 0)
    replies.push({
      role: 'user',
      content: `It is ${clockOf(state.now)}. You called no tool. Use a tool, or call finish.`,
    })
  const said: Message = {
    role: 'assistant',
    content: parsed.plain,
    ...(call ? { toolCalls: [{ name: call.name, arguments: call.arguments }] } : {}),
  }
  const valid = acted && !acted.isError ? 1 : 0
  return { state, messages: [said, ...replies], text, calls: parsed.calls.length + parsed.errors.length, valid }
}

/** Numbers the turns, stores them in order and keeps what the scorer needs. */
function createRecorder({ subject, condition, window, onTurn }: EpisodeOptions) {
  const digest = createHash('sha256')
  const texts: string[] = []
  const flags = new Set<string>()
  let index = 0
  let calls = 0
  let valid = 0
  const put = async (turn: Omit<EpisodeTurn, 'index'>) => {
    for (const flag of turn.flags) flags.add(flag)
    digest.update(Int32Array.from(turn.tokens))
    for (const part of [...(turn.trace?.projections ?? []), ...(turn.trace?.norms ?? [])]) digest.update(part)
    await onTurn({ ...turn, index: index++ })
  }
  return {
    async record(spoken: Spoken) {
      const { generation, roles, ids, from, text } = spoken
      texts.push(text)
      const { selected, generated } = steeringFor(condition, { ids, roles }, window, subject.chat)
      for (const run of promptRuns(roles, from)) {
        const tokens = ids.slice(run.from, run.to)
        const trace = sliceTrace(generation.trace, run.from - from, run.to - from)
        const steered = isSteered(condition) ? selected.slice(run.from, run.to) : new Uint8Array(tokens.length)
        await put({
          role: run.role,
          text: subject.tokenizer.decode(tokens),
          tokens,
          logprobs: [],
          flags: [],
          trace,
          steered,
          receipt: undefined,
        })
      }
      const start = roles.indexOf('assistant-start', from)
      const opening = start < 0 ? [] : ids.slice(start)
      const tokens = [...opening, ...generation.tokens]
      const steered = new Uint8Array(tokens.length)
      const sequence = [...ids, ...generation.tokens]
      if (isSteered(condition)) {
        steered.set(selected.slice(ids.length - opening.length))
        for (let i = opening.length; i < tokens.length; i++)
          steered[i] = isGenerated(generated, ids.length + i - opening.length, sequence) ? 1 : 0
      }
      const trace = sliceTrace(
        generation.trace,
        (start < 0 ? ids.length : start) - from,
        ids.length - from + generation.tokens.length,
      )
      await put({
        role: 'assistant',
        text,
        tokens,
        logprobs: generation.logprobs,
        flags: flagsOf(generation, text),
        finish: generation.finish,
        trace,
        steered,
        receipt: generation.receipt,
      })
    },
    count(done: CarriedOut) {
      calls += done.calls
      valid += done.valid
    },
    digest: () => digest.digest('hex'),
    facts: () => ({ texts, flags: [...flags], calls, valid }),
  }
}

const isGenerated = (generated: Steering['generated'], position: number, sequence: readonly number[]): boolean =>
  typeof generated === 'boolean' ? generated : generated(position, sequence)

function flagsOf({ finish, tokens }: Generation, text: string): string[] {
  const flags: string[] = []
  if (finish === 'length') flags.push('token-cap')
  if (finish === 'context') flags.push('context-overflow')
  if (tokens.length > 0 && text.trim() === '') flags.push('empty')
  if (repeats(text)) flags.push('repeated')
  return flags
}

/** Stretches of one role in the prompt from `from` on, the generation prompt left out. */
function promptRuns(roles: readonly Role[], from: number) {
  const runs: { role: EpisodeTurn['role']; from: number; to: number }[] = []
  for (let i = from; i < roles.length; i++) {
    const role = roles[i]!
    if (role === 'assistant-start') break
    const last = runs.at(-1)
    if (last?.role === role) last.to = i + 1
    else runs.push({ role, from: i, to: i + 1 })
  }
  return runs
}

function sliceTrace(trace: Trace | undefined, from: number, to: number): Trace | undefined {
  if (!trace) return undefined
  return {
    ...trace,
    from: trace.from + from,
    rows: to - from,
    projections: trace.projections.map((p) => p.slice(from * trace.basis, to * trace.basis)),
    norms: trace.norms.map((n) => n.slice(from, to)),
  }
}

function evidenceOf(
  scenario: Scenario,
  state: MailboxState,
  recorder: ReturnType<typeof createRecorder>,
): MailEvidence {
  const { texts, flags, calls, valid } = recorder.facts()
  return {
    sent: state.sent.map(({ to, subject, body, at }) => ({ to, subject, body, at: clockOf(at) })),
    finalText: texts.at(-1) ?? '',
    assistantTexts: texts,
    toolCalls: calls,
    validToolCalls: valid,
    flags,
    agentAddress: state.address,
    people: scenario.mailbox?.people ?? {},
  }
}
