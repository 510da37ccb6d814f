import { expect, test } from 'vitest'
import { interleave } from './rounds.ts'

test('contestants warm up once, then take turns in alternating order', async () => {
  const calls: string[] = []
  const contestant = (name: string) => async () => calls.push(name)
  const figures = await interleave([contestant('A'), contestant('B'), contestant('C')], 3)
  expect(calls.join('')).toBe('ABCABCCBAABC')
  expect(figures).toEqual([
    [4, 9, 10],
    [5, 8, 11],
    [6, 7, 12],
  ])
})
