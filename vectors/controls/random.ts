import { unit } from '../extract/algebra.ts'
import { keyOf, normals } from '../random.ts'

/** Random control number `index`: an isotropic unit vector, (H). The same for every layer and model of this width. */
export function randomVector(index: number, width: number): Float32Array {
  return Float32Array.from(unit(normals(keyOf('random vector', index, width), width)))
}

/** Random control with the covariance of neutral activations: a random combination of the factor's rows, unit, (H). */
export function covarianceVector(index: number, factor: readonly Float32Array[]): Float32Array {
  const weights = normals(keyOf('covariance vector', index), factor.length)
  const sum = new Float64Array(factor[0]!.length)
  for (const [i, row] of factor.entries()) for (let h = 0; h < sum.length; h++) sum[h]! += weights[i]! * row[h]!
  return Float32Array.from(unit(sum))
}
