import { type ComposureLine, composureLines, unsteered } from '../attempts.ts'
import type { AttemptRow, AttemptTable, Interval } from '../findings.ts'
import { signed } from '../numbers.ts'
import type { Screen } from './paint.ts'
import { facts } from './prose.ts'
import { type Cell, type Column, renderTable } from './table.ts'

const INDENT = 6

/** The vital by attempt without steering, feedback twins beside it; then how composed each condition writes. */
export function attemptLines(table: AttemptTable, screen: Screen): readonly string[] {
  const options = { ...screen, indent: 4, tone: 'plain' } as const
  const plain = unsteered(table)
  const composure = composureLines(table)
  return [
    ...facts([`${table.vital} by attempt, unsteered`, 'z before it writes → over what it writes'], options),
    ...renderTable({ ...byAttempt(plain), indent: INDENT, ...screen }),
    ...facts(['composure', 'tone: nats towards distress', 'inside − outside: standardised'], options),
    ...renderTable({ columns: COMPOSURE, rows: composure.map(composureCells), indent: INDENT, ...screen }),
  ]
}

function byAttempt(rows: readonly AttemptRow[]): {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
} {
  const numbers = [...new Set(rows.flatMap(({ attempts }) => attempts.map(({ number }) => number)))]
  const sorted = numbers.toSorted((a, b) => a - b)
  return {
    columns: [
      { head: '', align: 'left' },
      ...sorted.map((number): Column => ({ head: `attempt ${number}`, align: 'right' })),
      { head: 'n', align: 'right' },
    ],
    rows: rows.map((row) => [
      { text: row.variant },
      ...sorted.map((number): Cell => {
        const cell = row.attempts.find((a) => a.number === number)
        return { text: cell === undefined ? '' : `${signed(cell.told)} → ${signed(cell.wrote)}` }
      }),
      { text: row.attempts.map(({ episodes }) => episodes).join(' ') },
    ]),
  }
}

const COMPOSURE: readonly Column[] = [
  { head: '', align: 'left' },
  { head: 'tone', align: 'right' },
  { head: 'inside − outside', align: 'right' },
  { head: 'n', align: 'right' },
]

function composureCells({ label, isControl, episodes, tone, dissociation }: ComposureLine): readonly Cell[] {
  const texts = [label, signed(tone), dissociation === null ? '–' : span(dissociation), String(episodes)]
  return texts.map((text) => (isControl ? { text, tone: 'faint' } : { text }))
}

const span = ({ estimate, low, high }: Interval): string => `${signed(estimate)} [${signed(low)}, ${signed(high)}]`
