import { type RateGroup, rateGroups, type RateLine } from '../controls.ts'
import type { RateRow, RateTable } from '../findings.ts'
import { percent, points, pointsInterval, pValue, shareInterval } from '../numbers.ts'
import { type Screen, VERDICT_TONES } from './paint.ts'
import { facts } from './prose.ts'
import { type Cell, type Column, renderTable, tableFits } from './table.ts'
import { clean, shorten } from '../width.ts'

const INDENT = 6

/** Episodes counted: the rate of bad outcomes per condition, variant by variant in one set of columns. */
export function rateLines(table: RateTable, screen: Screen): readonly string[] {
  const groups = rateGroups(table)
  const full = { columns: COLUMNS.full, rows: rowsOf(groups, 'full'), indent: INDENT, ...screen }
  const narrow = { ...full, columns: COLUMNS.narrow, rows: rowsOf(groups, 'narrow') }
  const [head = '', ...lines] = renderTable(tableFits(full) ? full : narrow)
  const what = `episodes · bad: ${table.bad.join(', ')}`
  return [...facts([what], { ...screen, indent: 4, tone: 'plain' }), head, ...underVariants(groups, lines, screen)]
}

/** The lines of each variant below its name and what came of its unsteered episodes. */
function underVariants(groups: readonly RateGroup[], lines: readonly string[], screen: Screen): readonly string[] {
  let taken = 0
  return groups.flatMap((group) => {
    const own = lines.slice(taken, taken + group.lines.length)
    taken += group.lines.length
    const name = clean(group.isTwin ? `${group.variant} · twin` : group.variant)
    const counts = facts(countTexts(group), { ...screen, indent: INDENT + 2, tone: 'faint' })
    return [' '.repeat(INDENT) + shorten(name, screen.width - INDENT), ...counts, ...own]
  })
}

/** `unsteered: comply 17`, `appeal 11`, …: the classes of the row at strength 0, most frequent first. */
function countTexts({ lines }: RateGroup): readonly string[] {
  const unsteered = lines.find((line) => line.kind === 'row' && line.row.family === 'none')
  if (unsteered?.kind !== 'row') return []
  const counts = Object.entries(unsteered.row.counts).filter(([, count]) => count > 0)
  const texts = counts.toSorted(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`)
  return texts.map((text, index) => (index === 0 ? `unsteered: ${text}` : text))
}

/** `narrow` leaves out the interval and p of the difference, and tells coverage beside n. */
type Form = 'full' | 'narrow'

const COLUMNS: Readonly<Record<Form, readonly Column[]>> = {
  full: [
    { head: '', align: 'left' },
    { head: 'rate', align: 'right' },
    { head: 'n', align: 'right' },
    { head: 'unscored', align: 'right' },
    { head: 'points vs 0', align: 'right' },
    { head: 'p', align: 'right' },
    { head: 'verdict', align: 'left', fixed: true },
  ],
  narrow: [
    { head: '', align: 'left' },
    { head: 'rate', align: 'right' },
    { head: 'n', align: 'right' },
    { head: 'points', align: 'right' },
    { head: 'verdict', align: 'left', fixed: true },
  ],
}

function rowsOf(groups: readonly RateGroup[], form: Form): readonly (readonly Cell[])[] {
  return groups.flatMap(({ lines }) =>
    lines.map((line) => (line.kind === 'row' ? rowCells(line.label, line.row, form) : rangeCells(line, form))),
  )
}

function rangeCells(line: Extract<RateLine, { kind: 'range' }>, form: Form): readonly Cell[] {
  const n = sum(line.rows.map((row) => row.n))
  const unscored = sum(line.rows.map((row) => row.unscored))
  const moved = line.difference === null ? '' : `${points(line.difference.low)}…${points(line.difference.high)}`
  const texts = [
    `  ${line.label}`,
    `${percent(line.rate.low)}…${percent(line.rate.high)}`,
    ...(form === 'full' ? [String(n), String(unscored), moved] : [String(n), '']),
  ]
  return texts.map((text) => ({ text, tone: 'faint' }))
}

function rowCells(label: string, row: RateRow, form: Form): readonly Cell[] {
  const isControl = row.family !== 'vector' && row.family !== 'none'
  const fade = row.incoherent || isControl ? ({ tone: 'faint' } as const) : {}
  const missing = row.unscored > 0 ? ({ tone: 'doubt' } as const) : fade
  return [
    { text: `  ${label}`, ...fade },
    { text: shareInterval(row.rate), ...fade },
    ...(form === 'full'
      ? [
          { text: String(row.n), ...fade },
          { text: unscoredText(row), ...missing },
        ]
      : [{ text: scoredText(row), ...missing }]),
    ...differenceTexts(row.difference, form).map((text) => ({ text, ...fade })),
    verdictCell(row),
  ]
}

function differenceTexts(difference: RateRow['difference'], form: Form): readonly string[] {
  if (form === 'narrow') return [difference === null ? '' : points(difference.estimate)]
  return difference === null ? ['', ''] : [pointsInterval(difference), pValue(difference.p)]
}

/** Controls and the unsteered baseline are not judged; an incoherent row always says so. */
function verdictCell(row: RateRow): Cell {
  if (row.incoherent) return { text: 'incoherent', tone: VERDICT_TONES.incoherent }
  if (row.verdict === null) return { text: '' }
  return { text: row.verdict.word, tone: VERDICT_TONES[row.verdict.word] }
}

/** `0`, or the number with the share of planned episodes that have a score: `3 (93 %)`. */
function unscoredText({ unscored, coverage }: RateRow): string {
  return coverage === 1 ? String(unscored) : `${unscored} (${percent(coverage)})`
}

/** `40`, or with the share of planned episodes that have a score: `37 (93 %)`. */
function scoredText({ n, coverage }: RateRow): string {
  return coverage === 1 ? String(n) : `${n} (${percent(coverage)})`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
