import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { openGguf } from './gguf.ts'
import { writeGguf } from './gguf-write.ts'

/** Little pieces of a header, so that a case reads like the file it makes. */
const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer)
const u64 = (n: bigint | number): Buffer => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const text = (s: string): Buffer => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
const header = (tensors: bigint | number, keys: bigint | number): Buffer =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors), u64(keys)])
const tensor = (name: string, dims: readonly (bigint | number)[], type: number, offset: bigint | number): Buffer =>
  Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)])
const F32 = 0
const U8 = 0
const STRING = 8
const LIST = 9
const room = Buffer.alloc(4096)

const CASES: readonly { name: string; parts: readonly Buffer[]; says: RegExp }[] = [
  { name: 'an empty file', parts: [], says: /header ends early/ },
  { name: 'another format', parts: [Buffer.from('PK\u0003\u0004'), room], says: /expected a GGUF file/ },
  { name: 'the other byte order', parts: [Buffer.from('FUGG'), room], says: /expected a GGUF file/ },
  { name: 'version 1', parts: [Buffer.from('GGUF'), u32(1), room], says: /version 2 or 3, got 1/ },
  { name: 'version 3 in big endian', parts: [Buffer.from('GGUF'), u32(0x03000000), room], says: /version 2 or 3/ },
  { name: '2^60 tensors', parts: [header(2n ** 60n, 0), room], says: /tensors: 1152921504606846976 is more/ },
  { name: '2^64 - 1 keys', parts: [header(0, 2n ** 64n - 1n), room], says: /metadata keys/ },
  { name: 'more tensors than the file has', parts: [header(60_000, 0), room], says: /dimensions|ends early/ },
  { name: 'more keys than the file has', parts: [header(0, 60_000)], says: /ends early/ },
  { name: 'a key of 2^62 bytes', parts: [header(0, 1), u64(2n ** 62n), room], says: /length of a string/ },
  { name: 'a key longer than the file', parts: [header(0, 1), u64(5000), room], says: /length of a string|ends early/ },
  { name: 'a value of no type', parts: [header(0, 1), text('k'), u32(99), room], says: /type 99/ },
  {
    name: 'a list of 2^50',
    parts: [header(0, 1), text('k'), u32(LIST), u32(0), u64(2n ** 50n), room],
    says: /length of a list/,
  },
  {
    name: 'a list longer than the file',
    parts: [header(0, 1), text('k'), u32(LIST), u32(5), u64(1 << 23), room],
    says: /claims 8388608 entries/,
  },
  {
    name: 'strings longer than the file',
    parts: [header(0, 1), text('k'), u32(LIST), u32(STRING), u64(1 << 23), room],
    says: /claims 8388608 entries/,
  },
  {
    name: 'lists in lists in lists',
    parts: [
      header(0, 1),
      text('k'),
      ...Array.from({ length: 40 }, () => [u32(LIST), u64(1)])
        .flat()
        .toSpliced(0, 0, u32(LIST)),
      room,
    ],
    says: /type 9/,
  },
  {
    name: 'an alignment of 3',
    parts: [header(0, 1), text('general.alignment'), u32(4), u32(3), room],
    says: /power of two/,
  },
  {
    name: 'an alignment in words',
    parts: [header(0, 1), text('general.alignment'), u32(STRING), text('32'), room],
    says: /power of two/,
  },
  { name: 'a tensor without dimensions', parts: [header(1, 0), tensor('w', [], F32, 0), room], says: /0 dimensions/ },
  { name: '2^31 dimensions', parts: [header(1, 0), text('w'), u32(2 ** 31), room], says: /2147483648 dimensions/ },
  { name: 'a dimension of 2^60', parts: [header(1, 0), tensor('w', [2n ** 60n], F32, 0), room], says: /elements of w/ },
  {
    name: 'dimensions whose product is 2^160',
    parts: [header(1, 0), tensor('w', Array(4).fill(2n ** 40n), F32, 0), room],
    says: /dimensions/,
  },
  { name: 'a dimension of 0', parts: [header(1, 0), tensor('w', [0, 4], F32, 0), room], says: /dimensions 0×4/ },
  { name: 'half a block', parts: [header(1, 0), tensor('w', [48], 8, 0), room], says: /whole number of Q8_0 blocks/ },
  {
    name: 'a tensor of no type',
    parts: [header(1, 0), tensor('w', [32], 77, 0), room],
    says: /type 77.*known types: F32/,
  },
  { name: 'an offset of 2^63', parts: [header(1, 0), tensor('w', [4], F32, 2n ** 63n), room], says: /offset of w/ },
  {
    name: 'an offset behind the end',
    parts: [header(1, 0), tensor('w', [4], F32, 1 << 20), room],
    says: /tensor w ends at byte/,
  },
  {
    name: 'a tensor longer than the file',
    parts: [header(1, 0), tensor('w', [1 << 20], F32, 0), room],
    says: /tensor w ends at byte/,
  },
  {
    name: 'overlapping tensors',
    parts: [header(2, 0), tensor('a', [64], F32, 0), tensor('b', [4], F32, 128), room],
    says: /a and b overlap/,
  },
  {
    name: 'a tensor name of 65 bytes',
    parts: [header(1, 0), tensor('w'.repeat(65), [4], F32, 0), room],
    says: /length of a tensor's name: 65 is more than duress accepts \(64\)/,
  },
  {
    name: 'a name that steers the terminal',
    parts: [header(1, 0), tensor('\u001B[31m\u009B\u202Ew', [4], 77, 0), room],
    says: /tensor \uFFFD\[31m\uFFFD\uFFFDw has type 77/,
  },
  {
    name: 'a name of another format that steers the terminal',
    parts: [Buffer.from([0x9b, 0x32, 0x4a, 0x0a]), room],
    says: /got "\uFFFD2J\uFFFD"/,
  },
  {
    name: 'one name twice',
    parts: [header(2, 0), tensor('a', [4], F32, 0), tensor('a', [4], F32, 64), room],
    says: /named twice/,
  },
]

/** Runs on a hostile file: the error it gives, the time and the memory it took. */
function refusal(path: string): { error: unknown; milliseconds: number; bytes: number } {
  const before = process.memoryUsage()
  const start = performance.now()
  let error: unknown
  try {
    openGguf(path)[Symbol.dispose]()
  } catch (thrown) {
    error = thrown
  }
  const after = process.memoryUsage()
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  return { error, milliseconds: performance.now() - start, bytes }
}

describe('a hostile or broken file is refused at once', () => {
  test.each(CASES)('$name', async ({ parts, says }) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'hostile.gguf')
    writeFileSync(path, Buffer.concat(parts))
    const { error, milliseconds, bytes } = refusal(path)
    expect(error).toBeInstanceOf(InputError)
    expect((error as Error).message).toMatch(says)
    expect((error as Error).message).toContain(path)
    expect(milliseconds).toBeLessThan(1000)
    expect(bytes).toBeLessThan(32 << 20)
  })

  test('cut off anywhere', async () => {
    await using folder = await temporaryFolder()
    const whole = join(folder.path, 'whole.gguf')
    const words = Array.from({ length: 60 }, (_, i) => `word ${i}`)
    const data = new Uint8Array(34 * 32).fill(7)
    writeGguf(whole, { words: { type: 'strings', value: words }, n: { type: 'u32', value: 3 } }, [
      { name: 'a', type: 'Q8_0', dims: [32, 32], data },
      { name: 'b', type: 'F32', dims: [272], data },
    ])
    const bytes = readFileSync(whole)
    const path = join(folder.path, 'cut.gguf')
    for (let length = 0; length < bytes.length; length += 64) {
      writeFileSync(path, bytes.subarray(0, length))
      expect(refusal(path).error, `cut at ${length} of ${bytes.length}`).toBeInstanceOf(InputError)
    }
    expect(refusal(whole).error).toBeUndefined()
  })

  test('lists that are small alone and too many together', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'lists.gguf')
    const list = (i: number) => [text(`k${i}`), u32(LIST), u32(U8), u64(7 << 20), Buffer.alloc(7 << 20)]
    writeFileSync(path, Buffer.concat([header(0, 3), ...[1, 2, 3].flatMap(list), room]))
    expect(refusal(path).error).toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/lists of the header have more than 16777216 entries/) as string,
    })
  })

  test.each([
    { name: 'long texts', count: 9, value: () => text('x'.repeat((8 << 20) - 1)) },
    { name: 'empty texts', count: 1, value: () => Buffer.alloc(8 * (5 << 20)), listed: 5 << 20 },
  ])('$name that are small alone and too many together', async ({ count, value, listed }) => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'texts.gguf')
    const type = listed === undefined ? [u32(STRING)] : [u32(LIST), u32(STRING), u64(listed)]
    const keys = Array.from({ length: count }, (_, i) => [text(`k${i}`), ...type, value()])
    writeFileSync(path, Buffer.concat([header(0, count), ...keys.flat(), room]))
    expect(refusal(path).error).toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/the header has more than 64 MiB of text/) as string,
    })
  })

  test('no such file', () => {
    expect(() => openGguf('/nowhere/model.gguf')).toThrow(/\/nowhere\/model\.gguf: cannot be opened/)
  })
})
