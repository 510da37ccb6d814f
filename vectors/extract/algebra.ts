/** Small vector algebra in double precision; every function is deterministic: fixed order of summation. */
export type Vector = Float64Array

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

export const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a))

export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => dot(a, b) / (norm(a) * norm(b))

/** Errors: RangeError for a zero vector, which has no direction. */
export function unit(a: ArrayLike<number>): Vector {
  const length = norm(a)
  if (!(length > 0) || !Number.isFinite(length)) throw new RangeError(`a vector of length ${length} has no direction`)
  return Float64Array.from(a, (v) => v / length)
}

export const add = (a: Vector, b: Vector): Vector => a.map((v, i) => v + b[i]!)
export const subtract = (a: Vector, b: Vector): Vector => a.map((v, i) => v - b[i]!)

export function mean(vectors: readonly Vector[]): Vector {
  const [first] = vectors
  if (!first) throw new RangeError('the mean of no vectors')
  const out = new Float64Array(first.length)
  for (const vector of vectors) for (let i = 0; i < out.length; i++) out[i]! += vector[i]!
  return out.map((v) => v / vectors.length)
}

/** a without its parts along the orthonormal directions. */
export function projectOut(a: Vector, directions: readonly Vector[]): Vector {
  let out = a
  for (const direction of directions) {
    const along = dot(out, direction)
    out = out.map((v, i) => v - along * direction[i]!)
  }
  return out
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
