import { barX, link, ruleX, text } from '@observablehq/plot'
import type { RateGroup, RateLine } from '../controls.ts'
import type { RateRow } from '../findings.ts'
import { drawSvg, nameText } from './svg.ts'

/** Every class in stacking order with its colour. */
type ClassColours = ReadonlyMap<string, string>

const ROW = 30

/** Outcomes of one variant as stacked bars in percent, with an interval on the rate of the bad ones. */
export function ratesPlot({ variant, lines }: RateGroup, colours: ClassColours): string {
  const bars = lines.map((line, index) => barOf(line, index))
  return drawSvg({
    ariaLabel: `Outcomes per condition, ${variant}`,
    width: 640,
    height: 48 + ROW * lines.length,
    marginTop: 8,
    marginBottom: 40,
    marginLeft: 150,
    marginRight: 64,
    x: { domain: [0, 100], label: '% of scored episodes', labelAnchor: 'center', ticks: [0, 25, 50, 75, 100] },
    y: {
      domain: bars.map(({ index }) => index),
      label: null,
      tickSize: 0,
      padding: 0.28,
      tickFormat: (index: number) => nameText(bars[index]?.name ?? '', 21),
    },
    marks: [
      barX(
        bars.flatMap((bar) => segments(bar, colours)),
        { x1: 'from', x2: 'to', y: 'index', fill: 'colour', fillOpacity: 'opacity', insetRight: 0.5 },
      ),
      link(bars, { x1: 'low', x2: 'high', y1: 'index', y2: 'index', stroke: 'var(--ink)', strokeWidth: 1.5 }),
      whiskerEnds(bars, 'low'),
      whiskerEnds(bars, 'high'),
      text(bars, { x: 100, y: 'index', text: 'n', textAnchor: 'start', dx: 8, fill: 'var(--faint-ink)' }),
      ruleX([0], { stroke: 'var(--rule)' }),
    ],
  })
}

interface Bar {
  readonly index: number
  readonly name: string
  readonly counts: Readonly<Record<string, number>>
  readonly opacity: number
  readonly low: number
  readonly high: number
  readonly n: string
}

function barOf(line: RateLine, index: number): Bar {
  const isRow = line.kind === 'row'
  const rows = isRow ? [line.row] : line.rows
  const { low, high } = isRow ? line.row.rate : line.rate
  const incoherent = isRow && line.row.incoherent
  return {
    index,
    name: line.label,
    counts: pooled(rows),
    opacity: incoherent ? 0.35 : 1,
    low: within(low),
    high: within(high),
    n: `n=${rows.reduce((sum, row) => sum + row.n, 0)}${incoherent ? ' ✕' : ''}`,
  }
}

function pooled(rows: readonly RateRow[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const [name, count] of rows.flatMap((row) => Object.entries(row.counts))) {
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return Object.fromEntries(counts)
}

/** Neighbouring stretches of the bar, 0 … 100, in the order of the colours. */
function segments({ index, counts, opacity }: Bar, colours: ClassColours) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  let from = 0
  return [...colours].flatMap(([name, colour]) => {
    const share = total > 0 ? ((counts[name] ?? 0) / total) * 100 : 0
    if (!(share > 0)) return []
    const start = from
    from += share
    return [{ index, from: start, to: from, colour, opacity }]
  })
}

function whiskerEnds(bars: readonly Bar[], side: 'low' | 'high') {
  return text([...bars], { x: side, y: 'index', text: () => '|', fontSize: 11, fontWeight: 'bold', fill: 'var(--ink)' })
}

/** A share as percent inside the axis; what is not finite stands at 0. */
function within(share: number): number {
  return Number.isFinite(share) ? Math.max(0, Math.min(100, share * 100)) : 0
}
