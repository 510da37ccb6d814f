/** Small vector algebra in double precision; every function is deterministic: fixed order of summation. */
export type Vector = Float64Array

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/**
 * Products of one vector with many: each the same sum in the same order as `dot`. Four at a time, because a sum alone waits for itself at every
 * addition, and always of one type, because V8 is slow where types of arrays mix.
 */
export function dots(rows: readonly Vector[], vector: Vector): Vector {
  const out = new Float64Array(rows.length)
  const whole = rows.length - (rows.length % 4)
  for (let r = 0; r < whole; r += 4) {
    const [a, b, c, d] = [rows[r]!, rows[r + 1]!, rows[r + 2]!, rows[r + 3]!]
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    for (let i = 0; i < vector.length; i++) {
      const v = vector[i]!
      sumA += a[i]! * v
      sumB += b[i]! * v
      sumC += c[i]! * v
      sumD += d[i]! * v
    }
    out[r] = sumA
    out[r + 1] = sumB
    out[r + 2] = sumC
    out[r + 3] = sumD
  }
  for (let r = whole; r < rows.length; r++) out[r] = dotOf(rows[r]!, vector)
  return out
}

/** `dot` for one type of arrays. */
function dotOf(a: Vector, b: Vector): number {
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
  const out = Float64Array.from(a)
  for (const direction of directions) {
    const along = dotOf(out, direction)
    for (let i = 0; i < out.length; i++) out[i]! -= along * direction[i]!
  }
  return out
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
