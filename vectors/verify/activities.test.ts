import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { designHalves, designPairs, KINDS, loadActivities } from './activities.ts'
import { loadItems } from './items.ts'

describe('the shipped activities', () => {
  const activities = loadActivities()

  test('are 64 different short noun phrases, 16 of each kind', () => {
    expect(KINDS.map((kind) => activities.filter((a) => a.kind === kind).length)).toEqual([16, 16, 16, 16])
    expect(new Set(activities.map((a) => a.text)).size).toBe(64)
    for (const { text } of activities) {
      expect(text.split(' ').length, text).toBeLessThanOrEqual(10)
      expect(text, text).toMatch(/^[a-z][^.?!]*[a-z]$/)
    }
  })

  test('name no emotion of the corpus', () => {
    const names = Object.keys(loadItems().ratings)
    for (const { text } of activities) {
      const words: string[] = text.match(/[a-z]+/g) ?? []
      expect(
        names.filter((name) => words.includes(name)),
        text,
      ).toEqual([])
    }
  })

  test.each([
    {
      from: 'a nap in a hammock',
      to: 'a swim in a quiet lake',
      says: /activities\.yaml:\d+: pleasant\.\d+: .*already/,
    },
    { from: 'dull:', to: 'boring:', says: /activities\.yaml:\d+: boring: is not a key/ },
    { from: '- a night in a cell full of rats', to: '- 7', says: /unpleasant\.11: .*string/ },
  ])('refuses $to', ({ from, to, says }) => {
    const folder = mkdtempSync(join(tmpdir(), 'activities-'))
    try {
      cpSync(new URL('items/activities.yaml', import.meta.url), join(folder, 'activities.yaml'))
      const text = readFileSync(join(folder, 'activities.yaml'), 'utf8')
      expect(text).toContain(from)
      writeFileSync(join(folder, 'activities.yaml'), text.replace(from, to))
      expect(() => loadActivities(folder)).toThrow(says)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the design of pairs', () => {
  test('law: each meets as many others, no two meet twice, and all hang together', () => {
    const sizes = fc
      .integer({ min: 5, max: 80 })
      .chain((count) => fc.tuple(fc.constant(count), fc.integer({ min: 1, max: Math.ceil(count / 2) - 1 })))
    fc.assert(
      fc.property(sizes, ([count, half]) => {
        const pairs = designPairs(count, 2 * half)
        const met = new Map<number, Set<number>>()
        for (const [a, b] of [...pairs, ...pairs.map(([a, b]) => [b, a] as const)]) {
          expect(a).not.toBe(b)
          met.set(a, (met.get(a) ?? new Set()).add(b))
        }
        expect(pairs).toHaveLength(count * half)
        for (let i = 0; i < count; i++) expect(met.get(i)?.size).toBe(2 * half)
        const reached = new Set([0])
        for (const i of reached) for (const next of met.get(i)!) reached.add(next)
        expect(reached.size).toBe(count)
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  test('refuses what no regular design can be', () => {
    expect(() => designPairs(64, 5)).toThrow(/64 activities can meet 2, 4, … 62 others, not 5/)
    expect(() => designPairs(6, 6)).toThrow(/not 6/)
  })

  test('halves: half of each kind, and each half meets the other evenly', () => {
    const activities = loadActivities()
    const { half, pairs } = designHalves(activities, 4)
    expect(half.size).toBe(32)
    for (const kind of KINDS) expect([...half].filter((i) => activities[i]!.kind === kind)).toHaveLength(8)
    const times = (index: number) => pairs.filter((pair) => pair.includes(index)).length
    expect(pairs.every(([a, b]) => half.has(a) && !half.has(b))).toBe(true)
    expect(activities.map((_, i) => times(i))).toEqual(activities.map(() => 4))
    expect(new Set(pairs.map((pair) => pair.join())).size).toBe(pairs.length)
  })
})
