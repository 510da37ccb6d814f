import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

/** What an extraction has read so far, on disk: one record a text, only ever appended, so that a killed one goes on where it was. */
export interface Journal extends Disposable {
  /** Bytes found under this number when the journal was opened; undefined when there were none. */
  get(index: number): Uint8Array | undefined
  put(index: number, bytes: Uint8Array): void
}

/** u32 index, u32 length, bytes, u32 CRC-32 of all before. */
const HEAD = 8
const TAIL = 4

/**
 * Opens or begins a journal. A record that was cut off or damaged ends it: that one and all behind it are dropped and read again.
 * One process at a time may hold it. Errors: those of the file system.
 */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true })
  // Appending: two writers that meet in spite of the lock would add records, not overwrite them.
  const file = openSync(path, 'a+')
  const { records, length } = readRecords(readFileSync(file))
  ftruncateSync(file, length)
  return {
    get: (index) => records.get(index),
    put(index, bytes) {
      const record = recordOf(index, bytes)
      if (writeSync(file, record) !== record.length) throw new Error(`${path}: the disk took only a part of a record`)
    },
    [Symbol.dispose]: () => closeSync(file),
  }
}

function readRecords(file: Buffer): { readonly records: Map<number, Uint8Array>; readonly length: number } {
  const records = new Map<number, Uint8Array>()
  let at = 0
  while (at + HEAD + TAIL <= file.length) {
    const end = at + HEAD + file.readUInt32LE(at + 4)
    if (end + TAIL > file.length || file.readUInt32LE(end) !== crc32(file.subarray(at, end))) break
    records.set(file.readUInt32LE(at), file.subarray(at + HEAD, end))
    at = end + TAIL
  }
  return { records, length: at }
}

function recordOf(index: number, bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(HEAD + bytes.length + TAIL)
  out.writeUInt32LE(index, 0)
  out.writeUInt32LE(bytes.length, 4)
  out.set(bytes, HEAD)
  out.writeUInt32LE(crc32(out.subarray(0, HEAD + bytes.length)), HEAD + bytes.length)
  return out
}
