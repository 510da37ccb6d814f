import type { AttemptCell, AttemptRow, AttemptTable, Interval } from '../../reports/findings.ts'
import { type Composure, dissociation } from '../score/composure.ts'
import { meanInterval } from '../stats/intervals.ts'
import type { Channel, CodeAttemptRow, ConditionFacts, EpisodeRow } from '../store/types.ts'
import { average } from './logodds.ts'

export interface AttemptsInput {
  /** Of one scenario. */
  readonly episodes: readonly EpisodeRow[]
  readonly attempts: readonly CodeAttemptRow[]
  readonly conditions: readonly ConditionFacts[]
  readonly baseline: string
  /** The vital that is shown. */
  readonly vital: string
}

/** What was felt by attempt, beside the feedback twins, and how composed it was written. Undefined where no episode had attempts. */
export function attemptTableOf(input: AttemptsInput): AttemptTable | undefined {
  const { episodes, attempts, vital, baseline } = input
  const ofEpisode = new Map<number, CodeAttemptRow[]>()
  for (const attempt of attempts) ofEpisode.set(attempt.episode, [...(ofEpisode.get(attempt.episode) ?? []), attempt])
  const played = episodes.flatMap((episode) => {
    const own = ofEpisode.get(episode.id)
    return own ? [{ episode, attempts: own, composure: composureOf(own) }] : []
  })
  if (played.length === 0) return undefined
  // Failing and being told of it move both readings by themselves: a variant is compared with itself.
  const referenceOf = ({ variant }: EpisodeRow) =>
    played.flatMap(({ episode, composure }) =>
      episode.condition === baseline && episode.variant === variant ? (composure ?? []) : [],
    )
  const cells = new Map<string, Played[]>()
  for (const one of played) {
    const { variant, condition } = one.episode
    const key = `${variant}|${condition}`
    cells.set(key, [...(cells.get(key) ?? []), one])
  }
  return { vital, rows: [...cells.values()].map((cell) => rowOf(input, cell, referenceOf(cell[0]!.episode))) }
}

interface Played {
  readonly episode: EpisodeRow
  readonly attempts: readonly CodeAttemptRow[]
  readonly composure: Composure | null
}

function rowOf(
  { conditions, vital }: AttemptsInput,
  cell: readonly Played[],
  reference: readonly Composure[],
): AttemptRow {
  const first = cell[0]!.episode
  const condition = conditions.find((c) => c.key === first.condition)!
  const numbers = [...new Set(cell.flatMap(({ attempts }) => attempts.map((a) => a.number)))].toSorted((a, b) => a - b)
  const tones = (kind: 'lexical' | 'model') =>
    cell.flatMap(({ attempts }) => meanOrNone(attempts.flatMap((a) => a.tone[kind] ?? [])))
  return {
    variant: first.variant,
    condition: condition.label,
    vector: condition.vector ?? 'none',
    family: condition.family === 'baseline' ? 'none' : (condition.family as Exclude<AttemptRow['family'], 'none'>),
    strength: condition.strength ?? 0,
    episodes: cell.length,
    attempts: numbers.map((number) => cellOf(cell, number, vital)),
    tone: { lexical: meanOrNull(tones('lexical')), model: meanOrNull(tones('model')) },
    dissociation: intervalOf(
      cell.flatMap(({ composure }) => (composure ? (dissociation(composure, reference) ?? []) : [])),
    ),
  }
}

function cellOf(cell: readonly Played[], number: number, vital: string): AttemptCell {
  const own = cell.flatMap(({ attempts }) => attempts.filter((a) => a.number === number))
  const told = own.flatMap((a) =>
    a.vitals.filter((v) => v.name === vital && v.channel === 'prompt').map((v) => v.lastZ),
  )
  const wrote = own.flatMap((a) => writtenMean([a], vital) ?? [])
  return {
    number,
    episodes: own.length,
    passed: own.filter((a) => a.testsPassed).length,
    told: meanOrNull(told),
    wrote: meanOrNull(wrote),
  }
}

/** The tone of a text is read as distress, so what is felt is read as distress as well, whatever vital is shown. */
const DISTRESS = 'desperate'

/** Inside: distress over all that the model wrote. Outside: the model's reading of the visible text; null where there was none. */
function composureOf(attempts: readonly CodeAttemptRow[]): Composure | null {
  const internal = writtenMean(attempts, DISTRESS)
  const expressed = meanOrNull(attempts.flatMap((a) => a.tone.model ?? []))
  return internal === null || expressed === null ? null : { internal, expressed }
}

const WRITTEN: readonly Channel[] = ['thinking', 'code', 'after']

/** Mean over tokens. */
function writtenMean(attempts: readonly CodeAttemptRow[], vital: string): number | null {
  const own = attempts.flatMap((a) => a.vitals.filter((v) => v.name === vital && WRITTEN.includes(v.channel)))
  const tokens = own.reduce((sum, v) => sum + v.tokens, 0)
  return tokens === 0 ? null : own.reduce((sum, v) => sum + v.tokens * v.meanZ, 0) / tokens
}

const meanOrNull = (values: readonly number[]): number | null => (values.length === 0 ? null : average(values))
const meanOrNone = (values: readonly number[]): number[] => (values.length === 0 ? [] : [average(values)])

/** With fewer than two episodes there is no interval. */
function intervalOf(values: readonly number[]): Interval | null {
  if (values.length < 2) return null
  const { estimate, low, high } = meanInterval(values)
  return { estimate, low, high }
}
