import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { captureText, createCapture } from './capture.ts'
import type { Capture } from './types.ts'

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const line = (unit: 'grapheme' | 'binary'): fc.Arbitrary<string> =>
  fc.string({ unit, maxLength: 60 }).map((text) => text.replaceAll('\n', ' '))
const sizeOf = (text: string): number => bytes(text).length

function captured(keepBytes: number, pushed: readonly Uint8Array[]): Capture {
  const sink = createCapture(keepBytes)
  for (const chunk of pushed) sink.push(chunk)
  return sink.result()
}

describe('createCapture', () => {
  test('keeps no more than asked for, the beginning and the end, and counts all', () => {
    fc.assert(
      fc.property(chunks, fc.nat(200), (pushed, keepBytes) => {
        const whole = Buffer.concat(pushed)
        const { head, tail, totalBytes } = captured(keepBytes, pushed)
        expect(totalBytes).toBe(whole.length)
        expect(head.length + tail.length).toBe(Math.min(keepBytes, whole.length))
        expect(whole.subarray(0, head.length).equals(head)).toBe(true)
        expect(whole.subarray(whole.length - tail.length).equals(tail)).toBe(true)
      }),
    )
  })

  test('does not depend on how a stream is cut into chunks', () => {
    fc.assert(
      fc.property(chunks, fc.nat(200), (pushed, keepBytes) => {
        expect(captured(keepBytes, pushed)).toEqual(captured(keepBytes, [Buffer.concat(pushed)]))
      }),
    )
  })

  test('holds its own copy: neither a reused chunk nor a later push changes a result', () => {
    const sink = createCapture(8)
    const chunk = bytes('abcdefgh')
    sink.push(chunk)
    const before = sink.result()
    chunk.fill(0)
    sink.push(bytes('XYZ'))
    expect(captureText(before)).toBe('abcdefgh')
    expect(captureText(sink.result())).toBe('abcd\n[… 3 bytes left out …]\nhXYZ')
  })
})

describe('captureText', () => {
  test('says how many bytes are missing between head and tail', () => {
    expect(captureText(captured(10, [bytes('one\ntwo\nthree\nfour\n')]))).toBe('one\nt\n[… 9 bytes left out …]\nfour\n')
  })

  test('shows a stream that fits as it is, whatever the bytes', () => {
    fc.assert(
      fc.property(chunks, (pushed) => {
        const whole = Buffer.concat(pushed)
        expect(captureText(captured(whole.length, pushed))).toBe(whole.toString('utf8'))
      }),
    )
  })

  test('replaces what is not UTF-8', () => {
    expect(captureText(captured(100, [Uint8Array.of(0x61, 0xff, 0x62, 0x00)]))).toBe('a\ufffdb\0')
  })

  test('does not show halves of characters at the cut', () => {
    fc.assert(
      fc.property(line('grapheme'), fc.nat(60), (text, keepBytes) => {
        const shown = captureText(captured(keepBytes, [bytes(text)]))
        expect(text.includes('\ufffd') || !shown.includes('\ufffd')).toBe(true)
        expect(missingIn(shown) + sizeOf(withoutNotice(shown))).toBe(sizeOf(text))
      }),
    )
  })

  test('holds maxChars, whatever was kept, and still counts what is left out of the stream', () => {
    fc.assert(
      fc.property(line('binary'), fc.nat(100), fc.nat(40), (text, keepBytes, maxChars) => {
        const shown = captureText(captured(keepBytes, [bytes(text)]), { maxChars })
        expect(withoutNotice(shown).length).toBeLessThanOrEqual(maxChars)
        expect(missingIn(shown) + sizeOf(withoutNotice(shown))).toBe(sizeOf(text))
      }),
    )
  })
})

const missingIn = (shown: string): number => Number(/\[… (\d+) bytes left out …\]/.exec(shown)?.[1] ?? 0)

/** Of a text without line breaks: the notice goes with the break that was put before it. */
const withoutNotice = (shown: string): string => shown.replace(/\n?\[… \d+ bytes left out …\]\n/, '')
