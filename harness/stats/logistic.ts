import type { Interval } from './intervals.ts'
import { clusterError, maximise, type Row } from './logistic-fit.ts'
import { tQuantile } from './special.ts'

/** Outcomes at one strength. One episode: successes 0 or 1. A probability readout: the probability. Many: give `trials`. */
export interface DosePoint {
  readonly strength: number
  readonly successes: number
  /** @default 1 */
  readonly trials?: number
  /** What is repeated together, e.g. a scenario or an item. */
  readonly cluster: string
}

export type DoseResponse =
  | {
      readonly status: 'fitted'
      readonly converged: true
      /** Log-odds at strength 0. */
      readonly intercept: number
      /** Log-odds per unit of strength. */
      readonly slope: number
      readonly se: number
      /** Of the slope, by t with clusters − 1 degrees of freedom. */
      readonly interval: Interval
      readonly clusters: number
    }
  | {
      readonly status: 'separated' | 'not estimable' | 'not converged'
      readonly converged: false
      readonly reason: string
    }

/**
 * Logistic dose–response, log-odds = intercept + slope · strength: maximum likelihood by IRLS (Nelder and Wedderburn 1972),
 * cluster-robust covariance CR1 with the factor G/(G − 1) and t(G − 1) limits (Liang and Zeger 1986; Cameron and Miller 2015, §II.B).
 * Shares between 0 and 1 are allowed as outcomes (Papke and Wooldridge 1996). Where the maximum lies at infinity it says `separated`, never a number.
 */
export function doseResponse(points: readonly DosePoint[], level = 0.95): DoseResponse {
  const rows = points.map(rowOf).filter((row) => row.trials > 0)
  const clusters = new Set(rows.map((row) => row.cluster)).size
  const mean = rows.reduce((sum, row) => sum + row.x, 0) / rows.length
  const scale = Math.sqrt(rows.reduce((sum, row) => sum + (row.x - mean) ** 2, 0) / rows.length)
  if (!(scale > 0)) return no('not estimable', 'expected two strengths or more')
  if (clusters < 2) return no('not estimable', `expected two clusters or more, got ${clusters}`)
  const side = separation(rows)
  if (side !== null) return no('separated', side)
  // Centred and scaled, so that the criterion of convergence has no units.
  const scaled = rows.map((row) => ({ ...row, x: (row.x - mean) / scale }))
  const fit = maximise(scaled)
  if (fit === null) return no('not converged', 'the likelihood has no maximum that the iteration could reach')
  const slope = fit.slope / scale
  const se = clusterError(scaled, fit) / scale
  const half = tQuantile((1 + level) / 2, clusters - 1) * se
  return {
    status: 'fitted',
    converged: true,
    intercept: fit.intercept - slope * mean,
    slope,
    se,
    interval: { estimate: slope, low: slope - half, high: slope + half },
    clusters,
  }
}

function rowOf({ strength: x, successes, trials = 1, cluster }: DosePoint, index: number): Row {
  const sound = Number.isFinite(x) && Number.isFinite(trials) && successes >= 0 && successes <= trials
  if (sound) return { x, successes, trials, cluster }
  throw new RangeError(
    `points[${index}]: expected 0 ≤ successes ≤ trials, got ${successes} of ${trials} at strength ${x}`,
  )
}

const no = (status: 'separated' | 'not estimable' | 'not converged', reason: string): DoseResponse => ({
  status,
  converged: false,
  reason,
})

/** With one covariate a finite maximum exists only if the strengths of the two outcomes overlap (Albert and Anderson 1984). */
function separation(rows: readonly Row[]): string | null {
  const good = rows.filter((row) => row.successes > 0).map((row) => row.x)
  const bad = rows.filter((row) => row.successes < row.trials).map((row) => row.x)
  if (good.length === 0) return 'no success at any strength'
  if (bad.length === 0) return 'nothing but successes at every strength'
  if (Math.max(...bad) <= Math.min(...good))
    return `successes only from strength ${Math.min(...good)} up, failures only up to it`
  if (Math.max(...good) <= Math.min(...bad))
    return `failures only from strength ${Math.min(...bad)} up, successes only up to it`
  return null
}
