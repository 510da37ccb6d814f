import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { philox, uniform } from '../random.ts'
import { argmax, logSumExp, sampleToken } from './sampler.ts'
import { drawToken } from './scheduler.ts'
import type { Sampling } from './types.ts'

const logit = fc.float({ min: -60, max: 60, noNaN: true })
const logitList = fc.array(logit, { minLength: 1, maxLength: 90 }).map((list) => Float32Array.from(list))
const sampling: fc.Arbitrary<Sampling> = fc.record({
  temperature: fc.constantFrom(0.05, 0.8, 1, 3, 40),
  topP: fc.constantFrom(0.1, 0.5, 0.95, 1),
  seed: fc.tuple(fc.nat(), fc.nat()),
  turn: fc.nat({ max: 20 }),
})
const at = fc.nat({ max: 4000 })

const softmax = (logits: Float32Array, temperature: number): number[] => {
  const top = Math.max(...logits) / temperature
  const weights = [...logits].map((v) => Math.exp(v / temperature - top))
  const total = weights.reduce((a, b) => a + b)
  return weights.map((w) => w / total)
}

/** The definition, with noise for every token and no shortcut. */
function naiveSample(logits: Float32Array, { temperature, topP = 1, seed, turn }: Sampling, position: number): number {
  const probabilities = softmax(logits, temperature)
  const order = [...logits.keys()].toSorted((a, b) => logits[b]! - logits[a]!)
  let mass = 0
  let least = -Infinity
  for (const token of order) {
    mass += probabilities[token]!
    least = logits[token]!
    // A hair less than the bound counts as reaching it: the two sums differ in rounding.
    if (mass >= topP - 1e-12) break
  }
  const scores = [...logits].map((v, token) => {
    const word = philox([token >> 2, position, turn, 0], seed)[token & 3]!
    return topP < 1 && v < least ? -Infinity : v / temperature - Math.log(-Math.log(uniform(word)))
  })
  return scores.indexOf(Math.max(...scores))
}

test('the shortcuts never change the winner', () => {
  fc.assert(
    fc.property(logitList, sampling, at, (logits, sampling, position) => {
      expect(sampleToken(logits, sampling, position)).toBe(naiveSample(logits, sampling, position))
    }),
    { numRuns: 1500 },
  )
})

test('with flat logits even the largest noise of a big vocabulary wins', () => {
  const flat = new Float32Array(20_000).fill(1.5)
  for (let position = 0; position < 8; position++) {
    const sampling = { temperature: 1, seed: [3, 4], turn: 0 } as const
    expect(sampleToken(flat, sampling, position)).toBe(naiveSample(flat, sampling, position))
  }
})

test.each([
  { temperature: 1, topP: 1 },
  { temperature: 0.5, topP: 1 },
  { temperature: 2, topP: 1 },
  { temperature: 1, topP: 0.7 },
])('draws are spread as the softmax at temperature $temperature, nucleus $topP', ({ temperature, topP }) => {
  const logits = Float32Array.of(1, 0.2, -1, 2, -0.5, 1.5, 0)
  const probabilities = softmax(logits, temperature)
  const order = [...probabilities.keys()].toSorted((a, b) => probabilities[b]! - probabilities[a]!)
  const kept = new Set<number>()
  let mass = 0
  for (const token of order) {
    kept.add(token)
    mass += probabilities[token]!
    if (mass >= topP) break
  }
  const draws = 8000
  const seen = new Float64Array(logits.length)
  for (let i = 0; i < draws; i++) seen[sampleToken(logits, { temperature, topP, seed: [11, 12], turn: 3 }, i)]!++
  let chiSquare = 0
  for (const [token, p] of probabilities.entries()) {
    if (!kept.has(token)) expect(seen[token]).toBe(0)
    else chiSquare += (seen[token]! - (draws * p) / mass) ** 2 / ((draws * p) / mass)
  }
  // At most 6 degrees of freedom: 99.9 % of fair samples are below 22.5.
  expect(chiSquare).toBeLessThan(22.5)
})

describe('a draw depends on the key alone', () => {
  test('not on padding of the vocabulary', () => {
    fc.assert(
      fc.property(logitList, sampling, at, fc.nat({ max: 9 }), (logits, sampling, position, extra) => {
        const padded = new Float32Array(logits.length + extra).fill(-Infinity)
        padded.set(logits)
        expect(sampleToken(padded, sampling, position)).toBe(sampleToken(logits, sampling, position))
      }),
    )
  })

  test('seed, turn and position each give other luck', () => {
    const flat = new Float32Array(5000)
    const draw = (seed: number, turn: number, position: number) =>
      sampleToken(flat, { temperature: 1, seed: [seed, 0], turn }, position)
    const luck = [draw(1, 0, 0), draw(2, 0, 0), draw(1, 1, 0), draw(1, 0, 1), draw(0, 1, 1)]
    expect(new Set(luck).size).toBe(luck.length)
    expect(draw(1, 0, 0)).toBe(luck[0])
  })

  test('two strengths share their luck: raising one token never makes another win in its place', () => {
    fc.assert(
      fc.property(
        logitList,
        sampling,
        at,
        fc.nat(),
        fc.float({ min: 0, max: 20, noNaN: true }),
        (logits, sampling, position, pick, rise) => {
          const whole = { ...sampling, topP: 1 }
          const token = pick % logits.length
          const raised = logits.map((v, i) => (i === token ? v + rise : v))
          expect([sampleToken(logits, whole, position), token]).toContain(sampleToken(raised, whole, position))
        },
      ),
    )
  })
})

test('temperature 0 takes the largest logit, on ties the lowest id', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }), at, (list, position) => {
      const logits = Float32Array.from(list)
      const greedy = { temperature: 0, seed: [1, 1], turn: 0 } as const
      expect(sampleToken(logits, greedy, position)).toBe(list.indexOf(Math.max(...list)))
      expect(argmax(logits)).toBe(list.indexOf(Math.max(...list)))
    }),
  )
})

test('logSumExp: the log of the sum of exponentials, shifted with its input', () => {
  fc.assert(
    fc.property(logitList, fc.integer({ min: -500, max: 500 }), (logits, shift) => {
      const exact = Math.log([...logits].reduce((sum, v) => sum + Math.exp(v), 0))
      expect(logSumExp(logits)).toBeCloseTo(exact, 10)
      const moved = Float32Array.from(logits, (v) => Math.round(v) + shift)
      expect(logSumExp(moved) - shift).toBeCloseTo(logSumExp(Float32Array.from(logits, Math.round)), 10)
    }),
  )
})

test('logits that are not numbers never become an answer', () => {
  const row = { sampling: { temperature: 0, seed: [1, 1], turn: 0 } as const, generated: () => 0 }
  expect(() => drawToken(row, new Float32Array(8).fill(Number.NaN))).toThrow(/not a number/)
  expect(() => drawToken(row, Float32Array.of(1, Infinity))).toThrow(/not a number/)
})
