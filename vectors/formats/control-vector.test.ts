import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { temporaryFolder } from '../model/fixtures/temporary-folder.ts'
import { readControlVector, writeControlVector } from './control-vector.ts'

const WIDTH = 8
const LIMITS = { width: WIDTH, layers: 6 }

const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer)
const i32 = (n: number): Buffer => Buffer.from(Int32Array.of(n).buffer)
const u64 = (n: bigint | number): Buffer => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const text = (s: string): Buffer => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])

const STRING = 8
const U32 = 4
const I32 = 5
const F32 = 0
const F16 = 1
type Key = readonly [name: string, type: number, value: Buffer]

interface RawTensor {
  readonly name: string
  readonly values: readonly number[]
  readonly dims?: readonly number[]
  readonly type?: number
}

/** A GGUF file byte by byte, as other programs write it. */
function rawFile(keys: readonly Key[], tensors: readonly RawTensor[]): Buffer {
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(keys.length)]
  for (const [name, type, value] of keys) head.push(text(name), u32(type), value)
  const datas: Buffer[] = []
  let offset = 0
  for (const { name, values, dims = [values.length], type = F32 } of tensors) {
    head.push(text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset))
    const data = Buffer.from(Float32Array.from(values).buffer)
    datas.push(data, Buffer.alloc((32 - (data.length % 32)) % 32))
    offset += Math.ceil(data.length / 32) * 32
  }
  const header = Buffer.concat(head)
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), ...datas])
}

const ARCHITECTURE: Key = ['general.architecture', STRING, text('controlvector')]
const HINT: Key = ['controlvector.model_hint', STRING, text('llama')]
const ones = (layer: number): RawTensor => ({
  name: `direction.${layer}`,
  values: Array<number>(WIDTH).fill(layer + 1),
})

async function fileOf(bytes: Buffer) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'vector.gguf')
  writeFileSync(path, bytes)
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

describe('what is written', () => {
  const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
  const vector = fc
    .array(number, { minLength: WIDTH, maxLength: WIDTH })
    .filter((values) => values.some((v) => Math.abs(v) > 1e-3))
    .map((values) => Float32Array.from(values))

  test('is read again to the bit', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'v.gguf')
    const layers = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1 })
    fc.assert(
      fc.property(layers, fc.array(vector, { minLength: 5, maxLength: 5 }), (chosen, vectors) => {
        const written = new Map(chosen.map((layer, i) => [layer, vectors[i]!]))
        writeControlVector(path, {
          layers: written,
          modelHint: 'llama',
          facts: { name: 'calm', model: 'abc', strength: 0.1 },
        })
        const read = readControlVector(path, LIMITS)
        expect(read).toMatchObject({
          format: 'gguf',
          producer: 'duress',
          modelHint: 'llama',
          modelSha256: 'abc',
          notes: [],
        })
        expect(read.layers).toEqual(new Map([...written].toSorted(([a], [b]) => a - b)))
      }),
    )
  })

  test('has the keys and tensors that llama.cpp loads, and the same bytes again', async () => {
    await using folder = await temporaryFolder()
    const [a, b] = [join(folder.path, 'a.gguf'), join(folder.path, 'b.gguf')]
    const layers = new Map([
      [3, Float32Array.from([1, 2, 3])],
      [1, Float32Array.from([4, 5, 6])],
    ])
    for (const path of [a, b]) writeControlVector(path, { layers, modelHint: 'qwen2', facts: {} })
    const expected = rawFile(
      [ARCHITECTURE, ['controlvector.model_hint', STRING, text('qwen2')], ['controlvector.layer_count', U32, u32(2)]],
      [
        { name: 'direction.1', values: [4, 5, 6] },
        { name: 'direction.3', values: [1, 2, 3] },
      ],
    )
    expect(readFileSync(a).equals(expected)).toBe(true)
    expect(readFileSync(b).equals(expected)).toBe(true)
  })

  test('never holds block 0', () => {
    const layers = new Map([[0, Float32Array.from([1])]])
    expect(() => writeControlVector('/nowhere', { layers, modelHint: 'llama', facts: {} })).toThrow(/leave layer 0 out/)
  })
})

test.each([
  { producer: 'repeng', keys: [ARCHITECTURE, HINT, ['controlvector.layer_count', U32, u32(2)]], says: [] },
  {
    producer: 'cvector-generator',
    keys: [ARCHITECTURE, HINT, ['controlvector.layer_count', I32, i32(2)]],
    says: [/measures direction\.N after block N−1/],
  },
  {
    producer: 'EasySteer',
    keys: [
      ARCHITECTURE,
      HINT,
      ['controlvector.method', STRING, text('diffmean')],
      ['controlvector.layer_count', U32, u32(2)],
    ],
    says: [],
  },
  { producer: 'unknown', keys: [], says: [] },
] satisfies readonly { producer: string; keys: readonly Key[]; says: readonly RegExp[] }[])(
  'a file of $producer is known as such; N stays N',
  async ({ producer, keys, says }) => {
    await using file = await fileOf(rawFile(keys, [ones(2), ones(4)]))
    const read = readControlVector(file.path, LIMITS)
    expect(read.producer).toBe(producer)
    expect([...read.layers.keys()]).toEqual([2, 4])
    expect(read.layers.get(4)).toEqual(new Float32Array(WIDTH).fill(5))
    expect(read.notes).toHaveLength(says.length)
    for (const [i, say] of says.entries()) expect(read.notes[i]).toMatch(say)
  },
)

test('EasySteer writes direction.0, which llama.cpp refuses: it is kept, with a note', async () => {
  await using file = await fileOf(rawFile([ARCHITECTURE, HINT], [ones(0), ones(1)]))
  const { layers, notes } = readControlVector(file.path, LIMITS)
  expect([...layers.keys()]).toEqual([0, 1])
  expect(notes.join()).toContain('direction.0')
})

test('only the layers that are wanted are looked at', async () => {
  const zero = { name: 'direction.3', values: Array<number>(WIDTH).fill(0) }
  await using file = await fileOf(rawFile([ARCHITECTURE], [ones(1), zero, ones(2)]))
  expect([...readControlVector(file.path, { ...LIMITS, wanted: [2] }).layers.keys()]).toEqual([2])
  expect(() => readControlVector(file.path, LIMITS)).toThrow(/direction\.3 is zero everywhere/)
  expect(() => readControlVector(file.path, { ...LIMITS, wanted: [5] })).toThrow(/no vector for layer 5/)
})

const wide = (values: readonly number[]): RawTensor => ({ name: 'direction.1', values })
test.each([
  { name: 'a model', keys: [['general.architecture', STRING, text('llama')]], tensors: [ones(1)], says: /got "llama"/ },
  { name: 'no tensors', keys: [ARCHITECTURE], tensors: [], says: /expected vectors, found none/ },
  { name: 'another tensor', keys: [ARCHITECTURE], tensors: [{ name: 'mean.1', values: [1] }], says: /got "mean\.1"/ },
  { name: 'no number', keys: [ARCHITECTURE], tensors: [{ name: 'direction.x', values: [1] }], says: /direction\.x/ },
  { name: 'another width', keys: [], tensors: [wide([1, 2])], says: /direction\.1 has 2 numbers, the model is 8 wide/ },
  { name: 'NaN', keys: [], tensors: [wide([1, 2, Number.NaN, 4, 5, 6, 7, 8])], says: /holds NaN at place 2/ },
  { name: 'infinity', keys: [], tensors: [wide([1, 2, 3, 4, 5, 6, 7, Infinity])], says: /holds Infinity at place 7/ },
  { name: 'zeros', keys: [], tensors: [wide(Array<number>(WIDTH).fill(0))], says: /zero everywhere/ },
  {
    name: 'half precision',
    keys: [],
    tensors: [{ ...ones(1), type: F16, dims: [16] }],
    says: /type F16, expected F32/,
  },
  { name: 'a matrix', keys: [], tensors: [{ ...ones(1), dims: [4, 2] }], says: /shape 4×2/ },
  { name: 'a layer too deep', keys: [], tensors: [ones(6)], says: /layer 6, but the model has layers 0 to 5/ },
  {
    name: 'a layer of ten digits',
    keys: [],
    tensors: [{ name: 'direction.1234567890', values: [1] }],
    says: /expected tensors direction\.N/,
  },
  {
    name: 'one layer twice',
    keys: [],
    tensors: [ones(1), { ...ones(1), name: 'direction.01' }],
    says: /both for layer 1/,
  },
  {
    name: 'a width of 2^39',
    keys: [],
    tensors: [{ ...ones(1), dims: [2 ** 39] }],
    says: /ends at byte|more than duress accepts/,
  },
] satisfies readonly { name: string; keys: readonly Key[]; tensors: readonly RawTensor[]; says: RegExp }[])(
  'refused: $name',
  async ({ keys, tensors, says }) => {
    await using file = await fileOf(rawFile(keys, tensors))
    expect(() => readControlVector(file.path, LIMITS)).toThrow(says)
    expect(() => readControlVector(file.path, LIMITS)).toThrow(file.path)
  },
)

test('cut off or corrupt anywhere, a file is read or refused, nothing else', async () => {
  const whole = rawFile([ARCHITECTURE, HINT, ['controlvector.layer_count', U32, u32(2)]], [ones(1), ones(2)])
  await using file = await fileOf(whole)
  const isReadOrRefused = (bytes: Buffer): void => {
    writeFileSync(file.path, bytes)
    try {
      const { layers } = readControlVector(file.path, LIMITS)
      for (const vector of layers.values()) expect(vector).toHaveLength(WIDTH)
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
    { numRuns: 300 },
  )
  writeFileSync(file.path, whole)
  expect(readControlVector(file.path, LIMITS).layers.size).toBe(2)
})
