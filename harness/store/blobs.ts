import { InfraError } from '../errors.ts'

/** Bytes of an array, shared not copied. */
export const toBlob = (values: Int32Array | Float32Array | Uint8Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength)

/** An i32 array of a stored blob. */
export const toInts = (blob: Uint8Array): Int32Array => new Int32Array(aligned(blob))

/** An f32 array of a stored blob. */
export const toFloats = (blob: Uint8Array): Float32Array => new Float32Array(aligned(blob))

/** JSON text. NaN and infinities are refused: JSON would turn them into null without a word. */
export const toJson = (value: unknown, what: string): string =>
  JSON.stringify(value, (name, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) {
      throw new InfraError(`${what}: expected a finite number at "${name}", got ${inner}`)
    }
    return inner
  })

/** A number or null as it is. NaN and infinities are refused: SQLite would turn NaN into NULL. */
export const finite = <T extends number | null>(value: T, what: string): T => {
  if (value === null || Number.isFinite(value)) return value
  throw new InfraError(`${what}: expected a finite number, got ${value}`)
}

const aligned = (blob: Uint8Array): ArrayBuffer => {
  const copy = new ArrayBuffer(blob.byteLength)
  new Uint8Array(copy).set(blob)
  return copy
}
