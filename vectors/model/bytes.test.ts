import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeChunks, fromByteLevel, toByteLevel, utf8Bytes } from './bytes.ts'

const anyText = fc.string({ unit: 'binary' })

test.each([
  [' hello', 'Ġhello'],
  ['\n', 'Ċ'],
  ['é', 'Ã©'],
  ['\u00ad', 'ÂŃ'],
])('spells %j as the byte-level text %j', (text, spelled) => {
  expect(toByteLevel(text)).toBe(spelled)
})

test('byte-level spelling and reading are inverse', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(fromByteLevel(toByteLevel(text))).toEqual(utf8Bytes(text))
    }),
  )
})

test('a character outside the table is no byte', () => {
  expect(fromByteLevel('a b')).toBeUndefined()
  expect(fromByteLevel('日')).toBeUndefined()
})

test('text cut anywhere comes back whole, a leading U+FEFF included', () => {
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(40)), (text, cuts) => {
      const bytes = utf8Bytes(`\ufeff${text}`)
      const places = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, i) => bytes.slice(places[i], end))
      expect(decodeChunks(chunks).join('')).toBe(`\ufeff${text}`)
    }),
  )
})

test('a split character goes to the chunk that completes it', () => {
  const [a = 0, b = 0, c = 0] = utf8Bytes('→')
  expect(decodeChunks([Uint8Array.of(0x78, a), Uint8Array.of(b), Uint8Array.of(c, 0x79)])).toEqual(['x', '', '→y'])
})

test('an unfinished character at the end becomes U+FFFD', () => {
  expect(decodeChunks([Uint8Array.of(0x78), Uint8Array.of(0xe2, 0x86)])).toEqual(['x', '\ufffd'])
  expect(decodeChunks([])).toEqual([])
})
