import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, crc32 } from 'node:zlib'
import { InfraError, InputError } from '../errors.ts'
import { fitsHalf, fromHalves, toHalves } from './half.ts'

export type Codec = 'f32' | 'f16'

/** Where a trace belongs, for error texts. */
export interface TracePlace {
  readonly turn: number | string
  readonly layer: number
}

/** A (rows, cols) array as stored. */
export interface EncodedTrace {
  readonly codec: Codec
  readonly rows: number
  readonly cols: number
  /** Over rows, cols and the whole blob. */
  readonly crc32: number
  /** One tag byte, then brotli of the byte-shuffled values. */
  readonly blob: Uint8Array
}

/** A stored trace cannot be trusted: it was damaged or is of an unknown kind. */
export class TraceError extends InfraError {
  readonly turn: number | string
  readonly layer: number
  readonly fault: 'checksum' | 'codec' | 'shape'
  constructor(fault: 'checksum' | 'codec' | 'shape', place: TracePlace, text: string, options?: ErrorOptions) {
    super(`trace of turn ${place.turn}, layer ${place.layer}: ${text}`, options)
    this.fault = fault
    this.turn = place.turn
    this.layer = place.layer
  }
}

const codecs: Readonly<Record<Codec, { readonly tag: number; readonly bytes: number }>> = {
  f32: { tag: 1, bytes: 4 },
  f16: { tag: 2, bytes: 2 },
}

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/**
 * Packs a (rows, cols) array: f32 keeps every bit, f16 rounds to the nearest half. The values are copied before the first wait.
 * @throws TraceError when the array is not rows × cols; InputError when f16 would turn a finite value into infinity.
 */
export const encodeTrace = async (
  values: Float32Array,
  {
    rows,
    cols,
    codec = 'f32',
    ...place
  }: TracePlace & { readonly rows: number; readonly cols: number; readonly codec?: Codec },
): Promise<EncodedTrace> => {
  if (values.length !== rows * cols) {
    throw new TraceError('shape', place, `expected ${rows} × ${cols} = ${rows * cols} values, got ${values.length}`)
  }
  const plain = shuffle(codec === 'f16' ? halvesOf(values, place) : bytesOf(values), codecs[codec].bytes)
  const packed = await compress(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  })
  const blob = new Uint8Array(packed.length + 1)
  blob[0] = codecs[codec].tag
  blob.set(packed, 1)
  return { codec, rows, cols, crc32: checksum(blob, rows, cols), blob }
}

/**
 * Unpacks what `encodeTrace` made, (rows, cols).
 * @throws TraceError on a wrong checksum, an unknown or differing codec tag, or a length other than rows × cols.
 */
export const decodeTrace = async (encoded: EncodedTrace, place: TracePlace): Promise<Float32Array> => {
  const { blob, rows, cols, codec } = encoded
  const got = checksum(blob, rows, cols)
  if (got !== encoded.crc32) {
    throw new TraceError(
      'checksum',
      place,
      `expected CRC32 ${hex(encoded.crc32)}, got ${hex(got)}: the stored bytes changed; run the episode again`,
    )
  }
  const known = codecs[codec]
  if (known === undefined || blob[0] !== known.tag) {
    throw new TraceError(
      'codec',
      place,
      `expected codec ${codec} (tag ${known?.tag ?? 'unknown'}), got tag ${blob[0]}: written by a newer duress?`,
    )
  }
  const length = rows * cols * known.bytes
  const plain = unshuffle(await inflate(blob.subarray(1), length, place), known.bytes)
  return codec === 'f16' ? fromHalves(new Uint16Array(plain.buffer)) : new Float32Array(plain.buffer)
}

const bytesOf = (values: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

const halvesOf = (values: Float32Array, place: TracePlace): Uint8Array => {
  const large = values.find((value) => !fitsHalf(value))
  if (large !== undefined) {
    throw new InputError(
      `trace of turn ${place.turn}, layer ${place.layer} holds ${large}, beyond the f16 range of ±65504: store it as f32`,
    )
  }
  return bytesOf(toHalves(values))
}

/** First bytes of all values, then second bytes, and so on: exponents lie together and compress. */
const shuffle = (bytes: Uint8Array, width: number): Uint8Array => {
  const count = bytes.length / width
  const planes = new Uint8Array(bytes.length)
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0; i < count; i++) planes[plane * count + i] = bytes[i * width + plane] ?? 0
  }
  return planes
}

const unshuffle = (planes: Uint8Array, width: number): Uint8Array<ArrayBuffer> => {
  const count = planes.length / width
  const bytes = new Uint8Array(planes.length)
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0; i < count; i++) bytes[i * width + plane] = planes[plane * count + i] ?? 0
  }
  return bytes
}

const checksum = (blob: Uint8Array, rows: number, cols: number): number => crc32(blob, crc32(`${rows}x${cols}:`))

const inflate = async (packed: Uint8Array, length: number, place: TracePlace): Promise<Uint8Array> => {
  const plain = await decompress(packed, { maxOutputLength: Math.max(1, length) }).catch((cause: unknown) => {
    throw new TraceError('shape', place, `expected ${length} bytes, the blob does not unpack to that`, { cause })
  })
  if (plain.length !== length) throw new TraceError('shape', place, `expected ${length} bytes, got ${plain.length}`)
  return plain
}

const hex = (value: number): string => value.toString(16).padStart(8, '0')
