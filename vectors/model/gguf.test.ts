import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { openGguf } from './gguf.ts'
import { TENSOR_TYPES, type TensorType } from './gguf-types.ts'
import { writeGguf, type WriteTensor, type WriteValue } from './gguf-write.ts'

/** Text of any code point, leading U+FEFF included; lone surrogates have no UTF-8. */
const text = fc.string({ unit: 'binary', maxLength: 12 })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const f32 = fc.float({ noNaN: true })

const value: fc.Arbitrary<WriteValue> = fc.oneof(
  fc.record({ type: fc.constant('string' as const), value: text }),
  fc.record({ type: fc.constant('u32' as const), value: u32 }),
  fc.record({ type: fc.constant('f32' as const), value: f32 }),
  fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('strings' as const), value: fc.array(text, { maxLength: 5 }) }),
  fc.record({ type: fc.constant('i32s' as const), value: fc.array(i32, { maxLength: 5 }) }),
  fc.record({ type: fc.constant('f32s' as const), value: fc.array(f32, { maxLength: 5 }) }),
  fc.record({ type: fc.constant('bools' as const), value: fc.array(fc.boolean(), { maxLength: 5 }) }),
)

const metadata = fc.uniqueArray(fc.tuple(text, value), { selector: ([key]) => key, maxLength: 6 })

const tensor: fc.Arbitrary<WriteTensor> = fc
  .record({
    name: text,
    type: fc.constantFrom(...(Object.keys(TENSOR_TYPES) as TensorType[])),
    blocks: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 4 }),
    fill: fc.nat({ max: 255 }),
  })
  .map(({ name, type, blocks, rows, fill }) => {
    const { block, bytes } = TENSOR_TYPES[type]
    const data = Uint8Array.from({ length: blocks * bytes * rows }, (_, i) => (fill + i) & 255)
    return { name, type, dims: [blocks * block, rows], data }
  })

const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5 })

/** A leading `__proto__` key cannot be an own key of a literal; entries can. */
const asRecord = (entries: readonly (readonly [string, WriteValue])[]): Record<string, WriteValue> =>
  Object.assign(Object.create(null), Object.fromEntries(entries)) as Record<string, WriteValue>

const plain = (read: unknown): unknown =>
  read instanceof Int32Array || read instanceof Float32Array ? [...read] : read

test('what was written is read back: metadata, tensors, every row', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'any.gguf')
  fc.assert(
    fc.property(metadata, tensors, (entries, list) => {
      const record = asRecord(entries.filter(([key]) => key !== 'general.alignment'))
      writeGguf(path, record, list)
      using gguf = openGguf(path)
      expect([...gguf.metadata].map(([key, v]) => [key, plain(v)])).toEqual(
        Object.entries(record).map(([key, v]) => [key, v.value]),
      )
      expect([...gguf.tensors.keys()]).toEqual(list.map(({ name }) => name))
      for (const { name, type, dims, data } of list) {
        expect(gguf.tensors.get(name)).toMatchObject({ type, dims, bytes: data.length })
        expect(gguf.read(name)).toEqual(data)
        const rowBytes = data.length / dims[1]!
        expect(gguf.read(name, dims[1]! - 1, 1)).toEqual(data.slice(-rowBytes))
        expect(() => gguf.read(name, dims[1], 1)).toThrow(RangeError)
      }
    }),
  )
})

test('a token that starts with a byte order mark keeps it', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'bom.gguf')
  writeGguf(path, { words: { type: 'strings', value: ['\uFEFFusing', 'using'] } }, [])
  using gguf = openGguf(path)
  expect(gguf.metadata.get('words')).toEqual(['\uFEFFusing', 'using'])
})

test('the writer refuses a tensor whose bytes do not fit its shape', async () => {
  await using folder = await temporaryFolder()
  const wrong = { name: 'w', type: 'Q8_0' as const, dims: [32, 2], data: new Uint8Array(67) }
  expect(() => writeGguf(join(folder.path, 'x.gguf'), {}, [wrong])).toThrow('tensor w: expected 68 bytes, got 67')
})

test('an unknown tensor is named', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'empty.gguf')
  writeGguf(path, {}, [])
  using gguf = openGguf(path)
  expect(() => gguf.read('blk.0')).toThrow(/blk\.0/)
})

test('closing twice does not close what was opened in between', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'twice.gguf')
  writeGguf(path, {}, [{ name: 'w', type: 'F32', dims: [1], data: Uint8Array.of(0, 0, 128, 63) }])
  const first = openGguf(path)
  first[Symbol.dispose]()
  using second = openGguf(path)
  first[Symbol.dispose]()
  expect([...second.read('w')]).toEqual([0, 0, 128, 63])
})
