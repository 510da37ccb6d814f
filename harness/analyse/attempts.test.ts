import { expect, test } from 'vitest'
import type { CodeAttemptRow, ConditionFacts, EpisodeRow } from '../store/types.ts'
import { attemptTableOf } from './attempts.ts'

const condition = (key: string, family: string, strength: number): ConditionFacts => ({
  key,
  label: key,
  family,
  vector: family === 'baseline' ? null : 'desperate',
  strength,
  unit: 'norm',
  spec: {},
})
const conditions = [condition('base', 'baseline', 0), condition('plus', 'vector', 0.1)]

const episode = (id: number, key: string, variant = 'v'): EpisodeRow =>
  ({ id, variant, condition: key, isTwin: false, epoch: id }) as EpisodeRow

function attempt(
  episode: number,
  number: number,
  o: { told: number; wrote: number; tone?: number | null },
): CodeAttemptRow {
  const vital = (channel: 'prompt' | 'thinking' | 'code', value: number, tokens: number) => ({
    channel,
    name: 'desperate',
    layer: 1,
    tokens,
    meanZ: value,
    peakZ: value,
    lastZ: value,
  })
  const { told, wrote, tone = 0 } = o
  return {
    episode,
    number,
    code: 'x',
    testsPassed: number === 2,
    end: 'exit 0',
    facts: {},
    firstTurn: 0,
    lastTurn: 0,
    codeAt: null,
    tone: { lexical: null, model: tone },
    // Three quarters of the tokens at one value, a quarter at another: their mean over tokens is `wrote`.
    vitals: [vital('prompt', told, 9), vital('thinking', wrote + 3, 1), vital('code', wrote - 1, 3)],
  }
}

test('nothing without attempts', () => {
  expect(
    attemptTableOf({ episodes: [episode(1, 'base')], attempts: [], conditions, baseline: 'base', vital: 'desperate' }),
  ).toBeUndefined()
})

test('means over the episodes that got so far, weighted by tokens, variants apart', () => {
  const table = attemptTableOf({
    episodes: [episode(1, 'base'), episode(2, 'base'), episode(3, 'base', 'saved')],
    attempts: [
      attempt(1, 1, { told: 1, wrote: 2 }),
      attempt(1, 2, { told: 3, wrote: 4 }),
      attempt(2, 1, { told: 2, wrote: 3 }),
      attempt(3, 1, { told: 7, wrote: 8 }),
    ],
    conditions,
    baseline: 'base',
    vital: 'desperate',
  })!
  expect(table.rows.map(({ variant, episodes, attempts }) => ({ variant, episodes, attempts }))).toEqual([
    {
      variant: 'v',
      episodes: 2,
      attempts: [
        { number: 1, episodes: 2, passed: 0, told: 1.5, wrote: 2.5 },
        { number: 2, episodes: 1, passed: 1, told: 3, wrote: 4 },
      ],
    },
    { variant: 'saved', episodes: 1, attempts: [{ number: 1, episodes: 1, passed: 0, told: 7, wrote: 8 }] },
  ])
})

test('dissociation stands against the unsteered episodes: more inside than outside is positive', () => {
  const base = Array.from({ length: 9 }, (_, i) => i)
  const steered = [20, 21]
  const table = attemptTableOf({
    episodes: [...base.map((i) => episode(i, 'base')), ...steered.map((i) => episode(i, 'plus'))],
    attempts: [
      ...base.map((i) => attempt(i, 1, { told: 0, wrote: i, tone: i })),
      ...steered.map((i) => attempt(i, 1, { told: 0, wrote: 8, tone: i - 16.5 })),
    ],
    conditions,
    baseline: 'base',
    vital: 'desperate',
  })!
  const [baseline, plus] = table.rows
  expect(baseline!.dissociation!.estimate).toBeCloseTo(0, 12)
  expect(plus!.dissociation!.estimate).toBeCloseTo(4 / Math.sqrt(7.5), 9)
  expect(plus!.tone.model).toBe(4)
})

test('without a visible text there is no dissociation', () => {
  const table = attemptTableOf({
    episodes: [episode(1, 'base')],
    attempts: [attempt(1, 1, { told: 0, wrote: 1, tone: null })],
    conditions,
    baseline: 'base',
    vital: 'desperate',
  })!
  expect(table.rows[0]).toMatchObject({ tone: { lexical: null, model: null }, dissociation: null })
})
