import { keyOf, normals } from '../random.ts'
import { dot, dots, norm, type Vector } from './algebra.ts'

export interface Components {
  /** Orthonormal directions, the strongest first. */
  readonly directions: readonly Vector[]
  /** Share of the variance that they hold together. */
  readonly share: number
}

/** More than this is never needed: neutral text reaches half its variance with fewer. */
const MOST = 48
const ROUNDS = 8

/**
 * Principal components of centred rows until they hold `share` of the variance, at least `atLeast` of them.
 * Found by orthogonal iteration on the Gram matrix (Golub & Van Loan, §8.2.4), which is small: rows × rows.
 */
export function principalComponents(
  centred: readonly Float32Array[],
  { share, atLeast }: { share: number; atLeast: number },
): Components {
  const rows = centred.length
  const most = Math.min(MOST, rows - 1)
  // Twice the memory for arrays of one type, see `dots`.
  const wide = centred.map((row) => Float64Array.from(row))
  const gram = gramMatrix(wide)
  const total = Array.from({ length: rows }, (_, i) => gram[i * rows + i]!).reduce((a, b) => a + b, 0)
  const lines = Array.from({ length: rows }, (_, i) => gram.subarray(i * rows, (i + 1) * rows))
  const multiply = (vector: Vector) => dots(lines, vector)
  let basis = Array.from({ length: most }, (_, k) => normals(keyOf('components', k), rows))
  for (let round = 0; round < ROUNDS; round++) basis = orthonormal(basis.map(multiply))
  const strengths = basis.map((v) => dot(v, multiply(v)))
  const order = strengths.map((_, i) => i).toSorted((a, b) => strengths[b]! - strengths[a]!)
  const chosen: number[] = []
  let held = 0
  for (const i of order) {
    if (chosen.length >= atLeast && held >= share * total) break
    chosen.push(i)
    held += strengths[i]!
  }
  return { directions: orthonormal(chosen.map((i) => fromRows(wide, basis[i]!))), share: held / total }
}

function gramMatrix(rows: readonly Vector[]): Float64Array {
  const n = rows.length
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (const [j, value] of dots(rows.slice(0, i + 1), rows[i]!).entries()) {
      out[i * n + j] = value
      out[j * n + i] = value
    }
  }
  return out
}

/** The direction in the rows' own space that a combination of rows points to. */
function fromRows(rows: readonly Vector[], weights: Vector): Vector {
  const out = new Float64Array(rows[0]!.length)
  for (const [i, row] of rows.entries()) for (let k = 0; k < out.length; k++) out[k]! += weights[i]! * row[k]!
  return out
}

/** Modified Gram–Schmidt. */
function orthonormal(vectors: readonly Vector[]): Vector[] {
  const out: Vector[] = []
  for (const vector of vectors) {
    const rest = Float64Array.from(vector)
    for (const direction of out) {
      const along = dot(rest, direction)
      for (let i = 0; i < rest.length; i++) rest[i]! -= along * direction[i]!
    }
    const length = norm(rest)
    if (length > 0) out.push(rest.map((v) => v / length))
  }
  return out
}
