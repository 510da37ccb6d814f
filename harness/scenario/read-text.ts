import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { InputError } from '../errors.ts'
import { closest } from '../suggest.ts'

/** A scenario of our size has some 20 KB; beyond this it is the wrong file. */
const mostBytes = 2 ** 20

/**
 * The UTF-8 text of a file, without a byte order mark.
 * @throws InputError for a file that is not there, not readable, too large or not UTF-8
 */
export function readText(path: string): string {
  const bytes = readBytes(path)
  const { length } = bytes
  if (length > mostBytes) throw new InputError(`${path}: expected at most ${mostBytes} bytes, got ${length}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new InputError(`${path}: expected UTF-8 text, got other bytes; save the file as UTF-8`, { cause })
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'an error'
    const near = code === 'ENOENT' ? closest(basename(path), namesBeside(path)) : undefined
    const hint = near === undefined ? '' : `; did you mean "${near}"?`
    throw new InputError(`${path}: expected a readable YAML file, got ${code}${hint}`, { cause })
  }
}

function namesBeside(path: string): string[] {
  try {
    return readdirSync(dirname(path)).filter((name) => name.endsWith('.yaml'))
  } catch {
    return []
  }
}
