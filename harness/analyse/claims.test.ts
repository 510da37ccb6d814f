import { describe, expect, test } from 'vitest'
import type { ManipulationCheck, RateRow, ScenarioFindings, Verdict } from '../../reports/findings.ts'
import { claimsOf } from './claims.ts'

const check = (result: ManipulationCheck['result']): ManipulationCheck => ({
  strength: 0.1,
  result,
  reason: '',
  rows: [],
})
const controls = { random: 10, unrelated: [], lexical: true } as unknown as Parameters<typeof claimsOf>[0]['controls']

const row = (condition: string, verdict: Verdict | null): RateRow =>
  ({ condition, variant: 'threat=none', verdict }) as unknown as RateRow
const scenario = (rows: readonly RateRow[]): ScenarioFindings => ({
  scenario: 'desk',
  title: '',
  readouts: [],
  rates: { bad: [], rows },
})
const claims = (rows: readonly RateRow[]) =>
  claimsOf({ manipulation: check('pass'), card: 'pass', controls }, [scenario(rows)])

describe('what may be claimed of rates', () => {
  const cases: readonly [Verdict, string][] = [
    [
      { word: 'effect, not specific', reason: 'beyond random vectors' },
      'That an effect of calm +0.1 on the rate in desk, threat=none is due to the emotion: beyond random vectors.',
    ],
    [
      { word: 'no effect seen', reason: 'could have seen ≥ 30 points' },
      'That calm +0.1 has no effect on the rate in desk, threat=none: this run could have seen ≥ 30 points.',
    ],
    [
      { word: 'not measurable', reason: 'floor' },
      'Any effect of calm +0.1 on the rate in desk, threat=none, or its absence: floor.',
    ],
    [
      { word: 'incoherent', reason: 'the dose is above the damage ceiling' },
      'Any effect of calm +0.1 on the rate in desk, threat=none, or its absence: the dose is above the damage ceiling.',
    ],
  ]
  test.each(cases)('%o', (verdict, sentence) => {
    const { may, mayNot } = claims([row('baseline', null), row('calm +0.1', verdict)])
    expect(mayNot).toEqual([sentence])
    expect(may).toHaveLength(1)
  })

  test('where nothing was steered, that is said', () => {
    expect(claims([row('baseline', null)]).mayNot).toEqual([
      'Any change of the rate of misbehaviour in desk: nothing was steered there.',
    ])
  })
})

test('without lexical vectors nothing is said of the words alone', () => {
  const said = (lexical: boolean) =>
    claimsOf({ manipulation: check('pass'), card: 'pass', controls: { ...controls, lexical } }, [])
  expect(said(true).may[0]).toContain('twice as far as the words alone')
  expect(said(false).may[0]).toMatch(/named after: beyond random vectors\.$/)
  expect(said(false).mayNot).toEqual([expect.stringContaining('no lexical vectors were run')])
})
