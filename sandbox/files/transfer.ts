import { readSync, writeSync } from 'node:fs'
import { statOf } from './descriptor.ts'
import { refusal } from './refusal.ts'

/** A file of no more than `maxBytes`, all of it. The size is asked first: a sparse file may claim any. Throws SandboxPathError (`too-large`). */
export function readUpTo(file: number, path: string, maxBytes: number): Uint8Array {
  const { size } = statOf(file)
  if (size > maxBytes)
    throw refusal('too-large', path, `it has ${size} bytes, more than the ${maxBytes} that may be read`)
  const data = Buffer.alloc(size)
  let filled = 0
  while (filled < size) {
    const count = readSync(file, data, filled, size - filled, filled)
    if (count === 0) break
    filled += count
  }
  return data.subarray(0, filled)
}

/** Writes all of it: one call of write(2) may take less. */
export function writeAll(file: number, data: Uint8Array): void {
  let written = 0
  while (written < data.length) written += writeSync(file, data, written, data.length - written, written)
}
