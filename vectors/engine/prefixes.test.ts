import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SavedKv } from './arena.ts'
import { createPrefixCache, type PrefixKey } from './prefixes.ts'
import { emptyRows } from './trace-rows.ts'

/** Keys and values that carry the id of their entry: 4 bytes a token. */
const kv = (tokens: number, id: number): SavedKv => ({ tokens, data: new Float32Array(tokens).fill(id) })
const trace = emptyRows(0, 0)
const LARGE = 1 << 20

const key: fc.Arbitrary<PrefixKey> = fc
  .record({
    tokens: fc.array(fc.constantFrom(1, 2), { minLength: 1, maxLength: 8 }),
    window: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
    steeringHash: fc.constantFrom('a', 'b'),
  })
  .map(({ tokens, window, steeringHash }) => ({
    tokens,
    selected: window === undefined ? undefined : Uint8Array.from(tokens, (_, i) => (i >= window ? 1 : 0)),
    steeringHash,
  }))

/** What happens to each token, one by one: the beginning that two rows may share is where this agrees. */
const fate = ({ tokens, selected, steeringHash }: PrefixKey): string[] =>
  tokens.map((t, i) => (selected?.[i] === 1 ? `${t}+${steeringHash}` : `${t}`))

const common = (a: readonly string[], b: readonly string[]): number => {
  const end = a.findIndex((v, i) => v !== b[i])
  return end < 0 ? a.length : end
}

test('what is found was computed from the same tokens steered the same way, and is the longest such beginning', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 6 }), key, fc.nat({ max: 9 }), (stored, wanted, limit) => {
      const cache = createPrefixCache(LARGE)
      for (const [id, k] of stored.entries()) cache.add(k, kv(k.tokens.length, id), trace)
      const found = cache.find(wanted, limit)
      const shared = stored.map((k) => Math.min(limit, common(fate(wanted), fate(k))))
      expect(found?.tokens ?? 0).toBe(Math.max(0, ...shared))
      if (found) expect(common(fate(stored[found.kv.data[0]!]!), fate(wanted))).toBeGreaterThanOrEqual(found.tokens)
    }),
    { numRuns: 500 },
  )
})

test('the budget is kept, and what was used last stays', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      (order, room) => {
        const cache = createPrefixCache(room * 4 * 4)
        const keyOf = (id: number): PrefixKey => ({ tokens: [id, 0, 0, 0], selected: undefined, steeringHash: '' })
        let used: number[] = []
        for (const id of order) {
          if (!cache.find(keyOf(id), 4)) cache.add(keyOf(id), kv(4, id), trace)
          used = [...used.filter((u) => u !== id), id].slice(-room)
          const kept = used.filter((u) => cache.find(keyOf(u), 4))
          expect(kept).toEqual(used)
        }
        const all = Array.from({ length: 10 }, (_, id) => id).filter((id) => cache.find(keyOf(id), 4))
        expect(all.length).toBeLessThanOrEqual(room)
      },
    ),
  )
})

describe('examples', () => {
  const plain = (...tokens: number[]): PrefixKey => ({ tokens, selected: undefined, steeringHash: '' })
  const steered = (hash: string, selected: number[], ...tokens: number[]): PrefixKey => ({
    tokens,
    selected: Uint8Array.from(selected),
    steeringHash: hash,
  })

  test.each([
    {
      name: 'unsteered tokens are shared across strengths',
      stored: steered('a', [0, 0, 1], 1, 2, 3),
      wanted: steered('b', [0, 0, 1], 1, 2, 3),
      tokens: 2,
    },
    {
      name: 'the baseline shares up to the window',
      stored: plain(1, 2, 3),
      wanted: steered('b', [0, 0, 1], 1, 2, 3),
      tokens: 2,
    },
    {
      name: 'one steering is shared whole',
      stored: steered('a', [1, 0, 1], 1, 2, 3),
      wanted: steered('a', [1, 0, 1], 1, 2, 3),
      tokens: 3,
    },
    {
      name: 'a token after another steering is not shared',
      stored: steered('a', [1, 0, 0], 1, 2, 3),
      wanted: plain(1, 2, 3),
      tokens: 0,
    },
    {
      name: 'a wider window ends the share',
      stored: steered('a', [0, 0, 1], 1, 2, 3),
      wanted: steered('a', [0, 1, 1], 1, 2, 3),
      tokens: 1,
    },
  ])('$name', ({ stored, wanted, tokens }) => {
    const cache = createPrefixCache(LARGE)
    cache.add(stored, kv(stored.tokens.length, 0), trace)
    expect(cache.find(wanted, 99)?.tokens ?? 0).toBe(tokens)
  })

  test('an entry larger than the budget is not kept, and throws nothing out', () => {
    const cache = createPrefixCache(16)
    cache.add(plain(1, 2), kv(2, 0), trace)
    cache.add(plain(5, 6, 7, 8, 9), kv(5, 1), trace)
    expect(cache.find(plain(1, 2), 2)?.tokens).toBe(2)
    expect(cache.find(plain(5, 6), 2)).toBeUndefined()
  })
})
