import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kvBytesPerToken } from './arena.ts'
import { planMemory } from './plan-memory.ts'

const MODEL = { layers: 4, kvHeads: 2, headSize: 16, contextTokens: 1024 }

test('rows and kept beginnings share the one budget', () => {
  const budget = fc.integer({ min: 2 << 20, max: 512 << 20 })
  fc.assert(
    fc.property(budget, fc.constantFrom('f32' as const, 'f16' as const), (kvBytes, kvType) => {
      const plan = planMemory(MODEL, { kvBytes, kvType, contextTokens: 512 })
      const arena = (plan.rows + 1) * 512 * kvBytesPerToken(MODEL, kvType)
      expect(plan.prefixBytes).toBeGreaterThan(0)
      expect(arena + plan.prefixBytes).toBeLessThanOrEqual(kvBytes)
    }),
  )
})

test('the memory that an error asks for is enough', () => {
  const options = { kvType: 'f32' as const, contextTokens: 1000 }
  const plan = (mebibytes: number) => planMemory(MODEL, { ...options, kvBytes: mebibytes * 2 ** 20 })
  expect(() => plan(2)).toThrow(/two rows of 1000 tokens need 3 MiB, the budget is 2 MiB/)
  expect(plan(3).rows).toBe(1)
})

test('without a budget a quarter of the available memory is shared', () => {
  const available = 4 * 5 * planMemory(MODEL, { kvType: 'f32' }).prefixBytes
  expect(available / process.availableMemory()).toBeGreaterThan(0.5)
  expect(available / process.availableMemory()).toBeLessThan(2)
})
