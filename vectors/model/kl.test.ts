import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logSumExp } from '../engine/sampler.ts'
import { distanceTo } from './kl.ts'

const logits = fc
  .array(fc.tuple(fc.float({ min: -8, max: 8, noNaN: true }), fc.float({ min: -8, max: 8, noNaN: true })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((pairs) => ({ p: Float32Array.from(pairs, ([a]) => a), q: Float32Array.from(pairs, ([, b]) => b) }))

const logProbs = (values: Float32Array): number[] => [...values].map((v) => v - logSumExp(values))

function top(values: Float32Array, count: number) {
  const all = logProbs(values)
  const ids = [...all.keys()].toSorted((a, b) => values[b]! - values[a]! || a - b).slice(0, count)
  return { ids, logprobs: ids.map((id) => all[id]!) }
}

const fullKl = (p: Float32Array, q: Float32Array): number => {
  const ours = logProbs(q)
  return logProbs(p).reduce((sum, lp, i) => sum + Math.exp(lp) * (lp - ours[i]!), 0)
}

test('is a lower bound of the whole divergence, never negative, and rises with the length of the list', () => {
  fc.assert(
    fc.property(logits, fc.nat(), ({ p, q }, n) => {
      const count = 1 + (n % p.length)
      const { kl } = distanceTo(top(p, count), q, 0)
      expect(kl).toBeGreaterThanOrEqual(0)
      expect(kl).toBeLessThanOrEqual(fullKl(p, q) + 1e-9)
      expect(distanceTo(top(p, Math.min(p.length, count + 1)), q, 0).kl).toBeGreaterThanOrEqual(kl - 1e-9)
    }),
  )
})

test('is the whole divergence when every token is listed', () => {
  fc.assert(
    fc.property(logits, ({ p, q }) => {
      expect(distanceTo(top(p, p.length), q, 0).kl).toBeCloseTo(fullKl(p, q), 6)
    }),
  )
})

test('of a distribution to itself is nothing', () => {
  fc.assert(
    fc.property(logits, ({ p }) => {
      const { kl, logProbError, sameArgmax } = distanceTo(top(p, 5), p)
      expect(kl).toBeLessThan(1e-9)
      expect(logProbError).toBeLessThan(1e-9)
      expect(sameArgmax).toBe(true)
    }),
  )
})

test('rounding a list to five decimals moves it nowhere, also where one token holds almost everything', () => {
  fc.assert(
    fc.property(logits, fc.float({ min: 0, max: 30, noNaN: true }), fc.nat(), ({ p }, lead, n) => {
      const sharp = p.map((v, i) => (i === 0 ? v + lead : v))
      const { ids, logprobs } = top(sharp, 1 + (n % p.length))
      const rounded = { ids, logprobs: logprobs.map((v) => Math.round(v * 1e5) / 1e5) }
      expect(distanceTo(rounded, sharp).kl).toBeLessThan(1e-12)
    }),
  )
})

test('what rounding allows is never farther than the listed values themselves, and nearly as far where they are far', () => {
  fc.assert(
    fc.property(logits, fc.nat(), ({ p, q }, n) => {
      const list = top(p, 1 + (n % p.length))
      const exact = distanceTo(list, q, 0).kl
      const { kl } = distanceTo(list, q)
      expect(kl).toBeLessThanOrEqual(exact + 1e-9)
      expect(kl).toBeGreaterThan(exact - 1e-3 * (1 + exact))
    }),
  )
})

test('known answer: (1/2, 1/2) against (1/4, 3/4)', () => {
  const even = { ids: [0, 1], logprobs: [Math.log(0.5), Math.log(0.5)] }
  const { kl, logProbError, sameArgmax } = distanceTo(even, Float32Array.of(0, Math.log(3)), 0)
  expect(kl).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 6)
  expect(logProbError).toBeCloseTo(Math.log(2), 6)
  expect(sameArgmax).toBe(false)
})
