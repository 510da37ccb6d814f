import { line, ruleX, ruleY, text } from '@observablehq/plot'
import type { EpisodeView } from '../findings.ts'
import { signed } from '../numbers.ts'
import { seriesColour } from './palette.ts'
import { drawSvg, nameText } from './svg.ts'

/** Most points of a thin line; longer episodes are averaged in bins of equal size. */
const MOST_POINTS = 400

/** Vitals over the tokens of an episode with a rule at every turn; null without tokens. */
export function vitalsPlot({ vitals, turns }: EpisodeView): string | null {
  const spans = spansOf(turns)
  const total = spans.at(-1)?.end ?? 0
  if (total === 0 || vitals.length === 0) return null
  const series = vitals.map((_, vital) => ({
    vital,
    values: turns.flatMap(({ tokens }) => tokens.map(valueOf(vital))),
  }))
  return drawSvg({
    ariaLabel: `Vitals over the turns: ${vitals.join(', ')}`,
    width: 900,
    height: 300,
    marginTop: 30,
    marginBottom: 40,
    marginLeft: 48,
    marginRight: 16,
    x: { label: 'token', labelAnchor: 'center', domain: [0, total], tickFormat: (value: number) => String(value) },
    y: { label: 'sd', tickFormat: signed, ticks: 6, grid: true, nice: true, zero: true },
    marks: [
      ruleX(spans.slice(1), { x: 'start', stroke: 'var(--rule)' }),
      ruleY([0], { stroke: 'var(--rule)' }),
      ...series.map(({ vital, values }) =>
        line(binned(values), {
          x: 'token',
          y: 'value',
          stroke: seriesColour(vital),
          strokeWidth: 1,
          strokeOpacity: 0.45,
        }),
      ),
      ...series.map(({ vital, values }) =>
        line(turnMeans(values, spans), {
          x: 'token',
          y: 'value',
          z: 'turn',
          stroke: seriesColour(vital),
          strokeWidth: 2.5,
        }),
      ),
      text(
        spans.filter(({ start, end }) => (end - start) / total > 0.05),
        { x: 'start', text: 'role', frameAnchor: 'top', textAnchor: 'start', dx: 4, dy: -16, fill: 'var(--faint-ink)' },
      ),
    ],
  })
}

interface Span {
  readonly start: number
  readonly end: number
  readonly role: string
}

/** Token ranges of the turns, end exclusive; turns without tokens take no room. */
function spansOf(turns: EpisodeView['turns']): readonly Span[] {
  let start = 0
  return turns.flatMap(({ role, tokens }) => {
    if (tokens.length === 0) return []
    const span = { start, end: start + tokens.length, role: nameText(role, 12) }
    start = span.end
    return [span]
  })
}

function valueOf(vital: number) {
  return ({ z }: { readonly z: readonly number[] }): number => z[vital] ?? Number.NaN
}

function binned(values: readonly number[]) {
  const size = Math.ceil(values.length / MOST_POINTS)
  return Array.from({ length: Math.ceil(values.length / size) }, (_, bin) => ({
    token: (bin + 0.5) * size,
    value: mean(values.slice(bin * size, (bin + 1) * size)),
  }))
}

/** Both ends of a flat line over every turn. */
function turnMeans(values: readonly number[], spans: readonly Span[]) {
  return spans.flatMap(({ start, end }, turn) => {
    const value = mean(values.slice(start, end))
    return [
      { token: start, value, turn },
      { token: end, value, turn },
    ]
  })
}

/** Mean of what is finite; NaN, which the chart leaves out, for nothing. */
function mean(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite)
  return finite.reduce((sum, value) => sum + value, 0) / finite.length
}
