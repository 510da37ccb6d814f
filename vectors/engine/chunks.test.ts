import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planChunks } from './chunks.ts'

const range = fc
  .tuple(fc.nat({ max: 700 }), fc.integer({ min: 1, max: 1200 }))
  .map(([from, length]) => ({ from, to: from + length }))
const size = fc.constantFrom(16, 32, 64, 256, 512)
const boundary = fc.option(fc.nat({ max: 2000 }), { nil: undefined })

test('pieces follow each other without gaps, none is longer than allowed', () => {
  fc.assert(
    fc.property(range, size, boundary, ({ from, to }, size, boundary) => {
      const pieces = planChunks({ from, to }, size, boundary)
      let at = from
      for (const piece of pieces) {
        expect(piece.from).toBe(at)
        expect(piece.to - piece.from).toBeLessThanOrEqual(size)
        at = piece.to
      }
      expect(at).toBe(to)
    }),
  )
})

test('no piece leaves one query over: not alone, not over tiles of 16 or any multiple', () => {
  fc.assert(
    fc.property(range, size, boundary, ({ from, to }, size, boundary) => {
      const lengths = planChunks({ from, to }, size, boundary).map((piece) => piece.to - piece.from)
      if (to - from === 1) expect(lengths).toEqual([1])
      else for (const length of lengths) expect([length, length % 16]).not.toEqual([length, 1])
    }),
  )
})

test('a wanted cut is made where it leaves two tokens on both sides', () => {
  fc.assert(
    fc.property(range, size, fc.nat({ max: 2000 }), ({ from, to }, size, boundary) => {
      const starts = planChunks({ from, to }, size, boundary).map((piece) => piece.from)
      if (boundary - from >= 2 && to - boundary >= 2) expect(starts).toContain(boundary)
    }),
  )
})

test.each([
  { to: 256, lengths: [256] },
  { to: 257, lengths: [254, 3] },
  { to: 258, lengths: [256, 2] },
  { to: 129, lengths: [127, 2] },
  { to: 33, lengths: [31, 2] },
  { to: 2, lengths: [2] },
])('$to tokens in pieces of 256: $lengths', ({ to, lengths }) => {
  expect(planChunks({ from: 0, to }, 256).map((piece) => piece.to - piece.from)).toEqual(lengths)
})
