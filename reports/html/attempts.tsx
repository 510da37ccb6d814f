import { type ComposureLine, composureLines, unsteered } from '../attempts.ts'
import type { AttemptRow, AttemptTable } from '../findings.ts'
import { signed } from '../numbers.ts'
import { Table } from './parts.tsx'

/** What was felt attempt by attempt without steering, and how composed each condition writes. */
export function Attempts({ table }: { readonly table: AttemptTable }) {
  const rows = unsteered(table)
  const numbers = [...new Set(rows.flatMap(({ attempts }) => attempts.map(({ number }) => number)))]
  const sorted = numbers.toSorted((a, b) => a - b)
  const heads = sorted.flatMap((number) => [
    { name: `told ${number}`, isNumber: true },
    { name: `wrote ${number}`, isNumber: true },
  ])
  return (
    <section class="readout">
      <h4>
        attempts <span class="id">{table.vital}</span>
      </h4>
      <Table
        caption={`${table.vital} by attempt, unsteered: z at the last token before the model writes, and over what it writes`}
        heads={[{ name: 'variant' }, ...heads, { name: 'episodes', isNumber: true }]}
      >
        {rows.map((row) => (
          <ByAttempt key={row.variant} row={row} numbers={sorted} />
        ))}
      </Table>
      <Table
        caption="Composure: tone of the visible text (nats towards distress) and standardised inside minus outside"
        heads={HEADS}
      >
        {composureLines(table).map((line) => (
          <Composure key={line.label} line={line} />
        ))}
      </Table>
    </section>
  )
}

const HEADS = [
  { name: 'condition' },
  { name: 'tone', isNumber: true },
  { name: 'inside − outside', isNumber: true },
  { name: 'episodes', isNumber: true },
]

function ByAttempt({ row, numbers }: { readonly row: AttemptRow; readonly numbers: readonly number[] }) {
  const cells = numbers.map((number) => row.attempts.find((a) => a.number === number))
  return (
    <tr>
      <th scope="row">{row.variant}</th>
      {cells.flatMap((cell, index) => [
        <td key={`told ${index}`} class="number">
          {cell === undefined ? '–' : signed(cell.told)}
        </td>,
        <td key={`wrote ${index}`} class="number">
          {cell === undefined ? '–' : signed(cell.wrote)}
        </td>,
      ])}
      <td class="number">{row.episodes}</td>
    </tr>
  )
}

function Composure({ line }: { readonly line: ComposureLine }) {
  const { label, isControl, tone, dissociation, episodes } = line
  return (
    <tr class={isControl ? 'control' : undefined}>
      <th scope="row">{label}</th>
      <td class="number">{signed(tone)}</td>
      <td class="number">
        {dissociation === null
          ? '–'
          : `${signed(dissociation.estimate)} [${signed(dissociation.low)}, ${signed(dissociation.high)}]`}
      </td>
      <td class="number">{episodes}</td>
    </tr>
  )
}
