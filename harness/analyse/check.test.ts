import { describe, expect, test } from 'vitest'
import type { CheckAnswer } from '../store/types.ts'
import { manipulationOf } from './check.ts'

const CONCEPTS = ['calm', 'sad', 'angry']
const CONTEXTS = ['letter', 'beach']
const partsOf = (concepts: readonly string[], vectors: readonly string[] = concepts) => ({
  concepts,
  vectors,
  own: vectors.map((c) => `own ${c}`),
  lexical: vectors.map((c) => `word ${c}`),
  random: ['r0', 'r1', 'r2', 'r3'],
})
const parts = partsOf(CONCEPTS)
const options = { baseline: 'base', strength: 0.1 }

/** Baseline −3 everywhere; a condition adds its gains (by concept). */
function answersOf(gains: Record<string, readonly number[]>, of = parts): CheckAnswer[] {
  const conditions = ['base', ...of.own, ...of.lexical, ...of.random]
  return conditions.flatMap((condition) =>
    CONTEXTS.flatMap((context) =>
      of.concepts.map((concept, c) => ({
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

  test('of six vectors one weak one is forgiven, of three none is', () => {
    const three = check({ ...random, ...own, 'own sad': [0, 0.05, 0] })
    expect(three).toMatchObject({ result: 'fail', reason: expect.stringMatching(/only 2 of 3 vectors/) as string })
    const six = partsOf(['calm', 'sad', 'angry', 'afraid', 'proud', 'happy'])
    const gains = Object.fromEntries(
      six.own.map((condition, i) => [condition, six.own.map((_, c) => (c === i ? 1 : 0))]),
    )
    const noise = { r0: [0.1], r1: [0, -0.1, 0.1], r2: [0, 0.1, -0.1, 0.1], r3: [0, 0, 0, 0, -0.1, 0.1] }
    const judged = (weak: Record<string, readonly number[]>) =>
      manipulationOf(answersOf({ ...noise, ...gains, ...weak }, six), six, options)
    expect(judged({ 'own sad': [] }).result).toBe('pass')
    expect(judged({ 'own sad': [], 'own calm': [] })).toMatchObject({
      result: 'fail',
      reason: expect.stringMatching(/only 4 of 6 vectors/) as string,
    })
  })

  test('a part of the vectors is checked against the continuations of all', () => {
    const some = partsOf(CONCEPTS, ['angry'])
    const judged = (gains: Record<string, readonly number[]>) => manipulationOf(answersOf(gains, some), some, options)
    const { result, rows } = judged({ ...random, ...own, 'word angry': [0, 0, 0.1] })
    expect(result).toBe('pass')
    expect(rows.map((r) => r.vector)).toEqual(['angry'])
    expect(rows[0]!.timesLexical).toBeCloseTo(10, 9)
    expect(judged({ ...random, 'own angry': [1, 0, 0] }).result).toBe('fail')
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
