import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { readCursor, type Cursor } from './gguf-cursor.ts'
import { type GgufValue, type TensorInfo, TENSOR_TYPES, tensorBytes, tensorTypeOf } from './gguf-types.ts'
import { printable, shown } from './printable.ts'

/** An open GGUF file: metadata in memory, tensor bytes read on demand. */
export interface Gguf extends Disposable {
  readonly path: string
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** Number of each value's type in the file; values of several types read alike. */
  readonly metadataTypes: ReadonlyMap<string, number>
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** Raw bytes of `rows` matrix rows from `firstRow` on (the whole tensor by default). */
  read(name: string, firstRow?: number, rows?: number): Uint8Array<ArrayBuffer>
}

/** A model file has a few hundred tensors and a few dozen keys; the limits only stop lying headers. */
const MAX_TENSORS = 65_536
const MAX_KEYS = 65_536
/** GGUF's own limit. */
const MAX_NAME_BYTES = 64

/**
 * Opens a GGUF file (versions 2 and 3, little endian) and checks every offset against the file's size before anything is allocated.
 * Errors: InputError naming the file and what is wrong with it.
 */
export function openGguf(path: string): Gguf {
  const fd = open(path)
  try {
    const size = fstatSync(fd).size
    const cursor = readCursor(fd, size, path)
    const header = readHeader(cursor, size, path)
    return { path, ...header, read: reader(fd, path, header.tensors), [Symbol.dispose]: closeOnce(fd) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** A number closed twice might by then be another file's. */
function closeOnce(fd: number): () => void {
  let isOpen = true
  return () => {
    if (isOpen) closeSync(fd)
    isOpen = false
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw new InputError(`${path}: cannot be opened as a model file (${(cause as Error).message})`, { cause })
  }
}

function readHeader(cursor: Cursor, size: number, path: string) {
  const magic = cursor.bytes(4)
  if (Buffer.from(magic).toString('latin1') !== 'GGUF') {
    throw new InputError(
      `${path}: expected a GGUF file (starting with "GGUF"), got ${shown(Buffer.from(magic).toString('latin1'))}`,
    )
  }
  const version = cursor.u32()
  if (version !== 2 && version !== 3) throw new InputError(`${path}: expected GGUF version 2 or 3, got ${version}`)
  const tensorCount = cursor.count('tensors', MAX_TENSORS)
  const keyCount = cursor.count('metadata keys', MAX_KEYS)
  const metadata = new Map<string, GgufValue>()
  const metadataTypes = new Map<string, number>()
  for (let i = 0; i < keyCount; i++) {
    const key = cursor.string()
    const type = cursor.u32()
    metadataTypes.set(key, type)
    metadata.set(key, cursor.value(type))
  }
  const tensors = readTensorTable(cursor, { tensorCount, alignment: alignmentOf(metadata, path), size, path })
  return { metadata, metadataTypes, tensors }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, path: string): number {
  const alignment = metadata.get('general.alignment') ?? 32
  const isPowerOfTwo =
    typeof alignment === 'number' && alignment >= 8 && alignment <= 65_536 && Number.isInteger(Math.log2(alignment))
  if (!isPowerOfTwo)
    throw new InputError(`${path}: general.alignment must be a power of two from 8 to 65536, got ${shown(alignment)}`)
  return alignment
}

function readTensorTable(
  cursor: Cursor,
  { tensorCount, alignment, size, path }: { tensorCount: number; alignment: number; size: number; path: string },
): Map<string, TensorInfo> {
  const entries: TensorInfo[] = []
  for (let i = 0; i < tensorCount; i++) entries.push(readTensorEntry(cursor, path))
  const base = Math.ceil(cursor.position / alignment) * alignment
  const tensors = new Map<string, TensorInfo>()
  for (const entry of entries) {
    const placed = { ...entry, offset: base + entry.offset }
    if (placed.offset + placed.bytes > size) {
      throw new InputError(
        `${path}: tensor ${printable(entry.name)} ends at byte ${placed.offset + placed.bytes}, but the file has ${size} bytes: it is cut off or corrupt; pull it again`,
      )
    }
    if (tensors.has(entry.name)) throw new InputError(`${path}: tensor ${printable(entry.name)} is named twice`)
    tensors.set(entry.name, placed)
  }
  refuseOverlap([...tensors.values()], path)
  return tensors
}

function readTensorEntry(cursor: Cursor, path: string): TensorInfo {
  const name = cursor.string("length of a tensor's name", MAX_NAME_BYTES)
  const title = printable(name)
  const rank = cursor.u32()
  if (rank < 1 || rank > 4) throw new InputError(`${path}: tensor ${title} has ${rank} dimensions, expected 1 to 4`)
  const dims = Array.from({ length: rank }, () => cursor.count(`elements of ${title}`, 2 ** 40))
  const typeId = cursor.u32()
  const type = tensorTypeOf(typeId)
  if (!type) {
    const known = Object.keys(TENSOR_TYPES).join(', ')
    throw new InputError(
      `${path}: tensor ${title} has type ${typeId}, which duress does not read; known types: ${known}`,
    )
  }
  const offset = cursor.count(`offset of ${title}`, 2 ** 48)
  const elements = dims.reduce((a, b) => a * b, 1)
  if (dims[0]! % TENSOR_TYPES[type].block !== 0 || elements === 0 || elements > 2 ** 40) {
    throw new InputError(
      `${path}: tensor ${title} has dimensions ${dims.join('×')}, not a whole number of ${type} blocks`,
    )
  }
  return { name, type, dims, offset, bytes: tensorBytes(type, elements) }
}

function refuseOverlap(tensors: readonly TensorInfo[], path: string): void {
  const sorted = tensors.toSorted((a, b) => a.offset - b.offset)
  for (const [i, tensor] of sorted.entries()) {
    const next = sorted[i + 1]
    if (next && tensor.offset + tensor.bytes > next.offset) {
      throw new InputError(
        `${path}: tensors ${printable(tensor.name)} and ${printable(next.name)} overlap: the file is corrupt`,
      )
    }
  }
}

function reader(fd: number, path: string, tensors: ReadonlyMap<string, TensorInfo>) {
  return (name: string, firstRow = 0, rows?: number): Uint8Array<ArrayBuffer> => {
    const tensor = tensors.get(name)
    if (!tensor) throw new InputError(`${path}: tensor ${name} is missing`)
    const rowBytes = tensorBytes(tensor.type, tensor.dims[0]!)
    const length = rows === undefined ? tensor.bytes - firstRow * rowBytes : rows * rowBytes
    if (firstRow < 0 || length <= 0 || firstRow * rowBytes + length > tensor.bytes) {
      throw new RangeError(`rows ${firstRow}..${firstRow + (rows ?? 0)} of ${name} are outside the tensor`)
    }
    const out = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const got = readSync(fd, out, done, Math.min(length - done, 1 << 30), tensor.offset + firstRow * rowBytes + done)
      if (got === 0) throw new InputError(`${path}: the file ends inside tensor ${name}; pull it again`)
      done += got
    }
    return out
  }
}
