import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { renderCardPage } from '../html.ts'
import type { Card, CardColumn } from './card.tsx'

describe('the page of a verification card', () => {
  const { document } = parseHTML(renderCardPage(sampleCard()))

  it('sets the set beside its controls, part by part', () => {
    const [table] = document.querySelectorAll('section[aria-labelledby=beside] table')
    const rows = [...table!.querySelectorAll('tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent.trim()),
    )
    expect(rows[0]).toEqual(['part', 'this set', 'random', 'unrelated'])
    expect(rows.map((row) => row[0])).toContain('steering selectivity')
    expect(rows[1]![1]).toMatch(/^pass top-1 67 %, top-3 90 %; chance 50 %/)
    expect(rows[1]![2]).toMatch(/^fail top-1 3 %/)
    expect(document.querySelector('h1')!.textContent).toBe('Vectors on a model pass')
  })

  it('has a row for every vector and every part of the evidence', () => {
    const text = document.body.textContent
    expect([...document.querySelectorAll('section[aria-labelledby=vectors] tbody tr')]).toHaveLength(2)
    for (const piece of ['despair · ruin', 'not testable', 'tablets', '+.19', '2 of 171', '–'])
      expect(text).toContain(piece)
  })

  it('escapes every text, asks for nothing and runs nothing', () => {
    const hostile = '<script>alert(1)</script>'
    const page = renderCardPage({ ...sampleCard(), model: hostile, lens: { [hostile]: wordsOf(hostile) } })
    expect(page).not.toContain(hostile)
    expect(page).toContain('&lt;script>')
    expect(page).not.toMatch(/<script|<link|<img|https?:|@import|url\(/)
  })
})

const wordsOf = (word: string) => ({ up: [{ text: word }, { text: 'ruin' }], down: [{ text: 'ease' }], ownRank: null })

function sampleCard(): Card {
  return {
    ...column('pass', 0.67),
    model: 'a model',
    layer: 20,
    strength: 0.1,
    unit: 'norm',
    ladders: [
      {
        id: 'tablets',
        concept: 'desperate',
        kind: 'words',
        result: 'not testable',
        effect: 0.5,
        control: -0.1,
        gate: 0.1,
      },
    ],
    splitHalf: { desperate: 0.41, calm: 0.3 },
    lens: { desperate: wordsOf('despair') },
    controls: { random: column('fail', 0.03), unrelated: column('fail', 0.03) },
  }
}

function column(result: CardColumn['result'], top1: number): CardColumn {
  return {
    result,
    situations: { result, top1, top3: 0.9, chance: 0.5, permuted95: 0.6, byConcept: { desperate: 2 / 3 } },
    selectivity: { result, meanZ: 2.4, permuted95: 0.4, byConcept: { desperate: { z: 2.4, rank: 2, of: 171 } } },
    geometry: { result: 'not testable', concepts: 2 },
    manipulation: {
      result,
      reason: 'mean 0.2 nats a token',
      rows: [{ vector: 'desperate', result, ownMinusOthers: 0.19, zAgainstRandom: 6.8, timesLexical: null }],
    },
    steering: {
      result,
      concepts: ['desperate', 'calm'],
      rows: [{ vector: 'desperate', effects: [0.1, -0.1], margin: 0.2, rank: 1 }],
      firsts: 1,
      p: 0.002,
    },
  }
}
