import { InputError } from '../errors.ts'
import { HALF } from '../model/float16.ts'

/** A numpy array of floats. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** `\x93NUMPY`, see numpy.lib.format. */
const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59])

/** The bytes of a one-dimensional fp32 array in format 1.0; numpy wants the data to begin at a multiple of 64. */
export function encodeNpy(vector: Float32Array): Buffer {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${vector.length},), }`
  const padding = (64 - ((MAGIC.length + 4 + dictionary.length + 1) % 64)) % 64
  const header = Buffer.from(`${dictionary}${' '.repeat(padding)}\n`)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  const data = Buffer.alloc(vector.length * 4)
  for (const [i, value] of vector.entries()) data.writeFloatLE(value, i * 4)
  return Buffer.concat([MAGIC, Buffer.from([1, 0]), length, header, data])
}

interface Element {
  readonly bytes: number
  readonly read: (view: DataView, at: number) => number
}

const ELEMENTS: Readonly<Record<string, Element>> = {
  '<f2': { bytes: 2, read: (view, at) => HALF[view.getUint16(at, true)]! },
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  '>f4': { bytes: 4, read: (view, at) => view.getFloat32(at, false) },
  '>f8': { bytes: 8, read: (view, at) => view.getFloat64(at, false) },
}

/**
 * Reads an array of floats. `where` names it in errors. Errors: InputError for what is no array, arrays of Python objects (a pickle, which is
 * never read), other types, and a shape that does not fit the data.
 */
export function decodeNpy(where: string, bytes: Uint8Array): NpyArray {
  const { dictionary, dataStart } = headerOf(where, bytes)
  const type = /'descr'\s*:\s*'([^']{1,16})'/.exec(dictionary)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(dictionary)?.[1]
  const dimensions = /'shape'\s*:\s*\(([\d\s,]{0,200})\)/.exec(dictionary)?.[1]
  if (type === undefined && /'descr'\s*:\s*\[/.test(dictionary))
    throw new InputError(`${where}: expected an array of floats, got one of records`)
  if (type === undefined || order === undefined || dimensions === undefined)
    throw new InputError(
      `${where}: its header is not that of a numpy array: ${JSON.stringify(dictionary.slice(0, 80))}`,
    )
  if (type.includes('O'))
    throw new InputError(
      `${where}: holds pickled Python objects (type ${type}); a pickle can run code and is never read: save an array of floats instead`,
    )
  const element = ELEMENTS[type]
  if (!element)
    throw new InputError(`${where}: has type ${JSON.stringify(type)}; known types: ${Object.keys(ELEMENTS).join(', ')}`)
  const shape = dimensions.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]))
  if (order === 'True' && shape.filter((size) => size !== 1).length > 1)
    throw new InputError(`${where}: is stored column by column (fortran_order); save it row by row`)
  return { shape, data: readData(where, bytes.subarray(dataStart), shape, element) }
}

function headerOf(where: string, bytes: Uint8Array): { dictionary: string; dataStart: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < 12 || !view.subarray(0, MAGIC.length).equals(MAGIC))
    throw new InputError(`${where}: is no numpy array (it does not begin with \\x93NUMPY)`)
  const major = view[6]!
  if (major < 1 || major > 3) throw new InputError(`${where}: expected numpy format 1 to 3, got ${major}`)
  const start = major === 1 ? 10 : 12
  const length = major === 1 ? view.readUInt16LE(8) : view.readUInt32LE(8)
  if (start + length > view.length) throw new InputError(`${where}: its header is cut off`)
  return { dictionary: view.toString('latin1', start, start + length), dataStart: start + length }
}

function readData(where: string, bytes: Uint8Array, shape: readonly number[], { bytes: size, read }: Element) {
  const count = shape.reduce((a, b) => a * b, 1)
  if (!Number.isSafeInteger(count) || count * size !== bytes.length)
    throw new InputError(
      `${where}: the shape (${shape.join(', ')}) takes ${count * size} bytes, the data has ${bytes.length}: cut off or corrupt`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: count }, (_, i) => read(view, i * size))
}
