import { describe, expect, test } from 'vitest'
import { organismFile, randomUnit, SPEC } from '../engine/test/organism.ts'
import { openGguf } from '../model/gguf.ts'
import { plantedDirection } from '../model/organism.ts'
import { createTokenizer } from '../model/tokenizer.ts'
import { logitLens } from './logit-lens.ts'

describe.each(['F32', 'Q8_0'] as const)('the logit lens on the organism in %s', (type) => {
  const lensOf = (vectors: Record<string, Float32Array>, wordOf?: (name: string) => string | undefined) => {
    using file = organismFile({ type })
    using gguf = openGguf(file.path)
    const parts = { gguf, tokenizer: createTokenizer(gguf.metadata) }
    return logitLens(parts, new Map(Object.entries(vectors)), { words: 5, ...(wordOf && { wordOf }) })
  }
  const planted = plantedDirection(SPEC, 'desperate')

  test('the planted direction names the word that it makes likelier; turned round, it stands last', () => {
    const lens = lensOf({ desperate: planted, turned: planted.map((v) => -v) })
    const { up, down } = lens.get('desperate')!
    expect(up[0]!.text).toBe('threaten')
    expect(up[0]!.z).toBeGreaterThan(5)
    expect(lens.get('turned')!.down[0]).toEqual({ text: 'threaten', z: -up[0]!.z })
    expect(down.map((w) => w.text)).not.toContain('threaten')
  })

  test('a vector that the head does not read names nothing in particular', () => {
    const { up } = lensOf({ calm: plantedDirection(SPEC, 'calm') }).get('calm')!
    expect(up.every(({ z }) => Math.abs(z) < 1e-6)).toBe(true)
  })

  test('words are distinct, hold a letter and are not special', () => {
    const { width } = organismWidth()
    const { up, down } = lensOf({ random: randomUnit('lens', width) }).get('random')!
    for (const words of [up, down]) {
      expect(new Set(words.map((w) => w.text.toLowerCase())).size).toBe(5)
      for (const { text } of words) expect(text).toMatch(/\p{L}/u)
      for (const { text } of words) expect(text).not.toContain('<|im_')
    }
    expect(up.map((w) => w.z)).toEqual(up.map((w) => w.z).toSorted((a, b) => b - a))
  })

  test('where a space marks the beginnings of words, pieces from inside are left out', () => {
    const words = Array.from({ length: 80 }, (_, i) => ` word${i}`)
    using file = organismFile({ type, words })
    using gguf = openGguf(file.path)
    const random = randomUnit('lens', file.width)
    const { up, down } = logitLens({ gguf, tokenizer: createTokenizer(gguf.metadata) }, new Map([['v', random]])).get(
      'v',
    )!
    for (const { text } of [...up, ...down]) expect(text).toMatch(/^word\d+$/)
  })

  test('the rank of the own word: the first where the direction is planted, none where there is no word', () => {
    const branch = { bad: [' threaten'], good: [' ask'] }
    using file = organismFile({ type, turns: [['I', branch]] })
    using gguf = openGguf(file.path)
    const parts = { gguf, tokenizer: createTokenizer(gguf.metadata) }
    const direction = plantedDirection({ ...SPEC, turns: [['I', branch]] }, 'desperate')
    const vectors = new Map([
      ['threaten', direction],
      ['nameless', direction],
    ])
    const lens = logitLens(parts, vectors, { wordOf: (name) => (name === 'nameless' ? undefined : name) })
    expect(lens.get('threaten')!.ownRank).toBe(1)
    expect(lens.get('nameless')!.ownRank).toBeNull()
  })
})

function organismWidth(): { width: number } {
  using file = organismFile()
  return { width: file.width }
}
