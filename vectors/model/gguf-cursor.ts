import { readSync } from 'node:fs'
import { InputError } from '../errors.ts'
import type { GgufValue } from './gguf-types.ts'

/** Reads the header front to back through a window, so that memory stays bounded whatever the header claims. */
export interface Cursor {
  readonly position: number
  bytes(length: number): Uint8Array
  u32(): number
  /** An unsigned 64-bit number that must not exceed `max`. */
  count(what: string, max: number): number
  string(): string
  value(type: number): GgufValue
}

/** The longest string that real files hold is a chat template of some 20 kB; tokenizer lists have up to 300,000 entries. */
const MAX_STRING = 8 << 20
const MAX_ARRAY = 16 << 20
const MAX_DEPTH = 2
const WINDOW = 1 << 20

/** `ignoreBOM` keeps a leading U+FEFF: some vocabularies have tokens that start with it. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

const SCALARS: Readonly<Record<number, { size: number; read: (view: DataView) => GgufValue }>> = {
  0: { size: 1, read: (v) => v.getUint8(0) },
  1: { size: 1, read: (v) => v.getInt8(0) },
  2: { size: 2, read: (v) => v.getUint16(0, true) },
  3: { size: 2, read: (v) => v.getInt16(0, true) },
  4: { size: 4, read: (v) => v.getUint32(0, true) },
  5: { size: 4, read: (v) => v.getInt32(0, true) },
  6: { size: 4, read: (v) => v.getFloat32(0, true) },
  7: { size: 1, read: (v) => v.getUint8(0) !== 0 },
  10: { size: 8, read: (v) => narrow(v.getBigUint64(0, true)) },
  11: { size: 8, read: (v) => narrow(v.getBigInt64(0, true)) },
  12: { size: 8, read: (v) => v.getFloat64(0, true) },
}
const STRING = 8
const ARRAY = 9

const narrow = (value: bigint): number | bigint =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value

export function readCursor(fd: number, size: number, path: string): Cursor {
  let window = new Uint8Array(0)
  let windowStart = 0
  let position = 0

  const take = (length: number): Uint8Array => {
    if (position + length > size) {
      throw new InputError(
        `${path}: the header ends early at byte ${size} (${length} bytes wanted at ${position}): cut off or corrupt; pull it again`,
      )
    }
    if (position < windowStart || position + length > windowStart + window.length) {
      window = new Uint8Array(Math.min(Math.max(length, WINDOW), size - position))
      windowStart = position
      let done = 0
      while (done < window.length) {
        const got = readSync(fd, window, done, window.length - done, position + done)
        if (got === 0) throw new InputError(`${path}: the file became shorter while it was read`)
        done += got
      }
    }
    const out = window.subarray(position - windowStart, position - windowStart + length)
    position += length
    return out
  }
  const view = (length: number): DataView => {
    const bytes = take(length)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  const count = (what: string, max: number): number => {
    const value = view(8).getBigUint64(0, true)
    if (value > BigInt(max))
      throw new InputError(
        `${path}: ${what}: ${value} is more than duress accepts (${max}); the file is corrupt or hostile`,
      )
    return Number(value)
  }
  const string = (): string => utf8.decode(take(count('length of a string', Math.min(MAX_STRING, size))))

  const value = (type: number, depth = 0): GgufValue => {
    const scalar = SCALARS[type]
    if (scalar) return scalar.read(view(scalar.size))
    if (type === STRING) return string()
    if (type !== ARRAY || depth >= MAX_DEPTH) {
      throw new InputError(`${path}: metadata value of type ${type} at byte ${position} is not one that GGUF defines`)
    }
    return array(depth)
  }
  const array = (depth: number): GgufValue => {
    const itemType = view(4).getUint32(0, true)
    const length = count('length of a list', MAX_ARRAY)
    const itemSize = SCALARS[itemType]?.size ?? 8
    if (length * itemSize > size - position) {
      throw new InputError(`${path}: a list claims ${length} entries, more than the file can hold; cut off or corrupt`)
    }
    if (itemType === 5) return Int32Array.from({ length }, () => view(4).getInt32(0, true))
    if (itemType === 6) return Float32Array.from({ length }, () => view(4).getFloat32(0, true))
    return Array.from({ length }, () => value(itemType, depth + 1))
  }

  return {
    get position() {
      return position
    },
    bytes: take,
    u32: () => view(4).getUint32(0, true),
    count,
    string,
    value,
  }
}
