import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyRows, joinRows, sliceRows, type TraceRows } from './trace-rows.ts'

const LAYERS = 2
const BASIS = 3

/** Rows whose values name their place. */
const rowsFrom = (first: number, tokens: number): TraceRows => ({
  tokens,
  basis: BASIS,
  projections: Array.from({ length: LAYERS }, (_, layer) =>
    Float32Array.from({ length: tokens * BASIS }, (_, i) => layer * 10_000 + first * BASIS + i),
  ),
  norms: Array.from({ length: LAYERS }, (_, layer) =>
    Float32Array.from({ length: tokens }, (_, i) => layer * 10_000 + first + i),
  ),
  changes: Float32Array.from({ length: tokens }, (_, i) => first + i),
})
const counts = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 6 })

test('pieces joined in order are the whole', () => {
  fc.assert(
    fc.property(counts, (counts) => {
      let first = 0
      const pieces = counts.map((n) => rowsFrom((first += n) - n, n))
      expect(joinRows(pieces)).toEqual(rowsFrom(0, first))
    }),
  )
})

test('cut anywhere and joined again, nothing has changed', () => {
  fc.assert(
    fc.property(fc.nat({ max: 12 }), fc.nat({ max: 12 }), (a, b) => {
      const whole = rowsFrom(0, a + b)
      expect(joinRows([sliceRows(whole, 0, a), sliceRows(whole, a, a + b)])).toEqual(whole)
      expect(sliceRows(whole, a, a + b)).toEqual(rowsFrom(a, b))
    }),
  )
})

test('empty rows join to nothing, and a slice is a copy', () => {
  const whole = rowsFrom(0, 4)
  expect(joinRows([emptyRows(LAYERS, BASIS), whole, emptyRows(LAYERS, BASIS)])).toEqual(whole)
  sliceRows(whole, 1, 3).norms[0]!.fill(-1)
  expect(whole).toEqual(rowsFrom(0, 4))
  expect(() => joinRows([])).toThrow(RangeError)
})
