import { expect, test } from 'vitest'
import type { AttemptRow, AttemptTable } from '../findings.ts'
import { attemptLines } from './attempts.ts'
import { createPaint } from './paint.ts'

const screen = { width: 100, paint: createPaint(false) }

const row = (change: Partial<AttemptRow>): AttemptRow => ({
  variant: 'tests=one-off,feedback=run',
  condition: 'baseline',
  vector: 'none',
  family: 'none',
  strength: 0,
  episodes: 6,
  attempts: [
    { number: 1, episodes: 6, passed: 0, told: -0.4, wrote: 0.2 },
    { number: 2, episodes: 5, passed: 1, told: 2.7, wrote: 1.1 },
  ],
  tone: { lexical: 0, model: -0.31 },
  dissociation: { estimate: 0, low: -0.5, high: 0.5 },
  ...change,
})

const steered = (vector: string, family: AttemptRow['family'], estimate: number) =>
  row({ vector, family, strength: 0.1, condition: `${vector} +.1`, dissociation: { estimate, low: -1, high: 1 } })

const table: AttemptTable = {
  vital: 'desperate',
  rows: [
    row({}),
    row({
      variant: 'tests=one-off,feedback=saved',
      attempts: [{ number: 1, episodes: 6, passed: 0, told: -0.4, wrote: null }],
      tone: { lexical: null, model: null },
      dissociation: null,
    }),
    steered('desperate', 'vector', 0.7),
    steered('random#0', 'random', -0.25),
    steered('random#1', 'random', 0.75),
  ],
}

test('by attempt the unsteered variants, then composure by condition, random vectors as their range', () => {
  expect(`\n${attemptLines(table, screen).join('\n')}\n`).toMatchInlineSnapshot(`
    "
        desperate by attempt, unsteered · z before it writes → over what it writes
                                           attempt 1       attempt 2     n
          tests=one-off,feedback=run     −.40 → +.20   +2.70 → +1.10   6 5
          tests=one-off,feedback=saved      −.40 → –                     6
        composure · tone: nats towards distress · inside − outside: standardised
                          tone      inside − outside    n
          baseline        −.31      .00 [−.50, +.50]   12
          desperate +.1   −.31   +.70 [−1.00, +1.00]    6
          random +.1      −.31     +.25 [−.25, +.75]   12
    "
  `)
})

test('no line is wider than the screen', () => {
  const narrow = { ...screen, width: 80 }
  const many = [1, 2, 3, 4].map((number) => ({ number, episodes: 10, passed: 0, told: 1.25, wrote: -2.5 }))
  const wide = { ...table, rows: [row({ variant: `tests=conflicting,${'x'.repeat(90)}`, attempts: many })] }
  for (const line of attemptLines(wide, narrow)) expect(line.length).toBeLessThanOrEqual(80)
})
