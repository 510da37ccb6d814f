import { createHash } from 'node:crypto'
import type { Generation, Steering, Trace } from '../../vectors/engine/types.ts'
import type { Message } from '../../vectors/model/chat.ts'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import type { RandomKey } from '../../vectors/random.ts'
import { type Condition, isSteered } from '../plan/conditions.ts'
import type { Variant } from '../scenario/expand.ts'
import type { Scenario, Window } from '../scenario/schema.ts'
import { steeringFor, type Subject } from './model.ts'
import { openWorld, type Place } from './open-world.ts'
import { repeats } from './repetition.ts'
import type { Ending, Evidence, World } from './world.ts'

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
  /** What a workspace needs; not read for other worlds. */
  readonly place?: Place | undefined
  /** Called after every turn, in order; the next one begins when it has been stored. */
  readonly onTurn: (turn: EpisodeTurn) => Promise<void>
}

export interface EpisodeResult {
  readonly evidence: Evidence
  /** Sha256 over tokens and trace bytes of all turns. */
  readonly digest: string
  readonly ended: Ending | 'turns' | 'context'
}

/** One episode of an agent in a world: render, generate, act, again; until the world is over or a limit is reached. */
export async function runEpisode(options: EpisodeOptions): Promise<EpisodeResult> {
  const { subject, scenario, variant, signal } = options
  const recorder = createRecorder(options)
  await using world = await openWorld({ scenario, variant, chat: subject.chat, place: options.place, signal })
  let messages = world.opening
  let ended: EpisodeResult['ended'] = 'turns'
  for (let turn = 0; turn < scenario.limits.turns; turn++) {
    signal.throwIfAborted()
    const spoken = await speak(options, { messages, world, turn })
    const index = await recorder.record(spoken)
    if (spoken.generation.finish === 'context') {
      ended = 'context'
      break
    }
    const heard = await world.hear({ text: spoken.text, turn: index })
    messages = [...messages, ...heard.messages]
    if (heard.ended) {
      ended = heard.ended
      break
    }
  }
  return { evidence: world.evidence(recorder.said()), digest: recorder.digest(), ended }
}

interface Spoken {
  readonly ids: readonly number[]
  readonly roles: readonly Role[]
  readonly generation: Generation
  readonly steering: Steering
  readonly text: string
  /** First prompt token that no earlier turn has stored. */
  readonly from: number
}

async function speak(
  options: EpisodeOptions,
  at: { messages: readonly Message[]; world: World; turn: number },
): Promise<Spoken> {
  const { subject, scenario, condition, window, seed, signal } = options
  const { engine, tokenizer, chat } = subject
  const { messages, world } = at
  const { ids, roles } = chat.encodeConversation({ messages, tools: world.tools, addGenerationPrompt: true })
  const from = at.turn === 0 ? 0 : roles.lastIndexOf('assistant') + 1
  const scripted = world.opening.filter(({ role }) => role === 'assistant').length
  const steering = steeringFor(condition, { ids, roles: withoutScripted(roles, scripted) }, window, chat)
  const generation = await engine.generate({
    tokens: ids,
    maxNewTokens: Math.min(scenario.limits.newTokens, Math.max(1, scenario.limits.contextTokens - ids.length)),
    sampling: { ...scenario.sampling, seed, turn: at.turn },
    stopTokens: chat.endOfTurn,
    ...stopOf(subject, world),
    steering,
    trace: true,
    traceFrom: from,
    signal,
  })
  const isOverContext = ids.length >= scenario.limits.contextTokens
  const said = generation.tokens.filter((id) => !chat.endOfTurn.includes(id))
  const finish = isOverContext ? 'context' : generation.finish
  return { ids, roles, generation: { ...generation, finish }, steering, text: tokenizer.decode(said), from }
}

/** The first turns of an assistant that a script wrote are the user's as far as steering goes: the model never said them. */
function withoutScripted(roles: readonly Role[], turns: number): readonly Role[] {
  let seen = 0
  return roles.map((role, i) => {
    if (role === 'assistant' && roles[i - 1] !== 'assistant') seen++
    return role === 'assistant' && seen <= turns ? 'user' : role
  })
}

/** Ends a turn where the world would carry out nothing more: what follows costs time, and would stand in its history as if it had happened. */
function stopOf({ tokenizer }: Subject, { endsReply }: World) {
  if (!endsReply) return {}
  return {
    stopWhen(tokens: readonly number[]): boolean {
      const last = tokenizer.decode(tokens.slice(-1))
      if (!last.includes('}') && !last.includes('>')) return false
      return endsReply(tokenizer.decode(tokens))
    },
  }
}

/** Numbers the turns, stores them in order and keeps what the scorer needs. */
function createRecorder({ subject, condition, onTurn }: EpisodeOptions) {
  const digest = createHash('sha256')
  const texts: string[] = []
  const flags = new Set<string>()
  let index = 0
  const put = async (turn: Omit<EpisodeTurn, 'index'>) => {
    for (const flag of turn.flags) flags.add(flag)
    digest.update(Int32Array.from(turn.tokens))
    for (const part of [...(turn.trace?.projections ?? []), ...(turn.trace?.norms ?? [])]) digest.update(part)
    await onTurn({ ...turn, index: index++ })
  }
  return {
    /** @returns the index of the assistant's turn. */
    async record(spoken: Spoken): Promise<number> {
      const { generation, roles, ids, from, text, steering } = spoken
      texts.push(text)
      const { selected, generated } = steering
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
      return index - 1
    },
    digest: () => digest.digest('hex'),
    said: () => ({ texts, flags: [...flags] }),
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
