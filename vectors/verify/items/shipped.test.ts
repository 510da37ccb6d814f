import { describe, expect, it } from 'vitest'
import { loadItems, type Ladder } from '../items.ts'

/** Word beginnings that would name an emotion; no item may hold any, whatever its own concept. */
const stems: Record<string, readonly string[]> = {
  desperate: ['desper', 'despair', 'hopeless', 'frantic'],
  calm: ['calm', 'peace', 'seren', 'tranquil', 'relax', 'placid', 'sooth', 'composed'],
  afraid: ['afraid', 'fear', 'scar', 'fright', 'terr', 'panic', 'dread', 'horr', 'alarm'],
  happy: ['happ', 'joy', 'glad', 'cheer', 'delight', 'merr', 'pleas', 'elat'],
  sad: ['sad', 'sorrow', 'grie', 'mourn', 'melanchol', 'unhapp', 'gloom', 'miser', 'depress'],
  angry: ['anger', 'angr', 'fury', 'furious', 'rage', 'mad ', 'irate', 'outrag', 'resent'],
  proud: ['proud', 'pride', 'triumph', 'honour'],
  nervous: ['nerv', 'anxi', 'worr', 'uneas', 'jitter', 'tense', 'apprehens'],
  loving: ['lov', 'ador', 'affection', 'tender', 'cherish', 'fond', 'devot', 'dear'],
  guilty: ['guilt', 'asham', 'shame', 'remors', 'sorry', 'regret', 'conscience'],
  blissful: ['bliss', 'ecsta', 'raptur', 'heaven', 'euphor', 'paradise'],
  hostile: ['hostil', 'hate', 'hatred', 'enem', 'aggress', 'spite', 'contempt', 'menac'],
  brooding: ['brood', 'rumin', 'dwell', 'ponder', 'mull', 'moody', 'sulk'],
  surprised: ['surpris', 'astonish', 'amaz', 'shock', 'startl', 'stun', 'unexpect'],
}

const items = loadItems()
const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}'’-]+(?:\.\d+)?/gu) ?? []
const leaks = (text: string): string[] =>
  Object.values(stems)
    .flat()
    .filter((stem) => new RegExp(`\\b${stem}`, 'iu').test(text))

describe('the shipped situations', () => {
  const cases = Object.entries(items.situations).flatMap(([concept, texts]) => texts.map((text) => ({ concept, text })))

  it('are three for each of 72 concepts, the core among them, all of the corpus', () => {
    const concepts = Object.keys(items.situations)
    expect(concepts).toHaveLength(72)
    expect(concepts).toEqual(expect.arrayContaining(Object.keys(stems)))
    expect(Object.keys(items.ratings)).toEqual(expect.arrayContaining(concepts))
    expect(new Set(Object.values(items.situations).map((texts) => texts.length))).toEqual(new Set([3]))
    expect(new Set(cases.map(({ text }) => text)).size).toBe(216)
  })

  it.each(cases)('are 25 to 45 words that name no emotion: $text', ({ text }) => {
    expect(words(text).length).toBeGreaterThanOrEqual(25)
    expect(words(text).length).toBeLessThanOrEqual(45)
    expect(leaks(text)).toEqual([])
  })

  it.each(cases)("stay out of the corpus's scenes: $text", ({ text }) => {
    expect(text).not.toMatch(/\b(kitchen|train|office|desk|allotment|garden|phone|telephone)/iu)
  })
})

describe('the shipped ladders', () => {
  const all: readonly Ladder[] = [...items.ladders, ...items.numeric]

  it('cover the concepts asked for', () => {
    const count = (concept: string) => items.ladders.filter((ladder) => ladder.concept === concept).length
    expect(count('afraid')).toBeGreaterThanOrEqual(3)
    expect(count('calm')).toBeGreaterThanOrEqual(2)
    for (const concept of ['sad', 'angry', 'happy', 'desperate']) expect(count(concept)).toBeGreaterThanOrEqual(1)
    expect(items.numeric.length).toBeGreaterThanOrEqual(6)
    for (const ladder of all) expect(Object.keys(stems)).toContain(ladder.concept)
    for (const ladder of all.filter(({ concept }) => concept === 'calm')) expect(ladder.direction).toBe('down')
  })

  it.each(all)('$id: as many control steps, all different, no emotion named', ({ steps, control }) => {
    expect(control).toHaveLength(steps.length)
    expect([5, 8]).toContain(steps.length)
    expect(new Set([...steps, ...control]).size).toBe(2 * steps.length)
    expect([...steps, ...control].flatMap(leaks)).toEqual([])
  })

  it.each(all)('$id: the control has the same growing words and the same length', ({ steps, control }) => {
    for (const [index, step] of steps.entries()) {
      const twin = control[index] ?? ''
      expect(words(twin)).toHaveLength(words(step).length)
      expect(newWords(twin, control[0] ?? '')).toEqual(newWords(step, steps[0] ?? ''))
    }
  })

  it.each(all)('$id: the gate asks about the ends of the ladder', ({ steps, gate }) => {
    expect(gate.question).toMatch(/\?$/u)
    expect(leaks(gate.question)).toEqual([])
    expect(new Set([...gate.no, ...gate.yes])).toEqual(new Set([steps[0], steps.at(-1)]))
  })

  it('fill numbers as plain digits', () => {
    const prize = items.numeric.find((ladder) => ladder.id === 'prize')
    expect(prize?.steps.at(-1)).toContain(' 1000000 pounds')
    expect(prize?.values).toHaveLength(8)
  })
})

describe('the shipped manipulation check', () => {
  it('has six contexts for six concepts', () => {
    expect(items.manipulation.concepts).toEqual(['desperate', 'calm', 'blissful', 'afraid', 'sad', 'angry'])
    expect(items.manipulation.contexts).toHaveLength(6)
  })

  it.each(items.manipulation.contexts)('$id: continuations fit, alike in length, naming nothing', (context) => {
    const texts = Object.values(context.continuations)
    const lengths = texts.map((text) => words(text).length)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(8)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(14)
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(5)
    expect([context.user, context.prefix, ...texts].flatMap(leaks)).toEqual([])
    expect(context.prefix).toMatch(/[\p{L}]$/u)
  })

  it('never uses one continuation twice', () => {
    const texts = items.manipulation.contexts.flatMap((context) => Object.values(context.continuations))
    expect(new Set(texts).size).toBe(36)
  })
})

describe('the ratings', () => {
  it('put opposites on opposite sides', () => {
    const { calm, afraid, blissful, desperate } = items.ratings
    expect(calm?.arousal).toBeLessThan(0)
    expect(afraid?.arousal).toBeGreaterThan(0)
    expect(Object.keys(items.ratings)).toHaveLength(171)
    expect(blissful?.valence).toBeGreaterThan(0)
    expect(desperate?.valence).toBeLessThan(0)
  })
})

/** The words of a step that its ladder's first step does not have, in order. */
function newWords(step: string, first: string): string[] {
  const known = new Set(words(first))
  return words(step).filter((word) => !known.has(word))
}
