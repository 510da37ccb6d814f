import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SandboxPathError } from '../errors.ts'
import { decodeName, encodeName, partsOf } from './path-bytes.ts'
import { nameBytes } from './test/trees.ts'

describe('names', () => {
  test('of any bytes become strings from which the same bytes come back', () => {
    fc.assert(
      fc.property(nameBytes, (bytes) => {
        expect([...encodeName(decodeName(bytes), '')]).toEqual([...bytes])
      }),
    )
  })

  test('that are UTF-8 are shown as they are, and no two names look the same', () => {
    expect(decodeName(Buffer.from('naïve 😀 \ufeff'))).toBe('naïve 😀 \ufeff')
    expect(decodeName(Buffer.from([0x61, 0xff, 0xc3, 0xa9]))).toBe('a\udcffé')
    fc.assert(
      fc.property(nameBytes, nameBytes, (a, b) => {
        expect(decodeName(a) === decodeName(b)).toBe(Buffer.compare(a, b) === 0)
      }),
    )
  })
})

describe('partsOf', () => {
  test.each([
    ['a', ['a']],
    ['a/b.txt', ['a', 'b.txt']],
    ['./a//b/.', ['a', 'b']],
    ['...', ['...']],
    ['a\\..\\b', ['a\\..\\b']],
  ])('%j', (path, parts) => {
    expect(partsOf(path).map(decodeName)).toEqual(parts)
  })

  test.each(['', '.', '/', '/etc/passwd', '..', 'a/..', 'a/../../b', '../a', 'a\0', '\ud800', '\udcc3\udca9'])(
    'refuses %j',
    (path) => {
      expect(() => partsOf(path)).toThrow(expect.objectContaining({ code: 'bad-path', path }))
    },
  )

  test('gives no component that leads elsewhere, or refuses', () => {
    const piece = fc.constantFrom('..', '.', '', 'a', '/', '\0', 'b', '...', '\udcff')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.constantFrom('/', ''), (pieces, separator) => {
        const parts = partsOrRefused(pieces.join(separator))
        for (const part of parts) expect(part.toString('latin1')).toMatch(/^(?!\.{1,2}$)[^/\0]+$/s)
      }),
    )
  })
})

function partsOrRefused(path: string): Buffer[] {
  try {
    return partsOf(path)
  } catch (error) {
    expect(error).toBeInstanceOf(SandboxPathError)
    return []
  }
}
