import { writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { InputError } from '../errors.ts'
import { checkDirection, type DirectionLimits, type Directions, keysByLayer } from './directions.ts'
import { decodeNpy, encodeNpy } from './npy.ts'

/** Writes vectors as numpy's `savez` does: an archive of arrays, `resid_post.N` for the block N. Same input, same bytes. */
export function writeNpz(path: string, layers: ReadonlyMap<number, Float32Array>): void {
  const sorted = [...layers].toSorted(([a], [b]) => a - b)
  writeFileSync(path, zipOf(sorted.map(([layer, vector]) => [`resid_post.${layer}.npy`, encodeNpy(vector)])))
}

/**
 * Reads vectors from an archive of numpy arrays, stored or deflated. Errors: InputError naming file and array; a pickle, PyTorch's among
 * them, is refused by name and never read.
 */
export async function readNpz(path: string, limits: DirectionLimits): Promise<Directions> {
  const zip = await sound(path, () => openPromise(path, { lazyEntries: true, autoClose: false }))
  try {
    const entries = await sound(path, () => arraysOf(path, zip))
    const keys = keysByLayer(path, [...entries.keys()], limits)
    const layers = new Map<number, Float32Array>()
    for (const [layer, key] of keys) {
      const bytes = await sound(path, () => readEntry(path, zip, { entry: entries.get(key)!, width: limits.width }))
      layers.set(layer, vectorOf(path, key, bytes, limits.width))
    }
    return { format: 'npz', layers, producer: 'numpy', notes: [] }
  } finally {
    zip.close()
  }
}

/** More arrays than any model has layers. */
const MOST_ENTRIES = 4096

async function arraysOf(path: string, zip: ZipFile): Promise<Map<string, Entry>> {
  const out = new Map<string, Entry>()
  let seen = 0
  for await (const entry of zip.eachEntry()) {
    if (++seen > MOST_ENTRIES)
      throw new InputError(`${path}: has more than ${MOST_ENTRIES} members: no file of vectors`)
    const { fileName } = entry
    if (/\.(pkl|pickle)$/.test(fileName))
      throw new InputError(
        `${path}: holds the pickle ${JSON.stringify(fileName.slice(0, 80))} (PyTorch saves so); a pickle can run code and is never read: save as safetensors, GGUF or npz`,
      )
    if (fileName.endsWith('.npy')) out.set(fileName.slice(0, -'.npy'.length), entry)
  }
  return out
}

/** A numpy header has at most 64 KiB in format 1. */
const MOST_HEADER = 65_536

async function readEntry(
  path: string,
  zip: ZipFile,
  { entry, width }: { entry: Entry; width: number },
): Promise<Uint8Array> {
  const { fileName, uncompressedSize } = entry
  const most = MOST_HEADER + width * 8
  if (uncompressedSize > most)
    throw new InputError(
      `${path}: ${fileName} has ${uncompressedSize} bytes, more than a vector of ${width} numbers can take: expected one vector a layer`,
    )
  const out: Buffer[] = []
  let size = 0
  let crc = 0
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > most) throw new InputError(`${path}: ${fileName} unpacks to more than it says`)
    crc = crc32(bytes, crc)
    out.push(bytes)
  }
  if (crc !== entry.crc32) throw new InputError(`${path}: ${fileName} does not fit its checksum: the file is corrupt`)
  return Buffer.concat(out)
}

function vectorOf(path: string, key: string, bytes: Uint8Array, width: number): Float32Array {
  const { shape, data } = decodeNpy(`${path}: ${key}`, bytes)
  if (shape.filter((size) => size !== 1).length > 1)
    throw new InputError(`${path}: ${key} has the shape (${shape.join(', ')}), expected one vector a layer`)
  return checkDirection(path, key, data, width)
}

/** What the zip reader throws is about the file. */
async function sound<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`${path}: cannot be read as an archive of arrays (${(cause as Error).message})`, { cause })
  }
}

/** A zip archive of stored members (APPNOTE 6.3: local headers, central directory, end record), dated to the format's first day. */
function zipOf(members: readonly (readonly [name: string, data: Buffer])[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, data] of members) {
    const local = Buffer.concat([SIGNATURE.local, commonHeader(name, data), Buffer.from(name), data])
    // Made by version 2.0; comment, disk, attributes: none.
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(SIGNATURE.central, Buffer.from([20, 0]), commonHeader(name, data), tail, Buffer.from(name))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(members.length, 4)
  end.writeUInt16LE(members.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, central, SIGNATURE.end, end])
}

const SIGNATURE = {
  local: Buffer.from([0x50, 0x4b, 3, 4]),
  central: Buffer.from([0x50, 0x4b, 1, 2]),
  end: Buffer.from([0x50, 0x4b, 5, 6]),
} as const

/** 1 January 1980. */
const FIRST_DAY = 0x21

function commonHeader(name: string, data: Buffer): Buffer {
  const out = Buffer.alloc(26)
  out.writeUInt16LE(20, 0)
  out.writeUInt16LE(FIRST_DAY, 8)
  out.writeUInt32LE(crc32(data), 10)
  out.writeUInt32LE(data.length, 14)
  out.writeUInt32LE(data.length, 18)
  out.writeUInt16LE(Buffer.byteLength(name), 22)
  return out
}
