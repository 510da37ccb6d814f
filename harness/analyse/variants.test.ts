import { expect, test } from 'vitest'
import { variantTables } from './variants.ts'

const variants = { tests: { 'one-off': {}, original: {} }, feedback: { run: {}, saved: {} } }
const row = (tests: string, feedback: string, isTwin: boolean) => ({
  variant: `tests=${tests},feedback=${feedback}`,
  isTwin,
})

test('answers of two variants are never put into one table, and each has its own twin', () => {
  const rows = [
    row('one-off', 'run', false),
    row('one-off', 'saved', false),
    row('original', 'run', true),
    row('original', 'saved', true),
  ]
  expect(variantTables({ variants, twin: { set: { tests: 'original' } } }, rows)).toEqual([
    { variant: 'tests=one-off,feedback=run', rows: [rows[0], rows[2]] },
    { variant: 'tests=one-off,feedback=saved', rows: [rows[1], rows[3]] },
  ])
})

test('the twin of an item has the same variant', () => {
  const rows = [row('one-off', 'run', false), row('one-off', 'run', true)]
  expect(variantTables({ variants }, rows)).toEqual([{ variant: 'tests=one-off,feedback=run', rows }])
})

test('a scenario without variants has one table, and a twin alone has none', () => {
  const only = [
    { variant: 'default', isTwin: false },
    { variant: 'default', isTwin: true },
  ]
  expect(variantTables({ variants: {} }, only)).toEqual([{ variant: 'default', rows: only }])
  expect(variantTables({ variants: {} }, only.slice(1))).toEqual([])
})
