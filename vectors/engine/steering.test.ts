import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { isSelected, prepareSteering, receiptOf } from './steering.ts'
import { addition } from './test/requests.ts'
import type { Addition, Steering } from './types.ts'

const WIDTH = 8
const ENGINE = { width: WIDTH, steerLayers: [1, 3], operations: 0, promptTokens: 3 }
const add = (layer: number, name: string, coefficient: number): Addition => addition(layer, name, coefficient, WIDTH)
const steer = (additions: readonly Addition[], overrides: Partial<Steering> = {}): Steering => ({
  additions,
  selected: Uint8Array.of(0, 1, 1),
  generated: true,
  ...overrides,
})
const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const fed = (count: number) => [{ from: 0, to: count, sequence: ids(count) }]
const vector = (...values: number[]): Float32Array => Float32Array.from({ length: WIDTH }, (_, i) => values[i] ?? 0)

describe('refused, with the reason', () => {
  test.each([
    {
      name: 'a zero vector',
      steering: steer([{ ...add(1, 'v', 2), vector: vector() }]),
      says: /vector v is zero everywhere/,
    },
    { name: 'NaN', steering: steer([{ ...add(1, 'v', 2), vector: vector(1, Number.NaN) }]), says: /NaN or infinite/ },
    { name: 'infinity', steering: steer([{ ...add(1, 'v', 2), vector: vector(Infinity) }]), says: /NaN or infinite/ },
    {
      name: 'the wrong width',
      steering: steer([{ ...add(1, 'v', 2), vector: new Float32Array(7) }]),
      says: /7 numbers, the model is 8 wide/,
    },
    { name: 'a layer not opened', steering: steer([add(2, 'v', 2)]), says: /layer 2 is not among .*\(1, 3\)/ },
    { name: 'a strength that is no number', steering: steer([add(1, 'v', Number.NaN)]), says: /strength NaN/ },
    { name: 'a strength beyond fp32', steering: steer([add(1, 'v', 1e30)]), says: /length of .*; the most is/ },
    {
      name: 'a sum beyond fp32',
      steering: steer([add(1, 'v', 1e39), add(1, 'v', -1e39)]),
      says: /length of (NaN|Infinity)/,
    },
    {
      name: 'a window of another prompt',
      steering: steer([add(1, 'v', 2)], { selected: new Uint8Array(4) }),
      says: /among 4 tokens, but the prompt has 3/,
    },
    {
      name: 'a window of nothing',
      steering: steer([add(1, 'v', 2)], { selected: new Uint8Array(3), generated: false }),
      says: /selects no token/,
    },
  ])('$name', ({ steering, says }) => {
    expect(() => prepareSteering(steering, ENGINE)).toThrow(InputError)
    expect(() => prepareSteering(steering, ENGINE)).toThrow(says)
  })
})

test('without additions nothing is steered: no receipt', () => {
  expect(prepareSteering(undefined, ENGINE)).toBeUndefined()
  expect(prepareSteering(steer([], { selected: new Uint8Array(3), generated: false }), ENGINE)).toBeUndefined()
  expect(receiptOf(undefined, fed(5))).toBeUndefined()
})

describe('the deltas', () => {
  const coefficient = fc.double({ min: -50, max: 50, noNaN: true })
  const additions = fc.array(fc.tuple(fc.constantFrom(1, 3), fc.constantFrom('a', 'b', 'c'), coefficient), {
    minLength: 1,
    maxLength: 5,
  })

  test('vectors of one layer add up', () => {
    fc.assert(
      fc.property(additions, (list) => {
        const parts = list.map(([layer, name, c]) => add(layer, name, c))
        const { deltas } = prepareSteering(steer(parts), ENGINE)!
        for (const layer of [1, 3]) {
          for (let i = 0; i < WIDTH; i++) {
            const sum = parts.filter((p) => p.layer === layer).reduce((s, p) => s + p.coefficient * p.vector[i]!, 0)
            expect(Math.abs((deltas.get(layer)?.[i] ?? 0) - sum)).toBeLessThan(1e-4)
          }
        }
      }),
    )
  })

  test('a hash names what is added, not what it is called', () => {
    const of = (additions: readonly Addition[]) => prepareSteering(steer(additions), ENGINE)!.hash
    expect(of([{ ...add(1, 'a', 2), hash: 'same' }])).not.toBe(of([{ ...add(1, 'b', 2), hash: 'same' }]))
    expect(of([add(1, 'a', 2)])).not.toBe(of([add(3, 'a', 2)]))
    expect(of([add(1, 'a', 2)])).not.toBe(of([add(1, 'a', -2)]))
    expect(of([add(1, 'a', 2), add(3, 'b', 1)])).toBe(of([add(3, 'b', 1), add(1, 'a', 2)]))
    expect(of([{ ...add(1, 'a', 2), name: 'other', hash: 'other' }])).toBe(of([add(1, 'a', 2)]))
  })
})

describe('the receipt', () => {
  const prepared = prepareSteering(steer([add(1, 'a', 3), add(3, 'b', -4)]), ENGINE)!

  test('counts selected prompt tokens and, where wanted, generated ones', () => {
    expect(Array.from({ length: 5 }, (_, i) => isSelected(prepared, i, ids(5)))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ])
    expect(receiptOf(prepared, fed(5))!.steeredTokens).toBe(4)
    const promptOnly = prepareSteering(steer([add(1, 'a', 3)], { generated: false }), ENGINE)!
    expect(receiptOf(promptOnly, fed(5))!.steeredTokens).toBe(2)
  })

  test('gives the joint length over layers and names every addition', () => {
    const receipt = receiptOf(prepared, fed(5))!
    expect(receipt.deltaMean).toBeCloseTo(5, 5)
    expect(receipt.deltaMax).toBeCloseTo(5, 5)
    expect(receipt.additions).toEqual([
      { name: 'a', hash: 'a', layer: 1, coefficient: 3 },
      { name: 'b', hash: 'b', layer: 3, coefficient: -4 },
    ])
  })

  test('its fingerprint changes with what was added and to how many tokens', () => {
    const other = prepareSteering(steer([add(1, 'a', 3), add(3, 'b', -4.001)]), ENGINE)!
    const prints = [receiptOf(prepared, fed(5)), receiptOf(prepared, fed(6)), receiptOf(other, fed(5))].map(
      (r) => r!.fingerprint,
    )
    expect(new Set(prints).size).toBe(3)
    expect(receiptOf(prepared, fed(5))!.fingerprint).toBe(prints[0])
  })

  test('its fingerprint changes with which tokens were steered, however many', () => {
    const of = (...selected: number[]) => {
      const steering = steer([add(1, 'a', 3)], { selected: Uint8Array.from(selected), generated: false })
      return receiptOf(prepareSteering(steering, ENGINE), fed(5))!
    }
    expect([of(1, 0, 0), of(0, 0, 1)].map((r) => r.steeredTokens)).toEqual([1, 1])
    expect(of(1, 0, 0).fingerprint).not.toBe(of(0, 0, 1).fingerprint)
  })
})

test('what the caller changes afterwards changes nothing that was prepared', () => {
  const clamp = { op: 'floor', layer: 1, vector: vector(1), bound: 2, name: 'c', hash: 'c' } as const
  const steering = steer([], { clamps: [clamp] })
  const prepared = prepareSteering(steering, { ...ENGINE, operations: 1 })!
  steering.selected.fill(0)
  clamp.vector.fill(0)
  expect(isSelected(prepared, 1, ids(3))).toBe(true)
  expect(prepared.clamps.get(1)![0]!.vector).toEqual(vector(1))
})
