import { namedControls, rangeOf } from '../controls.ts'
import type { Readout, ReadoutRow } from '../findings.ts'
import { amount, oneDecimal, percent, shareInterval, signed } from '../numbers.ts'
import { curvePlot } from './curve-plot.ts'
import type { VectorColours } from './palette.ts'
import { EffectCell, Figure, type Head, Table, VerdictLabel } from './parts.tsx'

/** One probe: baseline, dose–response with its controls, and every vector's effect. */
export function ReadoutView({ readout, colours }: { readonly readout: Readout; readonly colours: VectorColours }) {
  const { id, kind, form, items, baseline } = readout
  const svg = curvePlot(readout, colours)
  return (
    <section class="readout">
      <h4>
        {id} <span class="id">{[kind, form, `${items} items`].filter((word) => word !== '').join(', ')}</span>
      </h4>
      <p class="baseline">{baselineText(readout)}</p>
      {baseline.measurable ? null : (
        <p>
          <VerdictLabel word="not measurable" /> {baseline.reason}
        </p>
      )}
      {svg === null ? null : (
        <Figure svg={svg} label={`Dose–response of ${id}`} beside>
          {captionOf(readout)}
        </Figure>
      )}
      <EffectTable readout={readout} />
    </section>
  )
}

function baselineText({ items, baseline }: Readout): string {
  const { guilty, twin, d, coverage } = baseline
  const parts = [
    ...(guilty === null ? [] : [`Base ${shareInterval(guilty)} n=${items}`]),
    ...(twin === null ? [] : [`twin ${shareInterval(twin)}`]),
    ...(d === null ? [] : [`d ${oneDecimal(d)}`]),
    ...(coverage === null ? [] : [`coverage ${percent(coverage)}`]),
  ]
  return parts.length === 0 ? 'Log-probability of written continuations.' : parts.join(' · ')
}

function captionOf({ kind, curve }: Readout): string {
  const count = new Set(curve.flatMap(({ vector, family }) => (isRandom(family) ? [vector] : []))).size
  const band = count === 0 ? '' : ` Grey band: range of ${count} random vectors.`
  const isThin = (family: string) => family === 'unrelated' || family === 'shuffled'
  const thin = curve.some(({ family }) => isThin(family)) ? ' Thin lines: unrelated and label-shuffled vectors.' : ''
  const dashed = curve.some(({ family }) => family === 'lexical') ? ' Dashed: the lexical vector.' : ''
  const unit = kind === 'contrast' ? 'log-probability, nats' : 'log-odds of the bad answer'
  return `Change against strength 0 in ${unit}.${band}${thin}${dashed}`
}

function isRandom(family: string): boolean {
  return family === 'random' || family === 'covariance'
}

function EffectTable({ readout }: { readonly readout: Readout }) {
  const parts = PARTS.filter((part) => part === 'raw' || readout.rows.some((row) => row[part] !== null))
  const classes = [...new Set(readout.rows.flatMap(({ againstControls }) => Object.keys(againstControls)))]
  const numbers = [...parts, ...classes.map((name) => `− ${name}`)]
  const heads: readonly Head[] = [
    { name: 'vector' },
    { name: 'strength' },
    ...numbers.map((name) => ({ name, isNumber: true })),
    { name: 'verdict' },
  ]
  return (
    <Table caption={`Effects on ${readout.id}: half the difference between +s and −s`} heads={heads}>
      {readout.rows.map((row) => (
        <EffectRow key={`${row.vector} ${row.strength}`} row={row} parts={parts} classes={classes} />
      ))}
      <ControlRows readout={readout} parts={parts} rest={classes.length + 1} />
    </Table>
  )
}

const PARTS = ['raw', 'twin', 'criterion', 'selective'] as const

type Parts = readonly (typeof PARTS)[number][]

function EffectRow(props: { readonly row: ReadoutRow; readonly parts: Parts; readonly classes: readonly string[] }) {
  const { row, parts, classes } = props
  return (
    <tr class={row.verdict.word === 'incoherent' ? 'incoherent' : undefined}>
      <th scope="row">{row.vector}</th>
      <td class="nowrap">{`±${amount(Math.abs(row.strength))}`}</td>
      {parts.map((part) => (
        <EffectCell key={part} effect={row[part]} />
      ))}
      {classes.map((name) => (
        <EffectCell key={name} effect={row.againstControls[name] ?? null} />
      ))}
      <td>
        <VerdictLabel word={row.verdict.word} />
      </td>
    </tr>
  )
}

/** Random vectors as a range, then each unrelated and lexical vector. */
function ControlRows({
  readout,
  parts,
  rest,
}: {
  readonly readout: Readout
  readonly parts: Parts
  readonly rest: number
}) {
  const strength = Math.max(0, ...readout.rows.map((row) => Math.abs(row.strength)))
  const { raw, selective } = readout.randomOddParts
  const rows = [
    { name: `${Math.max(raw.length, selective.length)} random`, raw: rangeText(raw), selective: rangeText(selective) },
    ...namedControls(readout, strength).map(({ vector, family, change }) => ({
      name: family === 'unrelated' ? `${vector} (unrelated)` : vector,
      raw: signed(change),
      selective: '',
    })),
  ]
  return rows
    .filter(({ raw, selective }) => raw !== '' || selective !== '')
    .map((row) => (
      <tr key={row.name} class="control">
        <th scope="row">{row.name}</th>
        <td class="nowrap">{`±${amount(strength)}`}</td>
        {parts.map((part) => (
          <td key={part} class="number">
            {part === 'raw' || part === 'selective' ? row[part] : ''}
          </td>
        ))}
        <td colSpan={rest} />
      </tr>
    ))
}

function rangeText(values: readonly number[]): string {
  const range = rangeOf(values)
  return range === null ? '' : `${signed(range.low)} to ${signed(range.high)}`
}
