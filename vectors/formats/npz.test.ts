import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { makeZip, type ZipMember } from '../model/fixtures/zip.ts'
import { temporaryFolder } from '../model/fixtures/temporary-folder.ts'
import { decodeNpy, encodeNpy } from './npy.ts'
import { readNpz, writeNpz } from './npz.ts'

const WIDTH = 6
const LIMITS = { width: WIDTH, layers: 10 }
const VECTOR = Float32Array.from([1, -2, 3, 0.5, 0, 6])

/** An array file as numpy writes it: format 1.0, or another. */
function npy(dictionary: string, data: Uint8Array, major = 1): Buffer {
  const header = Buffer.from(`${dictionary}\n`)
  const length = Buffer.alloc(major === 1 ? 2 : 4)
  if (major === 1) length.writeUInt16LE(header.length)
  else length.writeUInt32LE(header.length)
  return Buffer.concat([Buffer.from('\u0093NUMPY', 'latin1'), Buffer.from([major, 0]), length, header, data])
}
const about = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`
const bytesOf = (values: Float32Array | Float64Array | Uint16Array): Uint8Array => new Uint8Array(values.buffer)
const swapped = (values: Float32Array): Uint8Array => Buffer.from(bytesOf(values)).swap32()

describe('arrays', () => {
  test('what is written is read again to the bit, and begins at a multiple of 64', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true }), (values) => {
        const bytes = encodeNpy(values)
        expect((bytes.length - values.byteLength) % 64).toBe(0)
        expect(decodeNpy('a', bytes)).toEqual({ shape: [values.length], data: values })
      }),
    )
  })

  test.each([
    { name: 'half', bytes: npy(about("'<f2'", '(2,)'), bytesOf(Uint16Array.of(0x3c00, 0xc000))), data: [1, -2] },
    { name: 'double', bytes: npy(about("'<f8'", '(2,)'), bytesOf(Float64Array.of(1, -2))), data: [1, -2] },
    { name: 'big endian', bytes: npy(about("'>f4'", '(2,)'), swapped(Float32Array.of(1, -2))), data: [1, -2] },
    { name: 'format 2', bytes: npy(about("'<f4'", '(2,)'), bytesOf(Float32Array.of(1, -2)), 2), data: [1, -2] },
    { name: 'one row', bytes: npy(about("'<f4'", '(1, 2)'), bytesOf(Float32Array.of(1, -2))), data: [1, -2] },
    {
      name: 'one column first',
      bytes: npy(about("'<f4'", '(2, 1)', 'True'), bytesOf(Float32Array.of(1, -2))),
      data: [1, -2],
    },
  ])('read: $name', ({ bytes, data }) => {
    expect([...decodeNpy('a', bytes).data]).toEqual(data)
  })

  test.each([
    { name: 'another file', bytes: Buffer.from('PK\u0003\u0004 and so on'), says: /is no numpy array/ },
    {
      name: 'objects',
      bytes: npy(about("'|O'", '(2,)'), Buffer.alloc(9)),
      says: /pickled Python objects \(type \|O\)/,
    },
    { name: 'whole numbers', bytes: npy(about("'<i8'", '(2,)'), Buffer.alloc(16)), says: /type "<i8"; known types/ },
    { name: 'records', bytes: npy(about("[('a', '<f4')]", '(2,)'), Buffer.alloc(8)), says: /one of records/ },
    { name: 'no dictionary', bytes: npy('{}', Buffer.alloc(8)), says: /not that of a numpy array/ },
    {
      name: 'a lying shape',
      bytes: npy(about("'<f4'", '(3,)'), Buffer.alloc(8)),
      says: /takes 12 bytes, the data has 8/,
    },
    { name: 'a shape of 2^60', bytes: npy(about("'<f4'", '(1152921504606846976, 8)'), Buffer.alloc(8)), says: /shape/ },
    { name: 'columns', bytes: npy(about("'<f4'", '(2, 2)', 'True'), Buffer.alloc(16)), says: /fortran_order/ },
    { name: 'format 9', bytes: npy(about("'<f4'", '(1,)'), Buffer.alloc(4), 9), says: /format 1 to 3, got 9/ },
    { name: 'a cut header', bytes: npy(about("'<f4'", '(1,)'), Buffer.alloc(0)).subarray(0, 40), says: /cut off/ },
  ])('refused: $name', ({ bytes, says }) => {
    expect(() => decodeNpy('a', bytes)).toThrow(says)
    expect(() => decodeNpy('a', bytes)).toThrow(InputError)
  })
})

async function archive(members: readonly ZipMember[]) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'v.npz')
  writeFileSync(path, makeZip(members))
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}
const member = (key: string, data: Buffer = encodeNpy(VECTOR), more: Partial<ZipMember> = {}): ZipMember => ({
  name: `${key}.npy`,
  data,
  ...more,
})

describe('archives', () => {
  test('what is written is read again, and written alike', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'v.npz')
    const layers = new Map([
      [3, VECTOR],
      [1, VECTOR.map((v) => v + 1)],
    ])
    writeNpz(path, layers)
    const first = readFileSync(path)
    const read = await readNpz(path, LIMITS)
    expect(read.layers).toEqual(new Map([...layers].toReversed()))
    writeNpz(path, read.layers)
    expect(readFileSync(path).equals(first)).toBe(true)
  })

  test.each(['resid_post.4', 'direction.4', 'layer_4', 'layer.4', 'layer4'])('%s is layer 4', async (key) => {
    await using file = await archive([member(key, undefined, { deflate: true })])
    expect([...(await readNpz(file.path, LIMITS)).layers.keys()]).toEqual([4])
  })

  test('a single array without a layer takes the one that is given', async () => {
    await using file = await archive([member('vector')])
    expect((await readNpz(file.path, { ...LIMITS, wanted: [7] })).layers).toEqual(new Map([[7, VECTOR]]))
    await expect(readNpz(file.path, LIMITS)).rejects.toThrow(/does not say its layer.*--layers N/)
  })

  test.each([
    {
      name: 'PyTorch',
      members: [{ name: 'archive/data.pkl', data: Buffer.from('x') }],
      says: /pickle "archive\/data\.pkl"/,
    },
    { name: 'nothing', members: [], says: /expected vectors, found none/ },
    { name: 'no arrays', members: [{ name: 'read.me', data: Buffer.from('x') }], says: /found none/ },
    {
      name: 'objects',
      members: [member('layer_1', npy(about("'|O'", '(2,)'), Buffer.alloc(9)))],
      says: /layer_1: holds pickled/,
    },
    {
      name: 'another width',
      members: [member('layer_1', encodeNpy(Float32Array.of(1, 2)))],
      says: /has 2 numbers, the model is 6/,
    },
    {
      name: 'a matrix',
      members: [member('layer_1', npy(about("'<f4'", '(2, 3)'), Buffer.alloc(24)))],
      says: /shape \(2, 3\)/,
    },
    { name: 'NaN', members: [member('layer_1', encodeNpy(VECTOR.map((v) => v / 0 - v / 0)))], says: /holds NaN/ },
    { name: 'zeros', members: [member('layer_1', encodeNpy(new Float32Array(WIDTH)))], says: /zero everywhere/ },
    {
      name: 'a bomb',
      members: [member('layer_1', Buffer.alloc(50 << 20), { deflate: true })],
      says: /52428800 bytes, more than/,
    },
    { name: 'a wrong checksum', members: [member('layer_1', undefined, { wrongCrc: true })], says: /checksum/ },
    {
      name: 'two layers and a stranger',
      members: [member('layer_1'), member('mean')],
      says: /"mean" does not say its layer/,
    },
    { name: 'too deep', members: [member('layer_10')], says: /layer 10, but the model has layers 0 to 9/ },
    {
      name: 'thousands of members',
      members: Array.from({ length: 4097 }, (_, i) => ({ name: String(i), data: Buffer.alloc(0) })),
      says: /more than 4096 members/,
    },
  ] satisfies readonly { name: string; members: readonly ZipMember[]; says: RegExp }[])(
    'refused: $name',
    async ({ members, says }) => {
      await using file = await archive(members)
      await expect(readNpz(file.path, LIMITS)).rejects.toThrow(says)
      await expect(readNpz(file.path, LIMITS)).rejects.toThrow(file.path)
    },
  )

  test('cut off or corrupt anywhere, an archive is read or refused, nothing else', async () => {
    await using file = await archive([member('layer_1', undefined, { deflate: true }), member('layer_2')])
    const whole = readFileSync(file.path)
    const isReadOrRefused = async (bytes: Buffer): Promise<void> => {
      writeFileSync(file.path, bytes)
      try {
        const { layers } = await readNpz(file.path, LIMITS)
        for (const vector of layers.values()) expect(vector).toHaveLength(WIDTH)
      } catch (error) {
        expect(error).toBeInstanceOf(InputError)
      }
    }
    for (let length = 0; length < whole.length; length += 3) await isReadOrRefused(whole.subarray(0, length))
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        await isReadOrRefused(bytes)
      }),
      { numRuns: 300 },
    )
  })
})
