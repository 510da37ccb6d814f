import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { InputError } from '../errors.ts'

/** Float32 tensors by name with text metadata, in the safetensors layout: u64 header length, JSON header, data. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>
}

const size = z.number().int().min(0)
const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(size).max(8),
  data_offsets: z.tuple([size, size]),
})
type HeaderEntry = z.infer<typeof headerEntry>

/** What the format allows. */
const MAX_HEADER = 100 << 20
/** A set of 171 vectors with its texts has some 100 MB; a model's weights are no vectors. */
const MAX_FILE = 2 ** 31 - 1

/** Writes aside and renames; same content, same bytes (names sorted, header padded to 8 bytes). */
export function writeSafetensors(path: string, file: SafetensorsFile): void {
  const names = Object.keys(file.tensors).toSorted()
  const header: Record<string, unknown> = { __metadata__: file.metadata }
  let offset = 0
  for (const name of names) {
    const { shape, data } = file.tensors[name]!
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const json = Buffer.from(JSON.stringify(header))
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  const data = names.map((name) => {
    const values = file.tensors[name]!.data
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  })
  const temporary = `${path}.${randomUUID()}.tmp`
  writeFileSync(temporary, Buffer.concat([length, padded, ...data]))
  renameSync(temporary, path)
}

/** Errors: InputError naming the file and what does not fit. */
export function readSafetensors(path: string): SafetensorsFile {
  const bytes = readWhole(path)
  const { header, dataStart } = readHeader(path, bytes)
  const { __metadata__: metadata = {}, ...entries } = header
  const texts = z.record(z.string(), z.string()).safeParse(metadata)
  if (!texts.success) throw new InputError(`${path}: not a safetensors file: its metadata are no texts`)
  const tensors = Object.entries(entries).map(([name, value]) => {
    const entry = headerEntry.safeParse(value)
    if (!entry.success)
      throw new InputError(
        `${path}: the header says nothing sound of tensor ${JSON.stringify(name.slice(0, 80))}: expected dtype, shape and data_offsets`,
      )
    return [name, readTensor(path, bytes, { name, entry: entry.data, dataStart })] as const
  })
  return { metadata: texts.data, tensors: Object.fromEntries(tensors) }
}

function readWhole(path: string): Buffer {
  try {
    const { size: length } = statSync(path)
    if (length > MAX_FILE) throw new InputError(`${path}: has ${length} bytes, more than a file of vectors can have`)
    return readFileSync(path)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`${path}: cannot be read (${(cause as Error).message})`, { cause })
  }
}

function readHeader(path: string, bytes: Buffer): { header: Record<string, unknown>; dataStart: number } {
  const length = bytes.length >= 8 ? Number(bytes.readBigUInt64LE(0)) : Number.NaN
  if (!(length <= Math.min(MAX_HEADER, bytes.length - 8)))
    throw new InputError(`${path}: not a safetensors file: its header is cut off`)
  const header = z.record(z.string(), z.unknown()).safeParse(jsonOf(path, bytes.toString('utf8', 8, 8 + length)))
  if (!header.success) throw new InputError(`${path}: not a safetensors file: its header is no JSON object`)
  return { header: header.data, dataStart: 8 + length }
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError(`${path}: not a safetensors file: its header is no JSON`, { cause })
  }
}

function readTensor(
  path: string,
  bytes: Buffer,
  at: { name: string; entry: HeaderEntry; dataStart: number },
): { shape: readonly number[]; data: Float32Array } {
  const { name, entry, dataStart } = at
  const count = entry.shape.reduce((a, b) => a * b, 1)
  const [from, to] = entry.data_offsets
  if (entry.dtype !== 'F32') throw new InputError(`${path}: tensor ${name} has type ${entry.dtype}, expected F32`)
  if (to - from !== count * 4 || from < 0 || dataStart + to > bytes.length) {
    throw new InputError(
      `${path}: tensor ${name} does not fit its shape ${entry.shape.join('×')}: the file is cut off or corrupt`,
    )
  }
  const data = new Float32Array(count)
  new Uint8Array(data.buffer).set(bytes.subarray(dataStart + from, dataStart + to))
  return { shape: entry.shape, data }
}
