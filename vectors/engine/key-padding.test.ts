import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyPadding } from './key-padding.ts'

const large = { headSize: 256, capacity: 4096 }

test.each([
  [large, { start: 0, tokens: 4 }, 76],
  [large, { start: 0, tokens: 64 }, 16],
  [large, { start: 0, tokens: 65 }, 0],
  [large, { start: 0, tokens: 256 }, 0],
  [large, { start: 256, tokens: 44 }, 36],
  [large, { start: 40, tokens: 1 }, 0],
  [{ headSize: 128, capacity: 4096 }, { start: 0, tokens: 4 }, 0],
  [{ headSize: 256, capacity: 50 }, { start: 0, tokens: 44 }, 6],
])('%j, %j: %i', (arena, run, expected) => {
  expect(keyPadding(arena, run)).toBe(expected)
})

test('the last block of keys is never short, no tile is of one query, and the row fits', () => {
  const place = fc.record({ start: fc.nat({ max: 3000 }), tokens: fc.integer({ min: 2, max: 256 }) })
  fc.assert(
    fc.property(place, fc.constantFrom(128, 256, 512), (run, block) => {
      const padding = keyPadding(large, run)
      const end = run.start + run.tokens + padding
      expect(end % block === 0 || end % block > 64).toBe(true)
      if (padding > 0) expect((run.tokens + padding) % 16).not.toBe(1)
      expect(padding).toBeLessThan(128)
      expect(end).toBeLessThanOrEqual(large.capacity)
    }),
  )
})
