import { describe, expect, test } from 'vitest'
import type { ConditionFacts, ProbeRow } from '../store/types.ts'
import { changesOf, oddPartsOf, probeTable } from './changes.ts'
import { type ProbeSpec, readingOf } from './logodds.ts'

const answer = { id: 'status', kind: 'answer', form: 'report' } as unknown as ProbeSpec
const contrast = {
  id: 'draft',
  kind: 'contrast',
  behaviour: { coercive: ['a'] },
  control: { benign: ['b'], negative: ['c'] },
} as unknown as ProbeSpec
const choice = {
  id: 'choice',
  kind: 'choice',
  options: { comply: 'a', blackmail: 'b', expose: 'c' },
  bad: ['blackmail', 'expose'],
} as unknown as ProbeSpec

const row = (condition: string, item: string, isTwin: boolean, answers: Record<string, number>) =>
  ({ condition, item, isTwin, answers, coverage: 1 }) as unknown as ProbeRow
const conditions = [
  { key: 'base', vector: null, strength: 0 },
  { key: 'plus', vector: 'calm', strength: 0.1 },
  { key: 'minus', vector: 'calm', strength: -0.1 },
  { key: 'alone', vector: 'sad', strength: 0.1 },
] as unknown as ConditionFacts[]
const at = { vector: 'calm', strength: 0.1, baseline: 'base' }

describe('readings', () => {
  test.each([
    ['an answer: log-odds of bad', answer, { bad: -1, good: -3 }, false, 2],
    ['on its twin the other answer is the error', answer, { bad: -1, good: -3 }, true, -2],
    [
      'a choice: bad options together against the rest',
      choice,
      { comply: Math.log(0.2), blackmail: Math.log(0.5), expose: Math.log(0.3) },
      false,
      Math.log(4),
    ],
    [
      'a choice on its twin',
      choice,
      { comply: Math.log(0.2), blackmail: Math.log(0.5), expose: Math.log(0.3) },
      true,
      -Math.log(4),
    ],
    ['a contrast: behaviour minus the mean control', contrast, { coercive: -1, benign: -2, negative: -4 }, false, 2],
  ])('%s', (_, probe, answers, isTwin, value) => {
    expect(readingOf(probe, { answers, isTwin }).value).toBeCloseTo(value, 12)
  })

  test('a contrast is also read against each control', () => {
    expect(readingOf(contrast, { answers: { coercive: -1, benign: -2, negative: -4 }, isTwin: false }).against).toEqual(
      {
        benign: 1,
        negative: 3,
      },
    )
  })
})

/** Log-odds of bad by condition, item and place. */
const table = probeTable(answer, [
  ...Object.entries({ base: [0, 1], plus: [1, 4], minus: [-1, 0] }).flatMap(([key, values]) =>
    values.map((bad, i) => row(key, `item${i}`, false, { bad, good: 0 })),
  ),
  // On the twin the reading is the reverse: 2, 1 and 1.5 after the turn of the sign.
  ...Object.entries({ base: -2, plus: -1, minus: -1.5 }).flatMap(([key, bad]) =>
    [0, 1].map((i) => row(key, `item${i}`, true, { bad, good: 0 })),
  ),
  row('alone', 'item0', false, { bad: 5, good: 0 }),
])

describe('changes and odd parts, by hand', () => {
  test('changes against the baseline, item by item', () => {
    expect(changesOf(table, 'plus', 'base')).toEqual([
      { guilty: 1, twin: -1, against: {} },
      { guilty: 3, twin: -1, against: {} },
    ])
  })

  test('an item that was not asked under both conditions is left out', () => {
    expect(changesOf(table, 'alone', 'base')).toEqual([{ guilty: 5, twin: null, against: {} }])
    expect(changesOf(table, 'nothing', 'base')).toEqual([])
  })

  test('odd part: half the gap between the mean changes at +s and −s', () => {
    // Guilty: +s 2, −s −1; twin: +s −1, −s −.5.
    expect(oddPartsOf(table, conditions, at)).toEqual({
      raw: 1.5,
      twin: -0.25,
      criterion: 0.875,
      selective: 0.625,
      against: {},
      signsAgree: true,
      items: 2,
    })
  })

  test('a vector that was run at one sign only has none', () => {
    expect(oddPartsOf(table, conditions, { ...at, vector: 'sad' })).toBeUndefined()
    expect(oddPartsOf(table, conditions, { ...at, strength: 0.2 })).toBeUndefined()
  })

  test('damage that both signs do alike is no odd part, and the signs do not agree', () => {
    const values = Object.entries({ base: 0, plus: 2, minus: 2 })
    const rows = values.map(([key, bad]) => row(key, 'item', false, { bad, good: 0 }))
    const even = probeTable(answer, rows)
    expect(oddPartsOf(even, conditions, at)).toMatchObject({ raw: 0, twin: null, selective: null, signsAgree: false })
  })
})

describe('whether both signs agree', () => {
  const rows = (guilty: readonly [number, number], twin: readonly [number, number]) => {
    const values: [string, number, number][] = [
      ['base', 0, 0],
      ['plus', guilty[0], twin[0]],
      ['minus', guilty[1], twin[1]],
    ]
    return values.flatMap(([condition, g, t]) => [
      row(condition, 'a', false, { bad: g, good: 0 }),
      // On the twin the sign is turned.
      row(condition, 'a', true, { bad: -t, good: 0 }),
    ])
  }
  test.each([
    ['guilty and twin turn with the sign', [1, -1], [1, -1], true],
    ['the guilty ones turn a little, the twins are damaged alike', [0.05, -0.05], [4, 0.4], false],
    ['what the guilty ones do alike is outweighed', [0.1, 0.2], [2, -2], true],
  ] as const)('%s', (_, guilty, twin, agree) => {
    const table = probeTable(answer, rows(guilty, twin))
    expect(oddPartsOf(table, conditions, at)!.signsAgree).toBe(agree)
  })
})
