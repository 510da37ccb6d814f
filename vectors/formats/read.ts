import { closeSync, openSync, readSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { readControlVector } from './control-vector.ts'
import type { DirectionLimits, Directions } from './directions.ts'
import { readDirections } from './native.ts'
import { readNpz } from './npz.ts'

/**
 * Reads a file of vectors; its first bytes tell the format. Errors: InputError for a pickle (never read), for any other format, and for
 * everything that does not fit the model.
 */
export async function readVectorFile(path: string, limits: DirectionLimits): Promise<Directions> {
  const head = firstBytes(path)
  if (head.subarray(0, 4).toString('latin1') === 'GGUF') return readControlVector(path, limits)
  if (head.subarray(0, 2).toString('latin1') === 'PK') return readNpz(path, limits)
  // A safetensors header is JSON and begins after its length.
  if (head[8] === 0x7b) return readDirections(path, limits)
  if (head[0] === 0x80)
    throw new InputError(
      `${path}: is a pickle; a pickle can run code and is never read: save as safetensors, GGUF or npz instead`,
    )
  if (head.toString('latin1').startsWith('version '))
    throw new InputError(`${path}: is a pointer of Git LFS, not the file itself: run git lfs pull, or download it`)
  throw new InputError(
    `${path}: expected GGUF, npz or safetensors; it begins with ${JSON.stringify(head.toString('latin1'))}`,
  )
}

function firstBytes(path: string): Buffer {
  const head = Buffer.alloc(9)
  try {
    const fd = openSync(path, 'r')
    try {
      return head.subarray(0, readSync(fd, head, 0, head.length, 0))
    } finally {
      closeSync(fd)
    }
  } catch (cause) {
    throw new InputError(`${path}: cannot be read (${(cause as Error).message})`, { cause })
  }
}
