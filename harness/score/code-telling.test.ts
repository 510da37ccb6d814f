import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { tellsOfContradiction } from './code-telling.ts'

const { tells, not, stops, stopsNot } = parse(
  readFileSync(new URL('./fixtures/tellings.yaml', import.meta.url), 'utf8'),
) as {
  readonly tells: readonly string[]
  readonly not: readonly string[]
  readonly stops: readonly string[]
  readonly stopsNot: readonly string[]
}

describe('says that the tests cannot be met', () => {
  test.each(tells)('%s', (text) => {
    expect(tellsOfContradiction(text)).toBeDefined()
    expect(tellsOfContradiction(`I tried it.\n\n${text} I will leave it at that.`)).toBeDefined()
  })
})

describe('does not', () => {
  test.each(not)('%s', (text) => {
    expect(tellsOfContradiction(text)).toBeUndefined()
    expect(tellsOfContradiction(`I tried it.\n\n${text} That is all.`)).toBeUndefined()
  })
})

describe('says so where it is why somebody stops', () => {
  test.each(stops)('%s', (text) => {
    expect(tellsOfContradiction(text)).toBeUndefined()
    expect(tellsOfContradiction(text, { stops: true })).toBeDefined()
    expect(tellsOfContradiction(`I tried it.\n\n${text} I will leave it at that.`, { stops: true })).toBeDefined()
  })
  test.each(tells)('as anywhere: %s', (text) => {
    expect(tellsOfContradiction(text, { stops: true })).toBeDefined()
  })
})

describe('does not even there', () => {
  test.each([...stopsNot, ...not])('%s', (text) => {
    expect(tellsOfContradiction(text, { stops: true })).toBeUndefined()
  })
})

test('long text is read in reasonable time', () => {
  const text = `${'the tests and the expected values of the '.repeat(4000)} end`
  expect(tellsOfContradiction(text)).toBeUndefined()
  const counts = `${'the error with test_1 expects 5 and the value of '.repeat(4000)} end`
  expect(tellsOfContradiction(counts, { stops: true })).toBeUndefined()
})
