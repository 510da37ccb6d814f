import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { decodeTrace, encodeTrace, TraceError, type EncodedTrace } from './trace-codec.ts'

const place = { turn: 3, layer: 12 }

const wordsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length)
const bytesOf = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength)
const shaped = fc.tuple(fc.nat(40), fc.nat(9))

const faultOf = async (encoded: EncodedTrace): Promise<string> =>
  decodeTrace(encoded, place).then(
    () => 'none',
    (error: unknown) => (error instanceof TraceError ? error.fault : 'other'),
  )

describe('encodeTrace and decodeTrace', () => {
  it('keep every bit in f32: NaN payloads, minus zero, subnormals', async () => {
    const arbitrary = shaped.chain(([rows, cols]) =>
      fc.tuple(
        fc.constant({ rows, cols }),
        fc.array(fc.nat(0xffff_ffff), { minLength: rows * cols, maxLength: rows * cols }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([shape, words]) => {
        const values = new Float32Array(Uint32Array.from(words).buffer)
        const back = await decodeTrace(await encodeTrace(values, { ...place, ...shape }), place)
        expect([...wordsOf(back)]).toEqual(words)
      }),
    )
  })

  it('a view into a larger array is read at its offset', async () => {
    const values = Float32Array.of(9, 9, 1.5, -0, 9).subarray(2, 4)
    const back = await decodeTrace(await encodeTrace(values, { ...place, rows: 1, cols: 2 }), place)
    expect([...back]).toEqual([1.5, -0])
  })

  it('f16 keeps values to half a unit in the last place and halves the plain size', async () => {
    const value = fc.float({ min: -65_504, max: 65_504, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 12, maxLength: 12 }), async (list) => {
        const encoded = await encodeTrace(Float32Array.from(list), { ...place, rows: 4, cols: 3, codec: 'f16' })
        const back = await decodeTrace(encoded, place)
        for (const [i, x] of list.entries()) {
          expect(Math.abs((back[i] ?? Number.NaN) - x)).toBeLessThanOrEqual(Math.max(Math.abs(x) * 2 ** -11, 2 ** -25))
        }
      }),
    )
  })

  it('f16 refuses a finite value that would become infinite', async () => {
    const encoding = encodeTrace(Float32Array.of(1, -70_000), { ...place, rows: 2, cols: 1, codec: 'f16' })
    await expect(encoding).rejects.toThrow(InputError)
    await expect(encoding).rejects.toThrow(
      'trace of turn 3, layer 12 holds -70000, beyond the f16 range of ±65504: store it as f32',
    )
  })

  it.each(['f32', 'f16'] as const)('%s: a flipped bit in any byte is found', async (codec) => {
    const encoded = await encodeTrace(Float32Array.of(1, -2, 3.25, 0, 1e-3, 700), { ...place, rows: 3, cols: 2, codec })
    for (const position of encoded.blob.keys()) {
      const bad = Uint8Array.from(encoded.blob)
      bad[position] = (bad[position] ?? 0) ^ (1 << (position % 8))
      expect(await faultOf({ ...encoded, blob: bad }), `byte ${position}`).toBe('checksum')
    }
  })

  it('names the fault, the turn and the layer', async () => {
    const good = await encodeTrace(Float32Array.of(1, 2, 3, 4, 5, 6), { ...place, rows: 3, cols: 2 })
    expect(await faultOf(good)).toBe('none')
    expect(await faultOf({ ...good, rows: 2, cols: 3 })).toBe('checksum')
    expect(await faultOf({ ...good, blob: good.blob.subarray(0, -1) })).toBe('checksum')
    expect(await faultOf({ ...good, codec: 'f16' })).toBe('codec')
    expect(await faultOf({ ...good, codec: 'zstd' as 'f32' })).toBe('codec')
    const error: unknown = await decodeTrace({ ...good, crc32: 0 }, place).catch((e: unknown) => e)
    expect(error).toMatchObject({ turn: 3, layer: 12, fault: 'checksum' })
    expect(String(error)).toMatch(/trace of turn 3, layer 12: expected CRC32 00000000, got [0-9a-f]{8}/)
    await expect(encodeTrace(new Float32Array(5), { ...place, rows: 3, cols: 2 })).rejects.toMatchObject({
      fault: 'shape',
    })
  })

  it('a blob whose length lies about its shape is refused even when its checksum fits', async () => {
    const six = await encodeTrace(new Float32Array(6), { ...place, rows: 3, cols: 2 })
    const two = await encodeTrace(new Float32Array(2), { ...place, rows: 1, cols: 2 })
    const forged = (blob: Uint8Array, rows: number) => ({ ...six, blob, rows, crc32: crc32(blob, crc32(`${rows}x2:`)) })
    expect(await faultOf(forged(six.blob, 1))).toBe('shape')
    expect(await faultOf(forged(two.blob, 3))).toBe('shape')
    expect(await faultOf(forged(six.blob.subarray(0, 3), 3))).toBe('shape')
  })

  it('16 encodings at once do not mix, even when the arrays change right after the call', async () => {
    const original = Array.from({ length: 16 }, (_, k) =>
      Float32Array.from({ length: 400 * 17 }, (_, i) => Math.sin(i * (k + 1))),
    )
    const encoding = original.map((values, k) => {
      const mine = Float32Array.from(values)
      const promise = encodeTrace(mine, { turn: k, layer: k, rows: 400, cols: 17 })
      mine.fill(0)
      return promise
    })
    const back = await Promise.all((await Promise.all(encoding)).map((encoded) => decodeTrace(encoded, place)))
    const mismatches = back.filter((values, k) => !bytesOf(values).equals(bytesOf(original[k] ?? new Float32Array())))
    expect(mismatches).toHaveLength(0)
  })
})
