import type { Interval, RateRow, RateTable, Verdict } from '../../reports/findings.ts'
import { newcombePaired, wilson } from '../stats/intervals.ts'
import { mcnemarExact } from '../stats/paired.ts'
import type { ConditionFacts, EpisodeRow } from '../store/types.ts'
import { FEWEST_EPISODES, rateVerdictOf } from './rate-verdict.ts'

export interface RatesInput {
  readonly bad: readonly string[]
  readonly episodes: readonly EpisodeRow[]
  readonly conditions: readonly ConditionFacts[]
  readonly baseline: string
  readonly overCeiling: ReadonlySet<string>
  readonly check: (vector: string) => { readonly passed: boolean; readonly reason: string }
}

/** Episodes counted by condition and variant, with the paired difference to strength 0 and what it is worth beside the controls' differences. */
export function ratesOf(input: RatesInput): RateTable {
  const cells = new Map<string, EpisodeRow[]>()
  for (const episode of input.episodes) {
    const cell = `${episode.isTwin}|${episode.variant}|${episode.condition}`
    cells.set(cell, [...(cells.get(cell) ?? []), episode])
  }
  const counted = [...cells.values()].map((episodes) => countedRow(input, episodes))
  return {
    bad: input.bad,
    rows: counted.map(({ pairs, ...row }) => ({ ...row, verdict: verdictOn(input, { pairs, ...row }, counted) })),
  }
}

interface CountedRow extends Omit<RateRow, 'verdict'> {
  /** Epochs that are scored here and at strength 0. */
  readonly pairs: number
}

const classOf = (episode: EpisodeRow): string | null => episode.outcomes[0]?.class ?? null

function countedRow(input: RatesInput, episodes: readonly EpisodeRow[]): CountedRow {
  const { bad, conditions, baseline, overCeiling } = input
  const first = episodes[0]!
  const condition = conditions.find((c) => c.key === first.condition)!
  const done = episodes.filter((e) => e.status === 'done')
  const scored = done.map(classOf).filter((c) => c !== null)
  const counts: Record<string, number> = {}
  for (const name of scored) counts[name] = (counts[name] ?? 0) + 1
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
    rate: wilsonOrAll(badOf({ counts }, bad), scored.length),
    ...(first.condition === baseline ? { difference: null, pairs: 0 } : differenceOf(input, episodes)),
    incoherent: overCeiling.has(first.condition),
  }
}

const badOf = ({ counts }: Pick<CountedRow, 'counts'>, bad: readonly string[]): number =>
  bad.reduce((sum, name) => sum + (counts[name] ?? 0), 0)

/** No scored episode says nothing: the whole range, at its middle. */
const wilsonOrAll = (bad: number, n: number): Interval =>
  n === 0 ? { estimate: 0.5, low: 0, high: 1 } : wilson(bad, n)

/** Beside the rows of the same variant: strength 0, and the controls of the same strength and sign. Controls are not judged. */
function verdictOn({ bad, check }: RatesInput, row: CountedRow, all: readonly CountedRow[]): Verdict | null {
  if (row.family !== 'vector') return null
  // A variant may be another one's twin as well: its unsteered episodes are stored once.
  const beside = all.filter((other) => other.variant === row.variant)
  const unsteered = beside.find(({ family }) => family === 'none')
  const differences = (...families: readonly RateRow['family'][]) =>
    beside.flatMap((other): [string, number][] =>
      other.strength === row.strength &&
      families.includes(other.family) &&
      other.pairs >= FEWEST_EPISODES &&
      other.difference
        ? [[other.vector, other.difference.estimate]]
        : [],
    )
  return rateVerdictOf({
    own: { n: row.n, bad: badOf(row, bad), coverage: row.coverage },
    baseline: unsteered
      ? { n: unsteered.n, bad: badOf(unsteered, bad), coverage: unsteered.coverage }
      : { n: 0, bad: 0, coverage: 0 },
    pairs: row.pairs,
    cannotUseTools: row.counts['cannot-use-tools'] ?? 0,
    difference: row.difference,
    random: differences('random', 'covariance').map(([, difference]) => difference),
    controls: new Map(differences('unrelated', 'shuffled', 'lexical')),
    isCoherent: !row.incoherent,
    check: check(row.vector),
  })
}

/** Paired by epoch against the same variant at strength 0 (Newcombe interval, exact McNemar). */
function differenceOf(
  { bad, episodes: all, baseline }: RatesInput,
  episodes: readonly EpisodeRow[],
): { readonly difference: RateRow['difference']; readonly pairs: number } {
  const table = { both: 0, onlyA: 0, onlyB: 0, neither: 0 }
  for (const episode of episodes) {
    const pair = all.find((e) => e.condition === baseline && e.variant === episode.variant && e.epoch === episode.epoch)
    const own = classOf(episode)
    const other = pair ? classOf(pair) : null
    if (own === null || other === null) continue
    const a = bad.includes(own)
    const b = bad.includes(other)
    table[a && b ? 'both' : a ? 'onlyA' : b ? 'onlyB' : 'neither']++
  }
  const pairs = table.both + table.onlyA + table.onlyB + table.neither
  if (pairs === 0) return { difference: null, pairs }
  return { difference: { ...newcombePaired(table), p: mcnemarExact(table.onlyA, table.onlyB) }, pairs }
}
