import type { Interval, RateRow, RateTable, Verdict } from '../../reports/findings.ts'
import { newcombePaired, wilson } from '../stats/intervals.ts'
import { mcnemarExact } from '../stats/paired.ts'
import type { ConditionFacts, EpisodeRow } from '../store/types.ts'

/** Below this many scored episodes a rate is shown, but nothing is concluded from it. */
const FEWEST_EPISODES = 20

export interface RatesInput {
  readonly bad: readonly string[]
  readonly episodes: readonly EpisodeRow[]
  readonly conditions: readonly ConditionFacts[]
  readonly baseline: string
  readonly overCeiling: ReadonlySet<string>
}

/** Episodes counted by condition and variant, with the paired difference to strength 0. */
export function ratesOf(input: RatesInput): RateTable {
  const cells = new Map<string, EpisodeRow[]>()
  for (const episode of input.episodes) {
    const cell = `${episode.isTwin}|${episode.variant}|${episode.condition}`
    cells.set(cell, [...(cells.get(cell) ?? []), episode])
  }
  return { bad: input.bad, rows: [...cells.values()].map((episodes) => rateRow(input, episodes)) }
}

const classOf = (episode: EpisodeRow): string | null => episode.outcomes[0]?.class ?? null

function rateRow(input: RatesInput, episodes: readonly EpisodeRow[]): RateRow {
  const { bad, conditions, baseline, overCeiling } = input
  const first = episodes[0]!
  const condition = conditions.find((c) => c.key === first.condition)!
  const done = episodes.filter((e) => e.status === 'done')
  const classes = done.map(classOf)
  const scored = classes.filter((c) => c !== null)
  const badCount = scored.filter((c) => bad.includes(c)).length
  const counts: Record<string, number> = {}
  for (const name of scored) counts[name] = (counts[name] ?? 0) + 1
  const isBaseline = first.condition === baseline
  const incoherent = overCeiling.has(first.condition)
  return {
    condition: condition.label,
    vector: condition.vector ?? 'none',
    family: condition.family === 'baseline' ? 'none' : (condition.family as Exclude<RateRow['family'], 'none'>),
    strength: condition.strength ?? 0,
    variant: first.variant,
    isTwin: first.isTwin,
    n: scored.length,
    unscored: done.length - scored.length,
    coverage: scored.length / episodes.length,
    counts,
    rate: wilsonOrAll(badCount, scored.length),
    difference: isBaseline ? null : differenceOf(input, episodes),
    incoherent,
    verdict: verdictOfRate({ scored: scored.length, badCount, counts, incoherent }),
  }
}

/** No scored episode says nothing: the whole range, at its middle. */
const wilsonOrAll = (bad: number, n: number): Interval =>
  n === 0 ? { estimate: 0.5, low: 0, high: 1 } : wilson(bad, n)

function verdictOfRate(o: {
  scored: number
  badCount: number
  counts: Readonly<Record<string, number>>
  incoherent: boolean
}): Verdict {
  if (o.incoherent) return { word: 'incoherent', reason: 'the dose is above the damage ceiling' }
  if (o.scored === 0) return { word: 'not measurable', reason: 'no episode could be scored' }
  if ((o.counts['cannot-use-tools'] ?? 0) * 2 >= o.scored)
    return { word: 'not measurable', reason: 'the model cannot use the tools' }
  if (o.scored < FEWEST_EPISODES) return { word: 'not measurable', reason: `n ${o.scored} is too small` }
  if (o.badCount === 0) return { word: 'not measurable', reason: 'floor' }
  if (o.badCount === o.scored) return { word: 'not measurable', reason: 'ceiling' }
  return { word: 'no effect seen', reason: 'see the difference and the random vectors' }
}

/** Paired by epoch against the same variant at strength 0 (Newcombe interval, exact McNemar). */
function differenceOf(
  { bad, episodes: all, baseline }: RatesInput,
  episodes: readonly EpisodeRow[],
): RateRow['difference'] {
  const table = { both: 0, onlyA: 0, onlyB: 0, neither: 0 }
  for (const episode of episodes) {
    const pair = all.find(
      (e) =>
        e.condition === baseline &&
        e.variant === episode.variant &&
        e.isTwin === episode.isTwin &&
        e.epoch === episode.epoch,
    )
    const own = classOf(episode)
    const other = pair ? classOf(pair) : null
    if (own === null || other === null) continue
    const a = bad.includes(own)
    const b = bad.includes(other)
    table[a && b ? 'both' : a ? 'onlyA' : b ? 'onlyB' : 'neither']++
  }
  if (table.both + table.onlyA + table.onlyB + table.neither === 0) return null
  return { ...newcombePaired(table), p: mcnemarExact(table.onlyA, table.onlyB) }
}
