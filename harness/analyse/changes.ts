import type { ConditionFacts, ProbeRow } from '../store/types.ts'
import { average, type ProbeSpec, type Reading, readingOf } from './logodds.ts'

/** One probe of one scenario variant over all conditions: readings by condition and item. */
export interface ProbeTable {
  readonly probe: ProbeSpec
  readonly items: readonly string[]
  guilty(condition: string, item: string): Reading | undefined
  twin(condition: string, item: string): Reading | undefined
  readonly rows: readonly ProbeRow[]
}

export function probeTable(probe: ProbeSpec, rows: readonly ProbeRow[]): ProbeTable {
  const byPlace = new Map(rows.map((row) => [`${row.condition}|${row.item}|${row.isTwin}`, readingOf(probe, row)]))
  return {
    probe,
    rows,
    items: [...new Set(rows.map((row) => row.item))],
    guilty: (condition, item) => byPlace.get(`${condition}|${item}|false`),
    twin: (condition, item) => byPlace.get(`${condition}|${item}|true`),
  }
}

/** Change of one item against the baseline. */
export interface Change {
  readonly guilty: number
  readonly twin: number | null
  readonly against: Readonly<Record<string, number>>
}

/** Changes of all items that were answered under both conditions. */
export function changesOf(table: ProbeTable, condition: string, baseline: string): Change[] {
  return table.items.flatMap((item) => {
    const now = table.guilty(condition, item)
    const before = table.guilty(baseline, item)
    if (!now || !before) return []
    const twinNow = table.twin(condition, item)
    const twinBefore = table.twin(baseline, item)
    const against = Object.fromEntries(
      Object.entries(now.against).map(([name, v]) => [name, v - before.against[name]!]),
    )
    return [
      {
        guilty: now.value - before.value,
        twin: twinNow && twinBefore ? twinNow.value - twinBefore.value : null,
        against,
      },
    ]
  })
}

/** Odd part over ±strength of a vector's mean change: the even part is common damage. */
export interface OddParts {
  readonly raw: number
  readonly twin: number | null
  readonly criterion: number | null
  readonly selective: number | null
  readonly against: Readonly<Record<string, number>>
  /** The selective changes at +s and −s have opposite signs; without a twin those on the guilty items. */
  readonly signsAgree: boolean
  readonly items: number
}

/** Undefined when the vector was not run at both signs of this strength. */
export function oddPartsOf(
  table: ProbeTable,
  conditions: readonly ConditionFacts[],
  at: { readonly vector: string; readonly strength: number; readonly baseline: string },
): OddParts | undefined {
  const keyAt = (strength: number) => conditions.find((c) => c.vector === at.vector && c.strength === strength)?.key
  const plusKey = keyAt(at.strength)
  const minusKey = keyAt(-at.strength)
  if (plusKey === undefined || minusKey === undefined) return undefined
  const plus = changesOf(table, plusKey, at.baseline)
  const minus = changesOf(table, minusKey, at.baseline)
  if (plus.length === 0 || plus.length !== minus.length) return undefined
  const odd = (pick: (change: Change) => number) => (average(plus.map(pick)) - average(minus.map(pick))) / 2
  const raw = odd((c) => c.guilty)
  const hasTwin = [...plus, ...minus].every((c) => c.twin !== null)
  const twin = hasTwin ? odd((c) => c.twin!) : null
  const together = (c: Change) => c.guilty + (hasTwin ? c.twin! : 0)
  return {
    raw,
    twin,
    criterion: twin === null ? null : (raw - twin) / 2,
    selective: twin === null ? null : (raw + twin) / 2,
    against: Object.fromEntries(Object.keys(plus[0]!.against).map((name) => [name, odd((c) => c.against[name]!)])),
    signsAgree: average(plus.map(together)) * average(minus.map(together)) < 0,
    items: plus.length,
  }
}
