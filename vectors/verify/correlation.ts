import { keyOf, permutation } from '../random.ts'

/** Pearson's product-moment correlation; 0 where either side is constant. */
export function correlation(x: readonly number[], y: readonly number[]): number {
  const [dx, dy] = [deviations(x), deviations(y)]
  const scale = Math.sqrt(product(dx, dx) * product(dy, dy))
  return scale > 0 ? product(dx, dy) / scale : 0
}

/** Share of permutations of `y` whose correlation with `x` is at least as large, either sign; with the observed one (Phipson and Smyth 2010). */
export function correlationP(x: readonly number[], y: readonly number[], name: string, permutations = 1000): number {
  const observed = Math.abs(correlation(x, y))
  let asGood = 0
  for (let p = 0; p < permutations; p++) {
    const order = permutation(keyOf(name, p), y.length)
    const permuted = order.map((i) => y[i]!)
    if (Math.abs(correlation(x, permuted)) >= observed - 1e-12) asGood++
  }
  return (asGood + 1) / (permutations + 1)
}

function deviations(values: readonly number[]): number[] {
  const average = values.reduce((a, b) => a + b, 0) / values.length
  return values.map((v) => v - average)
}

const product = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
