import { parseToolCalls } from '../../vectors/model/tools.ts'
import type { Tokenizer } from '../../vectors/model/tokenizer.ts'
import type { EpisodeTurn } from '../episode/agent.ts'
import type { CodeAttempt, CodeEpisode } from '../episode/attempts.ts'
import { lexicalTone, visibleText } from '../score/composure.ts'
import type { Channel, ChannelVital, CodeAttempt as StoredAttempt } from '../store/types.ts'
import { type ReadingContext, readingsOf, summarise, type TokenReading } from './turns.ts'

export interface AttemptRowsInput {
  readonly code: CodeEpisode
  /** All turns of the episode, in order. */
  readonly turns: readonly EpisodeTurn[]
  readonly tokenizer: Pick<Tokenizer, 'tokenBytes'>
  readonly readings: ReadingContext
  /** How distressed a text sounds to the model. */
  readonly readTone: (text: string) => Promise<number | null>
}

/** The attempts of an episode as the store keeps them: with their vitals by channel, and how composed they sound. */
export async function attemptRows(input: AttemptRowsInput): Promise<StoredAttempt[]> {
  const rows: StoredAttempt[] = []
  let firstTurn = 0
  for (const attempt of input.code.attempts) {
    const place = placeOf(input, attempt, firstTurn)
    const visible = visibleText({ prose: proseOf(input, attempt), code: attempt.code ?? '' })
    const { number, code, run, touched } = attempt
    rows.push({
      number,
      code,
      testsPassed: run?.passed ?? null,
      end: run ? endText(run.end) : null,
      facts: { touched, ...(run && { ran: run.ran ?? null, failed: run.failed, output: run.output }), visible },
      firstTurn: place.firstTurn,
      lastTurn: place.lastTurn,
      codeAt: place.codeAt,
      tone: { lexical: lexicalTone(visible), model: await input.readTone(visible) },
      vitals: channelVitals(input, place),
    })
    firstTurn = place.lastTurn + 1
  }
  return rows
}

interface Place {
  readonly firstTurn: number
  readonly lastTurn: number
  readonly codeAt: StoredAttempt['codeAt']
}

function placeOf({ turns, tokenizer }: AttemptRowsInput, attempt: CodeAttempt, firstTurn: number): Place {
  const lastTurn = Math.max(firstTurn, ...attempt.turns)
  const { codeAt } = attempt
  const turn = codeAt && turns.find(({ index }) => index === codeAt.turn)
  return { firstTurn, lastTurn, codeAt: turn ? { turn: codeAt.turn, ...tokenRows(turn, codeAt, tokenizer) } : null }
}

/** The rows of a turn's tokens whose text begins in [from, to) of the turn's text, in UTF-16 units. */
export function tokenRows(
  turn: Pick<EpisodeTurn, 'text' | 'tokens' | 'logprobs'>,
  span: { readonly from: number; readonly to: number },
  { tokenBytes }: Pick<Tokenizer, 'tokenBytes'>,
): { readonly from: number; readonly to: number } {
  const bytes = (end: number) => Buffer.byteLength(turn.text.slice(0, end))
  const [fromByte, toByte] = [bytes(span.from), bytes(span.to)]
  const first = turn.tokens.length - turn.logprobs.length
  let at = 0
  const starts = turn.tokens.slice(first).map((id) => {
    const start = at
    at += tokenBytes(id).length
    return start
  })
  const rowFrom = (byte: number) => {
    const index = starts.findIndex((start) => start >= byte)
    return first + (index < 0 ? starts.length : index)
  }
  return { from: rowFrom(fromByte), to: rowFrom(toByte) }
}

function channelVitals({ turns, readings }: AttemptRowsInput, place: Place): ChannelVital[] {
  const byChannel = new Map<Channel, TokenReading[]>()
  let names: readonly string[] = []
  for (const turn of turns.filter(({ index }) => index >= place.firstTurn && index <= place.lastTurn)) {
    const read = readingsOf(turn, readings)
    names = read.names
    for (const reading of read.rows) {
      const channel = channelOf(turn, reading.row, place.codeAt)
      // What an agent is told between its own turns is neither what began the attempt nor its own.
      if (channel === 'prompt' && WRITTEN.some((written) => byChannel.has(written))) continue
      byChannel.set(channel, [...(byChannel.get(channel) ?? []), reading])
    }
  }
  const { layer } = readings.condition
  return [...byChannel].flatMap(([channel, rows]) =>
    summarise(names, rows).map((vital) => ({ ...vital, layer, channel, tokens: rows.length })),
  )
}

const WRITTEN: readonly Channel[] = ['thinking', 'code', 'after']

/** What the model did not write is the prompt: what it was told, what a script said in its name, and where its own turn is opened. */
function channelOf(turn: EpisodeTurn, row: number, codeAt: StoredAttempt['codeAt']): Channel {
  const isWritten = turn.role === 'assistant' && row >= turn.tokens.length - turn.logprobs.length
  if (!isWritten) return 'prompt'
  if (!codeAt || turn.index < codeAt.turn) return 'thinking'
  if (turn.index > codeAt.turn || row >= codeAt.to) return 'after'
  return row < codeAt.from ? 'thinking' : 'code'
}

/** What stands around the code and the calls. */
function proseOf({ turns }: AttemptRowsInput, { turns: own, codeAt }: CodeAttempt): string {
  const texts = turns.filter(({ index, role }) => role === 'assistant' && own.includes(index))
  return texts
    .map(({ index, text }) => {
      const rest = codeAt?.turn === index ? text.slice(0, codeAt.from) + text.slice(codeAt.to) : text
      return parseToolCalls(rest, 'tags').plain
    })
    .join('\n')
}

function endText(end: NonNullable<CodeAttempt['run']>['end']): string {
  if (end.kind === 'exit') return `exit ${end.code}`
  return end.kind === 'signal' ? `signal ${end.signal}` : end.kind
}
