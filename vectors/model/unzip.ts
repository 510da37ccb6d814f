import { crc32 } from 'node:zlib'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { InfraError } from '../errors.ts'

/**
 * Bytes of one member of a zip file (stored or deflated, zip64 too), as a stream. Without `member`: the only .gguf in it.
 * Throws InfraError when the member is missing or its CRC-32 is wrong; the CRC is known only after the last byte.
 */
export async function* readMember(
  zipPath: string,
  member: string | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const zip = await openPromise(zipPath, { lazyEntries: true, autoClose: false })
  try {
    const entry = await findEntry(zip, member)
    const stream = await zip.openReadStreamPromise(entry)
    let crc = 0
    for await (const chunk of stream) {
      const bytes = chunk as Buffer
      crc = crc32(bytes, crc)
      yield bytes
    }
    if (crc !== entry.crc32) {
      throw new InfraError(
        `${entry.fileName} in ${zipPath}: CRC-32 is ${hex(crc)}, the archive says ${hex(entry.crc32)}`,
      )
    }
  } finally {
    zip.close()
  }
}

async function findEntry(zip: ZipFile, member: string | undefined): Promise<Entry> {
  const names: string[] = []
  const matches: Entry[] = []
  for await (const entry of zip.eachEntry()) {
    names.push(entry.fileName)
    if (member === undefined ? entry.fileName.endsWith('.gguf') : entry.fileName === member) matches.push(entry)
  }
  const [found] = matches
  if (found !== undefined && matches.length === 1) return found
  throw new InfraError(
    `expected ${member ?? 'exactly one .gguf'} in the archive, found ${matches.length} such among: ${shorten(names)}`,
  )
}

function shorten(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}
