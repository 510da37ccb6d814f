import { describe, expect, test } from 'vitest'
import type { CheckAnswer } from '../store/types.ts'
import { manipulationOf } from './check.ts'

const CONCEPTS = ['calm', 'sad', 'angry']
const CONTEXTS = ['letter', 'beach']
const parts = {
  concepts: CONCEPTS,
  own: CONCEPTS.map((c) => `own ${c}`),
  lexical: CONCEPTS.map((c) => `word ${c}`),
  random: ['r0', 'r1', 'r2', 'r3'],
}
const options = { baseline: 'base', strength: 0.1 }

/** Baseline −3 everywhere; a condition adds its gains (by concept). */
function answersOf(gains: Record<string, readonly number[]>): CheckAnswer[] {
  const conditions = ['base', ...parts.own, ...parts.lexical, ...parts.random]
  return conditions.flatMap((condition) =>
    CONTEXTS.flatMap((context) =>
      CONCEPTS.map((concept, c) => ({
        key: `${condition} ${context} ${concept}`,
        model: 'm',
        context,
        concept,
        condition,
        value: -3 + (gains[condition]?.[c] ?? 0),
      })),
    ),
  )
}

const random = { r0: [0.1, 0, 0], r1: [-0.1, 0, 0.1], r2: [0, 0.1, -0.1], r3: [0, -0.1, 0] }
const own = { 'own calm': [1, 0, 0], 'own sad': [0, 1, 0], 'own angry': [0, 0, 1] }
const check = (gains: Record<string, readonly number[]>) => manipulationOf(answersOf(gains), parts, options)

describe('the manipulation check', () => {
  test('passes when every vector moves its own continuations; numbers by hand', () => {
    const { result, rows } = check({ ...random, ...own, 'word calm': [0.25, 0, 0] })
    expect(result).toBe('pass')
    // Own gain 1 minus the mean of the others 0; random: .1, −.1 − .05, −(.1 − .1)/2 and .05.
    const spread = Math.sqrt((0.1 ** 2 + 0.15 ** 2 + 0 ** 2 + 0.05 ** 2) / 4)
    expect(rows[0]).toMatchObject({ vector: 'calm', result: 'pass' })
    expect(rows[0]!.ownMinusOthers).toBeCloseTo(1, 12)
    expect(rows[0]!.zAgainstRandom).toBeCloseTo(1 / spread, 9)
    expect(rows[0]!.timesLexical).toBeCloseTo(4, 9)
    expect(rows[1]!.timesLexical).toBeNull()
  })

  test('one weak vector is forgiven, two are not', () => {
    const one = check({ ...random, ...own, 'own sad': [0, 0.05, 0] })
    expect([one.result, one.rows.map((r) => r.result)]).toEqual(['pass', ['pass', 'fail', 'pass']])
    const two = check({ ...random, ...own, 'own sad': [0, 0, 0], 'own calm': [0, 0, 0] })
    expect(two).toMatchObject({ result: 'fail', reason: expect.stringMatching(/only 1 of 3 concepts/) as string })
  })

  test('moving everything alike is no effect', () => {
    const all = { 'own calm': [1, 1, 1], 'own sad': [1, 1, 1], 'own angry': [1, 1, 1] }
    const { result, rows } = check({ ...random, ...all })
    expect(result).toBe('fail')
    for (const row of rows) expect(row.ownMinusOthers).toBeCloseTo(0, 12)
  })

  test('the words alone explain it', () => {
    const words = { 'word calm': [0.6, 0, 0], 'word sad': [0, 0.6, 0], 'word angry': [0, 0, 0.6] }
    expect(check({ ...random, ...own, ...words })).toMatchObject({
      result: 'fail',
      reason: expect.stringMatching(/not twice that of the words alone/) as string,
    })
  })

  test('not testable before it is finished, and with too few random vectors', () => {
    const answers = answersOf({ ...random, ...own })
    const without = (condition: string) => answers.filter((a) => a.condition !== condition)
    const result = (all: CheckAnswer[]) => manipulationOf(all, parts, options).result
    expect(result(without('base'))).toBe('not testable')
    expect(result(without('own sad'))).toBe('not testable')
    expect(result(answers.filter((a) => a.key !== 'own sad beach calm'))).toBe('not testable')
    expect(result(without('r3'))).toBe('not testable')
    expect(manipulationOf([], parts, options).rows).toEqual([])
  })

  test('without lexical vectors it is judged without them', () => {
    const answers = answersOf({ ...random, ...own }).filter((a) => !a.condition.startsWith('word'))
    expect(manipulationOf(answers, { ...parts, lexical: [] }, options)).toMatchObject({ result: 'pass', strength: 0.1 })
  })
})
