import type { Capture } from './types.ts'

export interface CaptureSink {
  push(chunk: Uint8Array): void
  /** What was kept so far; later pushes do not change it. */
  result(): Capture
}

/**
 * Keeps the first and the last half of a stream, `keepBytes` together, however much comes. A stream that fits is kept whole:
 * head and tail side by side are then the stream.
 */
export function createCapture(keepBytes: number): CaptureSink {
  const headBytes = Math.ceil(keepBytes / 2)
  const tailBytes = keepBytes - headBytes
  const head: Uint8Array[] = []
  // A ring: the oldest byte lies at `next` once the ring is full.
  let ring = new Uint8Array(0)
  let next = 0
  let inHead = 0
  let total = 0

  return {
    push(chunk) {
      total += chunk.length
      const first = chunk.slice(0, headBytes - inHead)
      if (first.length > 0) head.push(first)
      inHead += first.length
      const rest = chunk.subarray(Math.max(first.length, chunk.length - tailBytes))
      if (rest.length === 0) return
      // Most commands print little: the ring is made when it is needed.
      if (ring.length === 0) ring = new Uint8Array(tailBytes)
      const untilWrap = rest.subarray(0, tailBytes - next)
      ring.set(untilWrap, next)
      ring.set(rest.subarray(untilWrap.length), 0)
      next = (next + rest.length) % tailBytes
    },
    result: () => ({
      head: Buffer.concat(head),
      tail:
        total - inHead > tailBytes
          ? Buffer.concat([ring.subarray(next), ring.subarray(0, next)])
          : ring.slice(0, total - inHead),
      totalBytes: total,
    }),
  }
}

/**
 * A stream as text: what is not UTF-8 becomes U+FFFD, and where bytes are missing stands a line that says how many.
 * `maxChars` leaves out more of the middle; it is held in bytes of UTF-8, which are never fewer than characters.
 */
export function captureText(capture: Capture, options: { readonly maxChars?: number } = {}): string {
  const { head, tail, totalBytes } = shortened(capture, options.maxChars ?? Infinity)
  const leftOut = totalBytes - head.length - tail.length
  if (leftOut === 0) return decode(Buffer.concat([head, tail]))
  const wholeHead = head.subarray(0, head.length - cutAtEnd(head))
  const wholeTail = tail.subarray(cutAtStart(tail))
  const missing = totalBytes - wholeHead.length - wholeTail.length
  const before = decode(wholeHead)
  const newline = before === '' || before.endsWith('\n') ? '' : '\n'
  return `${before}${newline}[… ${missing} bytes left out …]\n${decode(wholeTail)}`
}

function shortened(capture: Capture, maxBytes: number): Capture {
  const { head, tail, totalBytes } = capture
  if (head.length + tail.length <= maxBytes) return capture
  const whole = head.length + tail.length === totalBytes ? Buffer.concat([head, tail]) : undefined
  const headBytes = Math.ceil(maxBytes / 2)
  const tailBytes = maxBytes - headBytes
  const end = whole ?? tail
  return {
    head: (whole ?? head).subarray(0, headBytes),
    tail: end.subarray(Math.max(0, end.length - tailBytes)),
    totalBytes,
  }
}

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

/** How many bytes at the end are the beginning of a character that was cut. */
function cutAtEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (isContinuation(byte)) continue
    return sequenceLength(byte) > back ? back : 0
  }
  return 0
}

/** How many bytes at the start are the end of a character that was cut. */
function cutAtStart(bytes: Uint8Array): number {
  let skip = 0
  while (skip < Math.min(3, bytes.length) && isContinuation(bytes[skip] ?? 0)) skip++
  return skip
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80

/** Bytes of the character that a byte begins (RFC 3629). */
function sequenceLength(byte: number): number {
  if (byte >= 0xf0 && byte <= 0xf4) return 4
  if (byte >= 0xe0 && byte < 0xf0) return 3
  return byte >= 0xc2 && byte < 0xe0 ? 2 : 1
}
