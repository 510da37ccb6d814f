import { createHash } from 'node:crypto'

/** Two 32-bit words: the key of a stream of random numbers. */
export type RandomKey = readonly [number, number]

/** A place in a stream of random numbers: four 32-bit words. */
export type Counter = readonly [number, number, number, number]

/**
 * Philox 4x32-10 (Salmon et al., SC 2011, "Parallel random numbers: as easy as 1, 2, 3"): four 32-bit words from a counter and a key.
 * A draw depends on nothing but its arguments: not on what was drawn before, nor on batch, order or thread.
 */
export function philox(counter: Counter, key: RandomKey, out: Uint32Array = new Uint32Array(4)): Uint32Array {
  let c0 = counter[0] | 0
  let c1 = counter[1] | 0
  let c2 = counter[2] | 0
  let c3 = counter[3] | 0
  let k0 = key[0] | 0
  let k1 = key[1] | 0
  for (let round = 0; round < 10; round++) {
    const h0 = highWord(0xd2511f53, c0)
    const l0 = Math.imul(0xd2511f53, c0)
    const h1 = highWord(0xcd9e8d57, c2)
    const l1 = Math.imul(0xcd9e8d57, c2)
    c0 = h1 ^ c1 ^ k0
    c1 = l1
    c2 = h0 ^ c3 ^ k1
    c3 = l0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
  return out
}

/** High 32 bits of the unsigned 64-bit product, from 16-bit halves in integer arithmetic. */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const low = Math.imul(aLow, bLow)
  const cross1 = Math.imul(aLow, bHigh)
  const cross2 = Math.imul(aHigh, bLow)
  const middle = (low >>> 16) + (cross1 & 0xffff) + (cross2 & 0xffff)
  return (Math.imul(aHigh, bHigh) + (cross1 >>> 16) + (cross2 >>> 16) + (middle >>> 16)) | 0
}

/** A key from anything that names a stream: the first 64 bits of the SHA-256 of its JSON. */
export function keyOf(...parts: readonly (string | number | boolean)[]): RandomKey {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest()
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)]
}

/** Uniform number in (0, 1), never 0 or 1. */
export const uniform = (word: number): number => ((word >>> 0) + 0.5) / 4_294_967_296

/** `count` standard normal numbers of a stream (Box and Muller 1958). */
export function normals(key: RandomKey, count: number): Float64Array {
  const out = new Float64Array(count)
  const words = new Uint32Array(4)
  for (let i = 0; i < count; i += 2) {
    philox([i, 0, 0, 0], key, words)
    const radius = Math.sqrt(-2 * Math.log(uniform(words[0]!)))
    const angle = 2 * Math.PI * uniform(words[1]!)
    out[i] = radius * Math.cos(angle)
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle)
  }
  return out
}

/** The numbers 0 … count−1 in a random order (Fisher and Yates). */
export function permutation(key: RandomKey, count: number): number[] {
  const out = Array.from({ length: count }, (_, i) => i)
  const words = new Uint32Array(4)
  for (let i = count - 1; i > 0; i--) {
    philox([i, 1, 0, 0], key, words)
    const j = Math.floor(uniform(words[0]!) * (i + 1))
    ;[out[i], out[j]] = [out[j]!, out[i]!]
  }
  return out
}
