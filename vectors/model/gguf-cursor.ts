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
  string(what?: string, maxBytes?: number): string
  value(type: number): GgufValue
}

/** The longest string that real files hold is a chat template of some 20 kB; tokenizer lists have up to 450,000 entries. */
const MAX_STRING = 8 << 20
/** In all lists of the header together. */
const MAX_ENTRIES = 16 << 20
/** All strings of the header together; real ones take some 20 MiB. */
const MAX_TEXT = 64 << 20
/** What a string or a list takes beside what is in it. */
const OVERHEAD = 16
const MAX_DEPTH = 2
const WINDOW = 1 << 20
/** Numbers read at once. */
const PART = WINDOW / 8

/** `ignoreBOM` keeps a leading U+FEFF: some vocabularies have tokens that start with it. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

const SCALARS: Readonly<Record<number, { size: number; read: (view: DataView, at: number) => GgufValue }>> = {
  0: { size: 1, read: (v, at) => v.getUint8(at) },
  1: { size: 1, read: (v, at) => v.getInt8(at) },
  2: { size: 2, read: (v, at) => v.getUint16(at, true) },
  3: { size: 2, read: (v, at) => v.getInt16(at, true) },
  4: { size: 4, read: (v, at) => v.getUint32(at, true) },
  5: { size: 4, read: (v, at) => v.getInt32(at, true) },
  6: { size: 4, read: (v, at) => v.getFloat32(at, true) },
  7: { size: 1, read: (v, at) => v.getUint8(at) !== 0 },
  10: { size: 8, read: (v, at) => narrow(v.getBigUint64(at, true)) },
  11: { size: 8, read: (v, at) => narrow(v.getBigInt64(at, true)) },
  12: { size: 8, read: (v, at) => v.getFloat64(at, true) },
}
const STRING = 8
const ARRAY = 9

const narrow = (value: bigint): number | bigint =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value

export function readCursor(fd: number, size: number, path: string): Cursor {
  let window = new Uint8Array(0)
  let windowStart = 0
  let position = 0
  let text = 0
  let entries = 0

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
  const spendText = (bytes: number): void => {
    text += bytes + OVERHEAD
    if (text > MAX_TEXT)
      throw new InputError(
        `${path}: the header has more than ${MAX_TEXT >> 20} MiB of text; the file is corrupt or hostile`,
      )
  }
  const string = (what = 'length of a string', maxBytes = MAX_STRING): string => {
    const length = count(what, Math.min(maxBytes, size))
    spendText(length)
    return utf8.decode(take(length))
  }

  const value = (type: number, depth = 0): GgufValue => {
    const scalar = SCALARS[type]
    if (scalar) return scalar.read(view(scalar.size), 0)
    if (type === STRING) return string()
    if (type !== ARRAY || depth >= MAX_DEPTH) {
      throw new InputError(`${path}: metadata value of type ${type} at byte ${position} is not one that GGUF defines`)
    }
    return array(depth)
  }
  const array = (depth: number): GgufValue => {
    const itemType = view(4).getUint32(0, true)
    const length = count('length of a list', MAX_ENTRIES)
    const scalar = SCALARS[itemType]
    const itemSize = scalar?.size ?? 8
    if (length * itemSize > size - position) {
      throw new InputError(`${path}: a list claims ${length} entries, more than the file can hold; cut off or corrupt`)
    }
    entries += length
    if (entries > MAX_ENTRIES)
      throw new InputError(
        `${path}: the lists of the header have more than ${MAX_ENTRIES} entries; the file is corrupt or hostile`,
      )
    spendText(0)
    if (!scalar) return Array.from({ length }, () => value(itemType, depth + 1))
    const list = emptyList(itemType, length)
    const slots = list as GgufValue[]
    for (let done = 0; done < length;) {
      const part = view(Math.min(length - done, PART) * itemSize)
      for (let at = 0; at < part.byteLength; at += itemSize) slots[done++] = scalar.read(part, at)
    }
    return list
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

function emptyList(itemType: number, length: number): GgufValue[] | Int32Array | Float32Array {
  if (itemType === 5) return new Int32Array(length)
  return itemType === 6 ? new Float32Array(length) : Array.from<GgufValue>({ length })
}
