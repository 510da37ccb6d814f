import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { temporaryFolder } from '../model/fixtures/temporary-folder.ts'
import { readDirections, writeDirections } from './native.ts'
import { readVectorFile } from './read.ts'
import { readSafetensors } from './safetensors.ts'

const LIMITS = { width: 4, layers: 10 }
const VECTOR = Float32Array.of(1, 2, 3, 4)

/** A file of any header. */
function fileOf(
  header: string,
  data: Uint8Array = new Uint8Array(16),
  length = BigInt(Buffer.byteLength(header)),
): Buffer {
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(length)
  return Buffer.concat([head, Buffer.from(header), data])
}
const entry = (more: object = {}): string =>
  JSON.stringify({ 'resid_post.1': { dtype: 'F32', shape: [4], data_offsets: [0, 16], ...more } })

test('vectors are written and read again to the bit, and written alike', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'v.safetensors')
  const layers = new Map([
    [0, VECTOR],
    [7, VECTOR.map((v) => -v)],
  ])
  const file = { layers, modelHint: 'llama', modelSha256: 'abc', facts: { name: 'calm', strength: 0.1 } }
  writeDirections(path, file)
  const bytes = readFileSync(path)
  expect(readDirections(path, LIMITS)).toEqual({
    format: 'safetensors',
    layers,
    modelHint: 'llama',
    modelSha256: 'abc',
    producer: 'duress',
    notes: [],
  })
  expect(readSafetensors(path).metadata).toMatchObject({ name: 'calm', strength: '0.1' })
  writeDirections(path, file)
  expect(readFileSync(path).equals(bytes)).toBe(true)
})

test.each([
  { name: 'a short file', bytes: Buffer.alloc(3), says: /header is cut off/ },
  { name: 'a header longer than the file', bytes: fileOf('{}', undefined, 2n ** 62n), says: /header is cut off/ },
  { name: 'no JSON', bytes: fileOf('{"a":'), says: /no JSON/ },
  { name: 'a list', bytes: fileOf('[1]'), says: /no JSON object/ },
  { name: 'metadata of numbers', bytes: fileOf('{"__metadata__":{"a":1}}'), says: /metadata are no texts/ },
  {
    name: 'a tensor without a shape',
    bytes: fileOf('{"layer_1":{"dtype":"F32"}}'),
    says: /nothing sound of tensor "layer_1"/,
  },
  { name: 'a tensor that is null', bytes: fileOf('{"layer_1":null}'), says: /nothing sound/ },
  { name: 'a negative shape', bytes: fileOf(entry({ shape: [-4] })), says: /nothing sound/ },
  { name: 'half a number', bytes: fileOf(entry({ shape: [1.5] })), says: /nothing sound/ },
  { name: 'a lying shape', bytes: fileOf(entry({ shape: [5] })), says: /does not fit its shape 5/ },
  { name: 'a shape of 2^50', bytes: fileOf(entry({ shape: [2 ** 50] })), says: /does not fit its shape/ },
  { name: 'offsets behind the end', bytes: fileOf(entry({ data_offsets: [16, 32] })), says: /does not fit/ },
  { name: 'offsets the wrong way', bytes: fileOf(entry({ data_offsets: [16, 0] })), says: /does not fit/ },
  { name: 'half precision', bytes: fileOf(entry({ dtype: 'F16', shape: [8] })), says: /type F16, expected F32/ },
  {
    name: 'another width',
    bytes: fileOf(entry({ shape: [2], data_offsets: [0, 8] })),
    says: /2 numbers, the model is 4/,
  },
  { name: 'a matrix', bytes: fileOf(entry({ shape: [2, 2] })), says: /shape 2×2, expected one vector/ },
  { name: 'zeros', bytes: fileOf(entry()), says: /resid_post\.1 is zero everywhere/ },
  { name: 'NaN', bytes: fileOf(entry(), new Uint8Array(16).fill(255)), says: /holds NaN at place 0/ },
  {
    name: 'a vector set',
    bytes: fileOf(JSON.stringify({ __metadata__: { format: 'duress-vectors-1' } })),
    says: /a whole vector set/,
  },
])('refused: $name', async ({ bytes, says }) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'v.safetensors')
  writeFileSync(path, bytes)
  expect(() => readDirections(path, LIMITS)).toThrow(says)
  expect(() => readDirections(path, LIMITS)).toThrow(InputError)
  expect(() => readDirections(path, LIMITS)).toThrow(path)
})

test('cut off or corrupt anywhere, a file is read or refused, nothing else', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'v.safetensors')
  writeDirections(path, { layers: new Map([[1, VECTOR]]), modelHint: 'llama', modelSha256: 'a', facts: {} })
  const whole = readFileSync(path)
  const isReadOrRefused = (bytes: Buffer): void => {
    writeFileSync(path, bytes)
    try {
      readDirections(path, LIMITS)
    } catch (error) {
      expect(error).toBeInstanceOf(InputError)
    }
  }
  for (let length = 0; length < whole.length; length++) isReadOrRefused(whole.subarray(0, length))
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      isReadOrRefused(bytes)
    }),
    { numRuns: 500 },
  )
})

test.each([
  { name: 'a pickle', bytes: Buffer.from([0x80, 4, 0x95, 1, 2, 3, 4, 5, 6, 7]), says: /is a pickle.*never read/ },
  { name: 'a pointer', bytes: Buffer.from('version https://git-lfs'), says: /pointer of Git LFS/ },
  { name: 'a text', bytes: Buffer.from('hello there, reader'), says: /expected GGUF, npz or safetensors/ },
  { name: 'an empty file', bytes: Buffer.alloc(0), says: /expected GGUF, npz or safetensors/ },
])('by its first bytes: $name is refused', async ({ bytes, says }) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'v')
  writeFileSync(path, bytes)
  await expect(readVectorFile(path, LIMITS)).rejects.toThrow(says)
  await expect(readVectorFile(join(folder.path, 'none'), LIMITS)).rejects.toThrow(/cannot be read/)
})
