import { areaY, dot, line, ruleX, ruleY, text } from '@observablehq/plot'
import { rangeOf } from '../controls.ts'
import type { CurvePoint, Readout } from '../findings.ts'
import { groupBy } from '../group.ts'
import { signed, strengthText } from '../numbers.ts'
import { spreadLabels } from './labels.ts'
import type { VectorColours } from './palette.ts'
import { drawSvg, nameText } from './svg.ts'

const HEIGHT = 320
const MARGIN = { top: 24, bottom: 40 } as const
const LABEL_GAP = 14

/** Dose–response: every vector's curve over the band of the random ones; null when there is nothing to draw. */
export function curvePlot({ id, curve }: Readout, colours: VectorColours): string | null {
  const points = curve
    .filter(({ strength, change }) => Number.isFinite(strength) && Number.isFinite(change))
    .toSorted((a, b) => a.strength - b.strength)
  const range = rangeOf(points.flatMap(extent))
  if (range === null) return null
  // Below this a scale has no ticks to stand on (and nobody could tell the points apart).
  const spread = range.high - range.low
  const space = spread > 1e-9 ? spread * 0.06 : 0.5
  const domain: [number, number] = [range.low - space, range.high + space]
  const own = points.filter(({ family }) => family === 'vector')
  const thin = points.filter(({ family }) => family === 'unrelated' || family === 'shuffled')
  const lexical = points.filter(({ family }) => family === 'lexical')
  const stroke = (point: CurvePoint) => colours.get(point.vector) ?? 'var(--ink)'
  return drawSvg({
    ariaLabel: `Dose–response of ${id}`,
    width: 640,
    height: HEIGHT,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    marginLeft: 56,
    marginRight: 132,
    x: { label: 'strength', labelAnchor: 'center', ticks: strengthsOf(points), tickFormat: strengthText },
    y: { label: 'change', domain, tickFormat: signed, ticks: 6, grid: true },
    marks: [
      areaY(bandOf(points), { x: 'strength', y1: 'low', y2: 'high', fill: 'var(--band)' }),
      ruleY([0], { stroke: 'var(--rule)' }),
      ruleX([0], { stroke: 'var(--rule)', strokeDasharray: '2 3' }),
      line(throughZero(thin), { x: 'strength', y: 'change', z: 'vector', stroke: 'var(--faint)', strokeWidth: 1 }),
      line(throughZero(lexical), {
        x: 'strength',
        y: 'change',
        z: 'vector',
        stroke: 'var(--faint)',
        strokeDasharray: '4 3',
      }),
      ruleX(own.filter(hasInterval), { x: 'strength', y1: 'low', y2: 'high', stroke, strokeOpacity: 0.55 }),
      line(throughZero(own), { x: 'strength', y: 'change', z: 'vector', stroke, strokeWidth: 2 }),
      dot(own, { x: 'strength', y: 'change', fill: stroke, r: 3 }),
      text(labelsOf([...own, ...thin, ...lexical], domain, colours), {
        x: 'x',
        y: 'shown',
        text: 'text',
        fill: 'colour',
        textAnchor: 'start',
        dx: 9,
        fontSize: 11,
      }),
    ],
  })
}

/** At strength 0 nothing changes, by definition; a line that skipped it would hide a kink there. */
function throughZero(points: readonly CurvePoint[]): CurvePoint[] {
  const origins = [...groupBy(points, ({ vector }) => vector)].flatMap(([, members]) => {
    const signs = new Set(members.map(({ strength }) => Math.sign(strength)))
    return signs.size === 2 && !signs.has(0) ? [{ ...members[0]!, strength: 0, change: 0 }] : []
  })
  return [...points, ...origins].toSorted((a, b) => a.strength - b.strength)
}

function extent(point: CurvePoint): readonly number[] {
  return point.family === 'vector' && hasInterval(point) ? [point.change, point.low, point.high] : [point.change]
}

function hasInterval(point: CurvePoint): point is CurvePoint & { readonly low: number; readonly high: number } {
  return Number.isFinite(point.low) && Number.isFinite(point.high)
}

function strengthsOf(points: readonly CurvePoint[]): number[] {
  return [...new Set(points.map(({ strength }) => strength))].toSorted((a, b) => a - b)
}

function bandOf(points: readonly CurvePoint[]) {
  const random = points.filter(({ family }) => family === 'random' || family === 'covariance')
  return [...groupBy(random, ({ strength }) => String(strength))]
    .flatMap(([strength, members]) => {
      const range = rangeOf(members.map(({ change }) => change))
      return range === null ? [] : [{ strength: Number(strength), ...range }]
    })
    .toSorted((a, b) => a.strength - b.strength)
}

/** A name at the right end of every line, moved apart. */
function labelsOf(points: readonly CurvePoint[], domain: readonly [number, number], colours: VectorColours) {
  const ends = [...groupBy(points, ({ vector }) => vector).values()].flatMap((members) => {
    const end = members.toSorted((a, b) => a.strength - b.strength).at(-1)
    return end === undefined ? [] : [labelOf(end, colours)]
  })
  const perPixel = (domain[1] - domain[0]) / (HEIGHT - MARGIN.top - MARGIN.bottom)
  return spreadLabels(ends, LABEL_GAP * perPixel)
}

function labelOf({ vector, family, strength, change }: CurvePoint, colours: VectorColours) {
  const colour = family === 'vector' ? (colours.get(vector) ?? 'var(--ink)') : 'var(--faint-ink)'
  return { text: nameText(vector, 18), x: strength, at: change, colour }
}
