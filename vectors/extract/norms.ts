import { mean, median, norm, subtract } from './algebra.ts'

/** How long residuals are at a layer, over the calibration texts without sink tokens. */
export interface ReferenceNorms {
  /** R: mean L2 norm. */
  readonly norm: number
  /** Mean L2 norm around the mean residual. */
  readonly centred: number
  /** Median L2 norm without the three strongest dimensions. */
  readonly robust: number
  /** Share of the mean energy that the three strongest dimensions hold. */
  readonly topShare: number
  readonly topDimensions: readonly number[]
  readonly tokens: number
  readonly sinks: number
}

/** A token whose norm exceeds this many medians is an attention sink: it would decide a mean norm alone (arXiv 2402.17762). */
const SINK = 10

/** Above this share of energy in three dimensions the mean norm says nothing about the rest. */
export const MEANINGLESS_TOP_SHARE = 0.8

/** Tokens of a longer residual are sinks: their projections say nothing of what the token means. */
export const sinkNorm = ({ norm: mean }: Pick<ReferenceNorms, 'norm'>): number => SINK * mean

/** Which tokens of a text are no sinks: never the first, never one of more than 10 medians. Rows: (S, H). */
export function ordinaryTokens(rows: readonly Float32Array[]): number[] {
  const norms = rows.map((row) => norm(row))
  const limit = SINK * median(norms)
  return norms.flatMap((n, i) => (i > 0 && n <= limit ? [i] : []))
}

/** `rows`: residuals of ordinary tokens, (n, H). */
export function referenceNorms(rows: readonly Float32Array[], sinks: number): ReferenceNorms {
  const wide = rows.map((row) => Float64Array.from(row))
  const centre = mean(wide)
  const energy = mean(wide.map((row) => row.map((v) => v * v)))
  const topDimensions = [...energy.keys()].toSorted((a, b) => energy[b]! - energy[a]!).slice(0, 3)
  const total = energy.reduce((a, b) => a + b, 0)
  return {
    norm: average(rows.map((row) => norm(row))),
    centred: average(wide.map((row) => norm(subtract(row, centre)))),
    robust: median(wide.map((row) => norm(row.map((v, i) => (topDimensions.includes(i) ? 0 : v))))),
    topShare: topDimensions.reduce((sum, i) => sum + energy[i]!, 0) / total,
    topDimensions,
    tokens: rows.length,
    sinks,
  }
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
