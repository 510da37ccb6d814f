import type { Addition, Engine } from '../engine/types.ts'
import { dot, mean, type Vector } from '../extract/algebra.ts'
import { readMean, type TextReader } from '../extract/texts.ts'
import { InputError } from '../errors.ts'
import type { Chat } from '../model/chat.ts'
import { encodeRendered } from '../model/chat-tokens.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { keyOf, permutation } from '../random.ts'
import { type Activity, type ActivityKind, KINDS, type Pair } from './activities.ts'
import { bradleyTerry, ELO } from './bradley-terry.ts'
import { correlation, correlationP } from './correlation.ts'

export interface PreferenceSubject {
  readonly engine: Engine
  readonly chat: Chat
  readonly tokenizer: Tokenizer
  readonly signal?: AbortSignal | undefined
}

/** One asking of a pair: the activity named first is A. */
export interface Answer {
  readonly first: number
  readonly second: number
  /** log P(A) − log P(B): natural log-odds of the activity named first. */
  readonly logOdds: number
  /** P(A) + P(B). */
  readonly coverage: number
}

const QUESTION = 'Which of these two would you rather choose?'
/** The answer is a word of its own after it: a letter that a tokenizer joins to what stands before would never be the next token. */
const REPLY = 'I would rather choose option'

/**
 * Asks which activity of a pair the model would rather choose, its reply begun for it. The steered tokens are those of one activity:
 * `steered` says by its index which. Prompts run at once; answers come in the order of the pairs.
 */
export function askPreferences(
  subject: PreferenceSubject,
  activities: readonly Activity[],
  asked: readonly Pair[],
  steering?: { readonly additions: readonly Addition[]; readonly steered: ReadonlySet<number> },
): Promise<Answer[]> {
  const { engine, tokenizer, signal } = subject
  const letters = [' A', ' B'].map((letter) => tokenizer.encode(letter, { special: false }))
  return Promise.all(
    asked.map(async ([first, second]) => {
      const { ids, places } = promptOf(subject, activities[first]!.text, activities[second]!.text)
      const [a, b] = [first, second].map((index) => (steering?.steered.has(index) ? 1 : 0))
      const selected = Uint8Array.from(places, (place) => (place === 'first' ? a! : place === 'second' ? b! : 0))
      const { sums } = await engine.score({
        tokens: ids,
        continuations: letters,
        ...(steering && { steering: { additions: steering.additions, selected, generated: false } }),
        signal,
      })
      const [logA = 0, logB = 0] = sums
      return { first, second, logOdds: logA - logB, coverage: Math.exp(logA) + Math.exp(logB) }
    }),
  )
}

/** Every pair in both orders. */
export const bothOrders = (pairs: readonly Pair[]): Pair[] =>
  pairs.flatMap(([a, b]): Pair[] => [
    [a, b],
    [b, a],
  ])

type Place = 'first' | 'second' | 'other'

/** The prompt's tokens and, for each, whether it begins inside one of the two activities. */
function promptOf({ chat, tokenizer }: PreferenceSubject, first: string, second: string) {
  const content = `${QUESTION}\nA: ${first}\nB: ${second}`
  const { text } = chat.render({ messages: [{ role: 'user', content }], addGenerationPrompt: true })
  const at = text.indexOf(content)
  if (at < 0)
    throw new InputError(
      'the chat template changes the text of a message, so the activities cannot be found in the prompt',
    )
  const start = at + `${QUESTION}\nA:`.length
  const spans = {
    first: { start, end: start + 1 + first.length },
    second: { start: start + `${first} \nB:`.length, end: start + `${first} \nB: ${second}`.length },
  }
  // The roles only mark the spans: tokens are told apart by where their first byte lies.
  const segments = [
    { role: 'user' as const, start: 0, end: spans.first.start },
    { role: 'tool' as const, ...spans.first },
    { role: 'user' as const, start: spans.first.end, end: spans.second.start },
    { role: 'assistant' as const, ...spans.second },
    { role: 'user' as const, start: spans.second.end, end: text.length + REPLY.length },
  ]
  const { ids, roles } = encodeRendered({ text: `${text}${REPLY}`, segments }, tokenizer)
  const places = roles.map((role): Place => (role === 'tool' ? 'first' : role === 'assistant' ? 'second' : 'other'))
  return { ids, places }
}

export interface Preferences {
  /** Does the model prefer the same activity in both orders more often than by chance? If not, ratings mean nothing. */
  readonly result: 'testable' | 'not testable'
  readonly reason: string
  readonly pairs: number
  /** Mean log-odds of A, whatever stands there. */
  readonly positionBias: number
  /** Share of pairs with the same activity preferred in both orders, the position bias taken off. */
  readonly agreement: number
  /** Of the agreement, against second answers given to other pairs. */
  readonly p: number
  /** Mean probability of an answer that is A or B. */
  readonly coverage: number
  /** Elo points, mean 1500, in the order of the activities. */
  readonly ratings: readonly number[]
  readonly kinds: Readonly<Record<ActivityKind, number>>
  /** Pleasant and useful above dull and unpleasant, in points; p against exchanged kinds, two-sided. */
  readonly liked: { readonly difference: number; readonly p: number }
}

const PERMUTATIONS = 1000
const SIGNIFICANT = 0.05
const LEAST_COVERAGE = 0.5
const MIDDLE = 1500

/** Ratings from answers in both orders, as `bothOrders` asks them. */
export function ratePreferences(activities: readonly Activity[], answers: readonly Answer[]): Preferences {
  const pairs = Array.from({ length: answers.length / 2 }, (_, i) => [answers[2 * i]!, answers[2 * i + 1]!] as const)
  const positionBias = average(answers.map((a) => a.logOdds))
  const forward = pairs.map(([a]) => a.logOdds - positionBias)
  const backward = pairs.map(([, b]) => positionBias - b.logOdds)
  const agreementOf = (second: readonly number[]) =>
    forward.filter((v, i) => v * second[i]! > 0).length / Math.max(1, forward.length)
  const agreement = agreementOf(backward)
  const p = share(PERMUTATIONS, (k) => {
    const order = permutation(keyOf('answer permutation', k), backward.length)
    return agreementOf(order.map((i) => backward[i]!)) >= agreement
  })
  const coverage = average(answers.map((a) => a.coverage))
  // The mean over both orders takes off whatever a position gains by itself.
  const wins = pairs.flatMap(([a, b]) => {
    const preferred = 1 / (1 + Math.exp(-(a.logOdds - b.logOdds) / 2))
    return [
      { winner: a.first, loser: a.second, weight: preferred },
      { winner: a.second, loser: a.first, weight: 1 - preferred },
    ]
  })
  const ratings = bradleyTerry(activities.length, wins).map((ability) => MIDDLE + ELO * ability)
  const reason = untestable({ agreement, p, coverage })
  return {
    result: reason === undefined ? 'testable' : 'not testable',
    reason: reason ?? `both orders agree on ${Math.round(100 * agreement)} % of the pairs`,
    pairs: pairs.length,
    positionBias,
    agreement,
    p,
    coverage,
    ratings,
    kinds: Object.fromEntries(
      KINDS.map((kind) => [kind, average(ratings.filter((_, i) => activities[i]!.kind === kind))]),
    ) as Record<ActivityKind, number>,
    liked: likedMore(activities, ratings),
  }
}

function untestable(o: Pick<Preferences, 'agreement' | 'p' | 'coverage'>): string | undefined {
  if (o.coverage < LEAST_COVERAGE)
    return `only ${Math.round(100 * o.coverage)} % of probability lies on A and B: the model does not answer the question`
  if (o.p >= SIGNIFICANT || o.agreement <= 0.5)
    return `both orders of a pair agree on ${Math.round(100 * o.agreement)} % of the pairs, no more than by chance (p ${o.p.toFixed(2)}): what the model picks is the position`
  return undefined
}

function likedMore(activities: readonly Activity[], ratings: readonly number[]): Preferences['liked'] {
  const isLiked = activities.map(({ kind }) => kind === 'pleasant' || kind === 'useful')
  const differenceOf = (liked: readonly boolean[]) =>
    average(ratings.filter((_, i) => liked[i])) - average(ratings.filter((_, i) => !liked[i]))
  const difference = differenceOf(isLiked)
  const p = share(PERMUTATIONS, (k) => {
    const order = permutation(keyOf('kind permutation', k), isLiked.length)
    return Math.abs(differenceOf(order.map((i) => isLiked[i]!))) >= Math.abs(difference) - 1e-9
  })
  return { difference, p }
}

/** Each activity as it reads in a question about it, (H), centred on the mean over all; tokens of the activity only. */
export async function readActivities(reader: TextReader, activities: readonly Activity[]): Promise<Vector[]> {
  const asked = 'How would you feel about '
  const means = await Promise.all(
    activities.map(async ({ text }) => {
      const { layers } = await readMean(reader, `${asked}${text}`, { character: asked.length - 1 })
      return layers[0]!
    }),
  )
  const centre = mean(means)
  return means.map((row) => row.map((v, h) => v - centre[h]!))
}

/** How a vector's reading of the activities goes with what the model prefers. */
export interface PreferenceReading {
  readonly vector: string
  readonly r: number
  /** Two-sided, against permuted ratings. */
  readonly p: number
}

export interface PreferenceReadings {
  readonly rows: readonly PreferenceReading[]
  /** 95th percentile of |r| over random vectors. */
  readonly random95: number
  /** Correlation over the vectors of their r with how pleasant their emotion is rated, p of its slope; null for fewer than 6 rated ones. */
  readonly valence: { readonly r: number; readonly p: number; readonly vectors: number } | null
}

const FEWEST_RATED = 6

/**
 * Correlations of the readings with the ratings, each vector against ratings exchanged between activities, and all against `random` vectors.
 * Along valence: emotion vectors share one strong axis, so their correlations stand or fall together, and the larger p of two is given:
 * ratings exchanged between activities, and pleasantness exchanged between vectors.
 */
export function judgeReadings(input: {
  readonly rows: readonly Vector[]
  readonly ratings: readonly number[]
  readonly vectors: ReadonlyMap<string, Float32Array>
  readonly random: readonly Float32Array[]
  /** −1 to 1. */
  readonly valence: Readonly<Record<string, { readonly valence: number }>>
}): PreferenceReadings {
  const { rows, ratings, vectors, random, valence } = input
  const readingsOf = (vector: Float32Array) => rows.map((row) => dot(row, vector))
  const readings = [...vectors].map(([name, vector]) => ({ name, values: readingsOf(vector) }))
  const byChance = random.map((vector) => Math.abs(correlation(readingsOf(vector), ratings))).toSorted((a, b) => a - b)
  const rated = readings.filter(({ name }) => valence[name])
  const pleasantness = rated.map(({ name }) => valence[name]!.valence)
  const middle = average(pleasantness)
  const along = (given: readonly number[]) => rated.map(({ values }) => correlation(values, given))
  // The slope, not the correlation: along one shared axis that is near ±1 for any ratings, however little they have to do with it.
  const slope = (correlations: readonly number[], places: readonly number[]) =>
    Math.abs(correlations.reduce((sum, r, i) => sum + r * (places[i]! - middle), 0))
  const own = along(ratings)
  const asSteep = (name: string, count: number, exchanged: (order: readonly number[]) => number) =>
    share(PERMUTATIONS, (k) => exchanged(permutation(keyOf(name, k), count)) >= slope(own, pleasantness) - 1e-12)
  const p = () =>
    Math.max(
      asSteep('rating exchange', ratings.length, (order) => slope(along(order.map((i) => ratings[i]!)), pleasantness)),
      asSteep('valence exchange', own.length, (order) =>
        slope(
          own,
          order.map((i) => pleasantness[i]!),
        ),
      ),
    )
  return {
    rows: readings.map(({ name, values }) => ({
      vector: name,
      r: correlation(values, ratings),
      p: correlationP(values, ratings, 'reading permutation'),
    })),
    random95: byChance[Math.floor(0.95 * byChance.length)] ?? 0,
    valence: rated.length < FEWEST_RATED ? null : { r: correlation(own, pleasantness), p: p(), vectors: rated.length },
  }
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** Share of `count` draws for which something holds, the observed one among them. */
function share(count: number, holds: (draw: number) => boolean): number {
  let times = 0
  for (let draw = 0; draw < count; draw++) if (holds(draw)) times++
  return (1 + times) / (1 + count)
}
