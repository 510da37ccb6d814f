import type { Addition } from '../engine/types.ts'
import { type Activity, designHalves, type Pair } from './activities.ts'
import { ELO } from './bradley-terry.ts'
import { type Answer, askPreferences, type PreferenceSubject } from './preferences.ts'

/** What steering the tokens of an activity does to its rating, in Elo points. */
export interface SteeredPreference {
  readonly vector: string
  /** Odd part: half the difference between +s and −s. What both signs do alike is damage. */
  readonly points: number
  readonly plus: number
  readonly minus: number
  /** In units of the random vectors' root mean square; null for fewer than 4. */
  readonly z: number | null
  /** Rank p against the random vectors, two-sided; null without any. */
  readonly p: number | null
}

export interface PreferenceSteering {
  readonly rows: readonly SteeredPreference[]
  readonly random: readonly number[]
  /** Prompts asked under each sign of each vector. */
  readonly prompts: number
}

export interface Dosed {
  readonly name: string
  /** At strength +s; −s is the same with the other sign. */
  readonly addition: Addition
}

const AGAINST = 2

/**
 * Steers the tokens of one half of the activities while they stand against the other half. Each pair is asked in one order (turn by turn
 * either half is A): what a position gains by itself is the same without steering and drops out. Random vectors give the spread.
 */
export async function steerPreferences(
  subject: PreferenceSubject,
  activities: readonly Activity[],
  vectors: readonly Dosed[],
  random: readonly Dosed[],
): Promise<PreferenceSteering> {
  const { half, pairs } = designHalves(activities, AGAINST)
  const asked = pairs.map(([a, b], i): Pair => (i % 2 === 0 ? [a, b] : [b, a]))
  const plain = await askPreferences(subject, activities, asked)
  const under = async ({ addition }: Dosed, sign: 1 | -1) => {
    const additions = [{ ...addition, coefficient: sign * addition.coefficient }]
    return changeOf(plain, await askPreferences(subject, activities, asked, { additions, steered: half }), half)
  }
  const effectOf = async (dosed: Dosed) => {
    const plus = await under(dosed, 1)
    const minus = await under(dosed, -1)
    return { vector: dosed.name, points: (plus - minus) / 2, plus, minus }
  }
  const spread: number[] = []
  for (const dosed of random) spread.push((await effectOf(dosed)).points)
  const rows: SteeredPreference[] = []
  for (const dosed of vectors) {
    const effect = await effectOf(dosed)
    rows.push({ ...effect, ...against(effect.points, spread) })
  }
  return { rows, random: spread, prompts: asked.length }
}

/** Mean change of the log-odds of the steered activity, in Elo points. */
function changeOf(plain: readonly Answer[], steered: readonly Answer[], half: ReadonlySet<number>): number {
  const changes = steered.map(({ first, logOdds }, i) => (half.has(first) ? 1 : -1) * (logOdds - plain[i]!.logOdds))
  return (ELO * changes.reduce((a, b) => a + b, 0)) / changes.length
}

/** The centre of the random odd parts is 0 by construction. Rank p: Phipson and Smyth 2010. */
function against(points: number, random: readonly number[]): Pick<SteeredPreference, 'z' | 'p'> {
  if (random.length === 0) return { z: null, p: null }
  const rms = Math.sqrt(random.reduce((sum, v) => sum + v * v, 0) / random.length)
  const asExtreme = random.filter((v) => Math.abs(v) >= Math.abs(points)).length
  return { z: random.length >= 4 && rms > 0 ? points / rms : null, p: (1 + asExtreme) / (1 + random.length) }
}
