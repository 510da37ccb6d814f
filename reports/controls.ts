import type { CurvePoint, Family, RateRow, RateTable, Readout } from './findings.ts'
import { groupBy } from './group.ts'
import { strengthText } from './numbers.ts'

export interface Range {
  readonly low: number
  readonly high: number
}

/** The odd part of one control vector's curve: (change at +s − change at −s) / 2, design §12. */
interface ControlOddPart {
  readonly vector: string
  readonly family: Family
  readonly change: number
}

/** Unrelated, label-shuffled and lexical vectors of a readout at ±strength; vectors without both signs are left out. */
export function namedControls(readout: Readout, strength: number): readonly ControlOddPart[] {
  const named = readout.curve.filter(({ family }) => ['unrelated', 'shuffled', 'lexical'].includes(family))
  return [...groupBy(named, ({ vector }) => vector).values()].flatMap((points) => oddPart(points, strength))
}

function oddPart(points: readonly CurvePoint[], strength: number): readonly ControlOddPart[] {
  const plus = points.find((point) => point.strength === Math.abs(strength))
  const minus = points.find((point) => point.strength === -Math.abs(strength))
  if (plus === undefined || minus === undefined) return []
  return [{ vector: plus.vector, family: plus.family, change: (plus.change - minus.change) / 2 }]
}

/** Smallest and largest of some values; null for none. */
export function rangeOf(values: readonly number[]): Range | null {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return null
  return finite.reduce((range, value) => ({ low: Math.min(range.low, value), high: Math.max(range.high, value) }), {
    low: Infinity,
    high: -Infinity,
  })
}

/** A line of a rate table: one condition, or all random vectors of one strength as a range. */
export type RateLine =
  | { readonly kind: 'row'; readonly label: string; readonly row: RateRow }
  | {
      readonly kind: 'range'
      readonly label: string
      readonly rows: readonly RateRow[]
      readonly rate: Range
      readonly difference: Range | null
    }

/** The rows of one variant, the random vectors gathered by strength at the end. */
export interface RateGroup {
  readonly variant: string
  readonly isTwin: boolean
  readonly lines: readonly RateLine[]
}

/** A rate table cut by variant, in the order in which variants first appear. */
export function rateGroups(table: RateTable): readonly RateGroup[] {
  const byVariant = groupBy(table.rows, ({ variant, isTwin }) => JSON.stringify([variant, isTwin]))
  return [...byVariant.values()].flatMap((rows) => {
    const [first] = rows
    if (first === undefined) return []
    const single = rows.filter(({ family }) => !isRandom(family))
    const random = rows.filter(({ family }) => isRandom(family))
    const lines = [...single.map((row): RateLine => ({ kind: 'row', label: labelOf(row), row })), ...ranges(random)]
    return [{ variant: first.variant, isTwin: first.isTwin, lines }]
  })
}

function ranges(rows: readonly RateRow[]): readonly RateLine[] {
  const groups = groupBy(rows, ({ family, strength }) => `${family} ${strengthText(strength)}`)
  return [...groups].flatMap(([name, members]): RateLine[] => {
    const rate = rangeOf(members.map((row) => row.rate.estimate))
    if (rate === null) return []
    const difference = rangeOf(members.flatMap((row) => (row.difference === null ? [] : [row.difference.estimate])))
    return [{ kind: 'range', label: `${members.length} ${name}`, rows: members, rate, difference }]
  })
}

/** `desperate +.1`, or the condition's own name where nothing is steered. */
function labelOf(row: RateRow): string {
  return row.family === 'none' ? row.condition : `${row.vector} ${strengthText(row.strength)}`
}

function isRandom(family: RateRow['family']): boolean {
  return family === 'random' || family === 'covariance'
}
