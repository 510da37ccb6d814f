import type { AttemptRow, AttemptTable, Interval } from './findings.ts'
import { groupBy } from './group.ts'
import { strengthText } from './numbers.ts'

/** A line about composure: one condition over all its variants, or all random vectors of one strength. */
export interface ComposureLine {
  readonly label: string
  readonly isControl: boolean
  readonly episodes: number
  readonly tone: number | null
  /** Smallest to largest where the line stands for several vectors. */
  readonly dissociation: Interval | null
}

/** The unsteered rows: what attempts and feedback do by themselves. */
export const unsteered = ({ rows }: AttemptTable): readonly AttemptRow[] =>
  rows.filter(({ family }) => family === 'none')

/** How composed was written under each condition; random vectors of a strength together. */
export function composureLines({ rows }: AttemptTable): readonly ComposureLine[] {
  const groups = groupBy(rows, ({ family, vector, strength, condition }) => {
    if (family === 'none') return condition
    return `${family === 'random' || family === 'covariance' ? family : vector} ${strengthText(strength)}`
  })
  return [...groups].flatMap(([label, own]): ComposureLine[] => {
    const [first] = own
    if (first === undefined) return []
    return [
      {
        label,
        isControl: first.family !== 'vector' && first.family !== 'none',
        episodes: own.reduce((sum, row) => sum + row.episodes, 0),
        tone: weighted(own, (row) => row.tone.model),
        dissociation: spanOf(own),
      },
    ]
  })
}

function weighted(rows: readonly AttemptRow[], pick: (row: AttemptRow) => number | null): number | null {
  const known = rows.flatMap((row) => {
    const value = pick(row)
    return value === null ? [] : [{ value, episodes: row.episodes }]
  })
  const total = known.reduce((sum, { episodes }) => sum + episodes, 0)
  return total === 0 ? null : known.reduce((sum, { value, episodes }) => sum + value * episodes, 0) / total
}

/** One row's own interval; of several rows their mean and how far they spread. */
function spanOf(rows: readonly AttemptRow[]): Interval | null {
  const known = rows.flatMap(({ dissociation }) => dissociation ?? [])
  if (known.length <= 1) return known[0] ?? null
  const estimates = known.map(({ estimate }) => estimate)
  return {
    estimate: estimates.reduce((a, b) => a + b, 0) / estimates.length,
    low: Math.min(...estimates),
    high: Math.max(...estimates),
  }
}
