/** `successes` of `trials` at x, any shares; rows of one cluster hang together. */
export interface Row {
  readonly x: number
  readonly successes: number
  readonly trials: number
  readonly cluster: string
}

/** Log-odds = intercept + slope · x. */
export interface Line {
  readonly intercept: number
  readonly slope: number
}

/** The line of maximum likelihood by Newton's steps, which are those of IRLS, each halved until the likelihood does not fall; null without a maximum in reach. */
export function maximise(rows: readonly Row[]): Line | null {
  let line: Line = { intercept: 0, slope: 0 }
  for (let i = 0; i < 100; i++) {
    const step = newtonStep(rows, line)
    let share = 1
    while (share > 1e-10 && logLikelihood(rows, along(line, step, share)) < logLikelihood(rows, line) - 1e-12)
      share /= 2
    line = along(line, step, share)
    const size = Math.abs(step.intercept) + Math.abs(step.slope)
    if (!Number.isFinite(size)) return null
    if (size < 1e-9 * (1 + Math.abs(line.intercept) + Math.abs(line.slope))) return line
  }
  return null
}

const along = (line: Line, step: Line, share: number): Line => ({
  intercept: line.intercept + share * step.intercept,
  slope: line.slope + share * step.slope,
})

function newtonStep(rows: readonly Row[], line: Line): Line {
  const score = { intercept: 0, slope: 0 }
  for (const row of rows) {
    const residual = residualOf(row, line)
    score.intercept += residual
    score.slope += residual * row.x
  }
  return solve(informationOf(rows, line), score)
}

/** Σ w (1, x)(1, x)ᵀ with the weights w = trials · μ(1 − μ). */
interface Information {
  readonly w: number
  readonly wx: number
  readonly wxx: number
}

function informationOf(rows: readonly Row[], line: Line): Information {
  let [w, wx, wxx] = [0, 0, 0]
  for (const { x, trials } of rows) {
    const mean = meanAt(x, line)
    const weight = trials * mean * (1 - mean)
    w += weight
    wx += weight * x
    wxx += weight * x * x
  }
  return { w, wx, wxx }
}

function solve({ w, wx, wxx }: Information, score: Line): Line {
  const determinant = w * wxx - wx * wx
  return {
    intercept: (wxx * score.intercept - wx * score.slope) / determinant,
    slope: (w * score.slope - wx * score.intercept) / determinant,
  }
}

/** Standard error of the slope: √ of its entry of the CR1 sandwich, which is the sum over clusters of their squared influence on it, times G/(G − 1). */
export function clusterError(rows: readonly Row[], line: Line): number {
  const scores = new Map<string, Line>()
  for (const row of rows) {
    const residual = residualOf(row, line)
    const before = scores.get(row.cluster) ?? { intercept: 0, slope: 0 }
    scores.set(row.cluster, along(before, { intercept: residual, slope: residual * row.x }, 1))
  }
  const information = informationOf(rows, line)
  const influences = [...scores.values()].map((score) => solve(information, score).slope)
  const sum = influences.reduce((total, influence) => total + influence * influence, 0)
  return Math.sqrt((sum * scores.size) / (scores.size - 1))
}

const meanAt = (x: number, { intercept, slope }: Line): number => 1 / (1 + Math.exp(-(intercept + slope * x)))

const residualOf = ({ x, successes, trials }: Row, line: Line): number => successes - trials * meanAt(x, line)

function logLikelihood(rows: readonly Row[], { intercept, slope }: Line): number {
  return rows.reduce((sum, { x, successes, trials }) => {
    const eta = intercept + slope * x
    return sum + successes * eta - trials * (Math.max(eta, 0) + Math.log1p(Math.exp(-Math.abs(eta))))
  }, 0)
}
