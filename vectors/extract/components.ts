import { keyOf, normals } from '../random.ts'
import { dot, norm, type Vector } from './algebra.ts'

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
  const gram = gramMatrix(centred)
  const total = Array.from({ length: rows }, (_, i) => gram[i * rows + i]!).reduce((a, b) => a + b, 0)
  let basis = Array.from({ length: most }, (_, k) => normals(keyOf('components', k), rows))
  for (let round = 0; round < ROUNDS; round++) basis = orthonormal(basis.map((v) => multiply(gram, v)))
  const strengths = basis.map((v) => dot(v, multiply(gram, v)))
  const order = strengths.map((_, i) => i).toSorted((a, b) => strengths[b]! - strengths[a]!)
  const chosen: number[] = []
  let held = 0
  for (const i of order) {
    if (chosen.length >= atLeast && held >= share * total) break
    chosen.push(i)
    held += strengths[i]!
  }
  return { directions: orthonormal(chosen.map((i) => fromRows(centred, basis[i]!))), share: held / total }
}

function gramMatrix(rows: readonly Float32Array[]): Float64Array {
  const n = rows.length
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = dot(rows[i]!, rows[j]!)
      out[i * n + j] = value
      out[j * n + i] = value
    }
  }
  return out
}

function multiply(matrix: Float64Array, vector: Vector): Vector {
  const n = vector.length
  return Float64Array.from({ length: n }, (_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector))
}

/** The direction in the rows' own space that a combination of rows points to. */
function fromRows(rows: readonly Float32Array[], weights: Vector): Vector {
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
