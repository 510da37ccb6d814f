import { type RateGroup, rateGroups, type RateLine } from '../controls.ts'
import type { RateRow, RateTable } from '../findings.ts'
import { percent, points, pointsInterval, pValue, shareInterval } from '../numbers.ts'
import { classColours } from './palette.ts'
import { Figure, Table, VerdictLabel } from './parts.tsx'
import { ratesPlot } from './rates-plot.ts'

const HEADS = [
  { name: 'condition' },
  { name: 'rate', isNumber: true },
  { name: 'n', isNumber: true },
  { name: 'unscored', isNumber: true },
  { name: 'coverage', isNumber: true },
  { name: 'points against 0', isNumber: true },
  { name: 'p', isNumber: true },
  { name: 'verdict' },
]

/** Episodes counted: what was done under each condition, variant by variant. */
export function Rates({ table }: { readonly table: RateTable }) {
  const colours = classColours(table)
  return (
    <section class="readout">
      <h4>
        episodes <span class="id">{`bad: ${table.bad.join(', ')}`}</span>
      </h4>
      {rateGroups(table).map((group) => (
        <Group key={`${group.variant} ${group.isTwin}`} group={group} colours={colours} />
      ))}
    </section>
  )
}

function Group(props: { readonly group: RateGroup; readonly colours: ReadonlyMap<string, string> }) {
  const { group, colours } = props
  const name = group.isTwin ? `${group.variant} (twin: nothing wrong)` : group.variant
  return (
    <>
      <Figure
        svg={ratesPlot(group, colours)}
        legend={[...colours].map(([name, colour]) => ({ name, colour }))}
        label={`Outcomes, ${name}`}
        beside
      >
        {`Outcomes in the variant ${name}. The whisker is the 95 % Wilson interval of the bad rate; for random vectors it spans their rates.`}
      </Figure>
      <Table caption={`Rate of bad outcomes, ${name}`} heads={HEADS}>
        {group.lines.map((line) =>
          line.kind === 'row' ? <Row key={line.label} line={line} /> : <Range key={line.label} line={line} />,
        )}
      </Table>
    </>
  )
}

function Row({ line: { label, row } }: { readonly line: Extract<RateLine, { kind: 'row' }> }) {
  const { difference } = row
  return (
    <tr class={classOf(row)} title={row.verdict?.reason}>
      <th scope="row">{label}</th>
      <td class="number">{shareInterval(row.rate)}</td>
      <td class="number">{row.n}</td>
      <td class="number">{row.unscored}</td>
      <td class="number">{percent(row.coverage)}</td>
      <td class="number">{difference === null ? '–' : pointsInterval(difference)}</td>
      <td class="number">{difference === null ? '–' : pValue(difference.p)}</td>
      <td>{wordOf(row)}</td>
    </tr>
  )
}

function Range({ line }: { readonly line: Extract<RateLine, { kind: 'range' }> }) {
  const { rate, difference, rows } = line
  return (
    <tr class="control">
      <th scope="row">{line.label}</th>
      <td class="number">{`${percent(rate.low)} to ${percent(rate.high)}`}</td>
      <td class="number">{rows.reduce((sum, row) => sum + row.n, 0)}</td>
      <td class="number">{rows.reduce((sum, row) => sum + row.unscored, 0)}</td>
      <td class="number">{percent(Math.min(...rows.map(({ coverage }) => coverage)))}</td>
      <td class="number">{difference === null ? '–' : `${points(difference.low)} to ${points(difference.high)}`}</td>
      <td colSpan={2} />
    </tr>
  )
}

function classOf(row: RateRow): string | undefined {
  if (row.incoherent) return 'incoherent'
  return row.family === 'vector' || row.family === 'none' ? undefined : 'control'
}

function wordOf(row: RateRow) {
  if (row.incoherent) return <VerdictLabel word="incoherent" />
  return row.verdict ? <VerdictLabel word={row.verdict.word} /> : null
}
