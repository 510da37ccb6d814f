import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clean, displayWidth, pad, shorten, wrap, wrapParts } from './width.ts'

const words = fc.string({ unit: 'grapheme', maxLength: 60 })

describe('text in columns', () => {
  it.each([
    ['plain', 5],
    ['±.2 − × · …', 11],
    ['絶望', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['한국', 4],
    ['', 0],
  ])('%s takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns)
  })

  it('leaves nothing that steers a terminal', () => {
    expect(clean('\u001b[31mred\u001b[0m\r\n\u202eback\u0007 \ud800')).toBe('[31mred [0m back')
  })

  it('shortens to the width, and only what is too long', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (text, width) => {
        const short = shorten(text, width)
        expect(displayWidth(short)).toBeLessThanOrEqual(width)
        if (displayWidth(text) <= width) expect(short).toBe(text)
      }),
    )
    expect(shorten('effect, not specific', 11)).toBe('effect, no…')
  })

  it('pads to the width on the side that was asked for', () => {
    expect(pad('絶望', 6, 'right')).toBe('  絶望')
    expect(pad('long', 2, 'left')).toBe('long')
  })

  it('wraps without losing or adding a letter', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 30 }), (text, width) => {
        const lines = wrap(clean(text), width)
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(clean(text).replaceAll(' ', ''))
      }),
    )
  })

  it('breaks between parts before it breaks inside one', () => {
    expect(wrapParts(['one two', 'three four', 'five'], ' · ', 12)).toEqual(['one two', 'three four', 'five'])
    expect(wrapParts(['one two', 'three four', 'five'], ' · ', 20)).toEqual(['one two · three four', 'five'])
    expect(wrap('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl'])
  })
})
