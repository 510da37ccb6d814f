import { expect, test } from 'vitest'
import { stepProgress } from './steps.ts'

/** What is shown on a terminal when the clock stands at each of these times. */
function shown(steps: readonly (readonly [atMs: number, done: number, total: number])[]): string[] {
  let atMs = 0
  const out: string[] = []
  const progress = stepProgress({
    err: (text) => void out.push(text.replace('\r\u001b[2K', '')),
    isTty: true,
    now: () => atMs,
  })
  for (const [at, done, total] of steps) {
    atMs = at
    progress.onStep('extract', done, total, `${done} texts`)
  }
  return out
}

test('the time left is told from what was done since the step began, not from what was there before', () => {
  expect(
    shown([
      [0, 500, 1000],
      [1000, 550, 1000],
      [10_000, 600, 1000],
      [50_000, 1000, 1000],
    ]),
  ).toEqual([
    'extracting vectors 50 % (500 texts)',
    'extracting vectors 55 % (550 texts)',
    'extracting vectors 60 % (600 texts), about 40 s left',
    'extracting vectors 100 % (1000 texts)',
  ])
})

test('long times are told in minutes; where nothing was done yet nothing is told', () => {
  expect(
    shown([
      [0, 0, 1000],
      [10_000, 0, 1000],
      [20_000, 10, 1000],
    ]).map((line) => line.replace(/.*%/, '')),
  ).toEqual([' (0 texts)', ' (0 texts)', ' (10 texts), about 33 min left'])
})
