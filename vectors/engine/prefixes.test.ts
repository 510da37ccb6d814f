import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SavedKv } from './arena.ts'
import { createPrefixCache, type PrefixKey } from './prefixes.ts'
import { emptyRows } from './trace-rows.ts'

/** Keys and values that carry the id of their entry: 4 bytes a token. */
const kv = (tokens: number, id: number): SavedKv => ({ tokens, data: new Float32Array(tokens).fill(id) })
const trace = emptyRows(0, 0)
const read =
  ({ tokens }: PrefixKey, id: number) =>
  (from: number) => ({ kv: kv(tokens.length - from, id), trace })
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
      for (const [id, k] of stored.entries()) cache.add(k, read(k, id))
      const found = cache.find(wanted, limit)
      const shared = stored.map((k) => Math.min(limit, common(fate(wanted), fate(k))))
      expect(found?.tokens ?? 0).toBe(Math.max(0, ...shared))
      let at = 0
      for (const { from, to, kv } of found?.stretches ?? []) {
        expect(from).toBe(at)
        expect(kv.tokens).toBeGreaterThanOrEqual(to - from)
        // Who computed the stretch had the same fate up to its end.
        expect(common(fate(stored[kv.data[0]!]!), fate(wanted))).toBeGreaterThanOrEqual(to)
        at = to
      }
      expect(at).toBe(found?.tokens ?? 0)
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
          if (!cache.find(keyOf(id), 4)) cache.add(keyOf(id), read(keyOf(id), id))
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
    cache.add(stored, read(stored, 0))
    expect(cache.find(wanted, 99)?.tokens ?? 0).toBe(tokens)
  })

  test('an entry larger than the budget is not kept, and throws nothing out', () => {
    const cache = createPrefixCache(16)
    cache.add(plain(1, 2), read(plain(1, 2), 0))
    cache.add(plain(5, 6, 7, 8, 9), read(plain(5, 6, 7, 8, 9), 1))
    expect(cache.find(plain(1, 2), 2)?.tokens).toBe(2)
    expect(cache.find(plain(5, 6), 2)).toBeUndefined()
  })

  test('the rows of the trace take room too', () => {
    const cache = createPrefixCache(4 * 20)
    const traced = {
      tokens: 2,
      basis: 1,
      projections: [new Float32Array(2), new Float32Array(2)],
      norms: [new Float32Array(2), new Float32Array(2)],
      changes: new Float32Array(2),
    }
    // 2 numbers of keys and values, 10 of the trace.
    for (const id of [1, 3]) cache.add(plain(id, 2), () => ({ kv: kv(2, id), trace: traced }))
    expect([1, 3].map((id) => cache.find(plain(id, 2), 2)?.tokens)).toEqual([undefined, 2])
  })

  test('what two beginnings share is kept once', () => {
    const cache = createPrefixCache(4 * 8)
    for (const id of [5, 6, 7]) cache.add(plain(1, 2, 3, 4, id), read(plain(1, 2, 3, 4, id), id))
    expect([5, 6, 7].map((id) => cache.find(plain(1, 2, 3, 4, id), 9)?.tokens)).toEqual([5, 5, 5])
    expect(cache.find(plain(1, 2, 3, 4, 7), 9)?.stretches.map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [4, 5],
    ])
  })

  test('over the budget, the shared beginning outlives what hangs on it', () => {
    const cache = createPrefixCache(4 * 6)
    for (const id of [5, 6, 7, 8]) cache.add(plain(1, 2, 3, 4, id), read(plain(1, 2, 3, 4, id), id))
    const tokens = [5, 6, 7, 8].map((id) => cache.find(plain(1, 2, 3, 4, id), 9)?.tokens)
    expect(tokens).toEqual([5, 4, 4, 5])
  })
})
