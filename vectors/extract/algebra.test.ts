import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dot, dots, norm, projectOut, unit } from './algebra.ts'

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
const matrix = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 })).chain(([width, rows]) =>
  fc.array(
    fc.array(number, { minLength: width, maxLength: width }).map((values) => Float64Array.from(values)),
    { minLength: rows + 1, maxLength: rows + 1 },
  ),
)

test('dots gives the very bits of dot, whatever the number of rows', () => {
  fc.assert(
    fc.property(matrix, ([vector, ...rows]) => {
      expect([...dots(rows, vector!)]).toEqual(rows.map((row) => dot(row, vector!)))
    }),
  )
})

test('what is projected out is gone, and the vector given stays as it was', () => {
  fc.assert(
    fc.property(matrix, ([vector, direction]) => {
      fc.pre(norm(direction!) > 1e-3)
      const before = [...vector!]
      const rest = projectOut(vector!, [unit(direction!)])
      expect(Math.abs(dot(rest, unit(direction!)))).toBeLessThanOrEqual(1e-9 * (1 + norm(vector!)))
      expect([...vector!]).toEqual(before)
    }),
  )
})
