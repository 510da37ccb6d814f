import { SandboxPathError } from '../errors.ts'

/**
 * The components of a path below a work directory, as bytes. Absolute paths, `..`, NUL and the empty path are refused; `.` and doubled
 * slashes are dropped. Throws SandboxPathError.
 */
export function partsOf(path: string): Buffer[] {
  if (path.startsWith('/')) throw badPath(path, 'it is absolute')
  if (path.includes('\0')) throw badPath(path, 'it has a NUL character')
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw badPath(path, 'it has a "..", which may lead outside')
  if (names.length === 0) throw badPath(path, 'it names no file')
  return names.map((name) => encodeName(name, path))
}

const badPath = (path: string, why: string): SandboxPathError =>
  new SandboxPathError(
    'bad-path',
    path,
    `expected a path relative to the work directory, came ${JSON.stringify(path)}: ${why}`,
  )

/** A name, or what a link points to, as bytes; the inverse of `decodeName`. `path` is what an error speaks of. */
export function encodeName(name: string, path: string): Buffer {
  if (!/\p{Surrogate}/u.test(name)) return Buffer.from(name)
  const bytes = Buffer.concat(
    Array.from(name, (character) => {
      const code = character.codePointAt(0) ?? 0
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(character)
    }),
  )
  // One file, one path: escapes that together are a character, and other lone surrogates, have no place.
  if (decodeName(bytes) !== name) throw badPath(path, 'it is not well-formed Unicode')
  return bytes
}

/**
 * A file name as the kernel has it to a string from which the bytes can be had again: bytes that are not UTF-8 become lone surrogates
 * U+DC80 to U+DCFF (the way of Python's PEP 383).
 */
export function decodeName(bytes: Uint8Array): string {
  const plain = utf8(bytes)
  if (plain !== undefined) return plain
  let name = ''
  for (let at = 0; at < bytes.length;) {
    const { text, length } = characterAt(bytes, at)
    name += text
    at += length
  }
  return name
}

function characterAt(bytes: Uint8Array, at: number): { readonly text: string; readonly length: number } {
  for (let length = 1; length <= 4; length++) {
    const text = at + length <= bytes.length ? utf8(bytes.subarray(at, at + length)) : undefined
    if (text !== undefined) return { text, length }
  }
  return { text: String.fromCharCode(0xdc00 + (bytes[at] ?? 0)), length: 1 }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
