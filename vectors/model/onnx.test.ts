import { join } from 'node:path'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { SPEC } from '../engine/test/organism.ts'
import { readArchitecture } from './architecture.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { openGguf } from './gguf.ts'
import { buildGraph } from './graph.ts'
import { createGraph, microsoft } from './onnx.ts'
import { writeOrganism } from './organism.ts'
import { buildWeights } from './weights.ts'

/** Another library's reading of our bytes. */
const decode = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, new Uint8Array(bytes))

describe('a graph with one of everything', () => {
  const graph = createGraph()
  graph.input('x', 'f32', ['B', 300])
  graph.output('y', 'i64', [])
  graph.constant('shape', 'i64', [2], new Uint8Array(BigInt64Array.of(-1n, 300n).buffer))
  graph.external('w', 'u8', [70_000, 3], { file: 'weights.data', offset: 2 ** 33, bytes: 210_000 })
  const first = graph.node('Reshape', ['x', 'shape'], {
    attributes: { flag: 0, many: [0, -1, 2 ** 40], word: 'größe', number: { float: 0.1 } },
  })
  graph.node('MatMulNBits', [first, '', 'w'], microsoft({ K: 300 }, ['y', '', 'z']))
  const model = decode(graph.encode())

  test('is read back by onnx-buf as written', () => {
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
      ['', 21n],
      ['com.microsoft', 1n],
    ])
    const [reshape, product] = model.graph!.node
    expect(product).toMatchObject({
      opType: 'MatMulNBits',
      domain: 'com.microsoft',
      input: [first, '', 'w'],
      output: ['y', '', 'z'],
    })
    const attributes = Object.fromEntries(reshape!.attribute.map((a) => [a.name, a]))
    expect(attributes['flag']).toMatchObject({ i: 0n, type: 2 })
    expect(attributes['many']).toMatchObject({ ints: [0n, -1n, 2n ** 40n], type: 7 })
    expect(Buffer.from(attributes['word']!.s).toString()).toBe('größe')
    expect(attributes['number']!.f).toBe(Math.fround(0.1))
    const [shape, weights] = model.graph!.initializer
    expect([...new BigInt64Array(shape!.rawData.slice().buffer)]).toEqual([-1n, 300n])
    expect(weights!.dims).toEqual([70_000n, 3n])
    const where = Object.fromEntries(weights!.externalData.map(({ key, value }) => [key, value]))
    expect(where).toEqual({ location: 'weights.data', offset: String(2 ** 33), length: '210000' })
  })

  test('node names are all different', () => {
    const names = model.graph!.node.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  test('re-encodes to the same length', () => {
    expect(toBinary(ModelProtoSchema, model)).toHaveLength(graph.encode().length)
  })
})

test('the decoder graph: every name that is read is made before, and the bytes survive another library', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'organism.gguf')
  writeOrganism(path, { ...SPEC, type: 'Q8_0' })
  using gguf = openGguf(path)
  const architecture = readArchitecture(gguf)
  const { index } = await buildWeights(gguf, architecture, { folder: join(folder.path, 'built') })
  const basis = new Map([[1, new Float32Array(architecture.width * 2)]])
  const bytes = buildGraph(architecture, index, {
    steerLayers: [0, 3],
    operations: 2,
    captureLayers: [1, 3],
    basis,
    precision: 'int8',
    kvType: 'f32',
  })
  const { graph } = decode(bytes)
  expect(toBinary(ModelProtoSchema, decode(bytes))).toHaveLength(bytes.length)
  const known = new Set(['', ...graph!.input.map((i) => i.name), ...graph!.initializer.map((t) => t.name)])
  for (const node of graph!.node) {
    for (const input of node.input) expect(known, `${node.opType} reads ${input}`).toContain(input)
    for (const output of node.output.filter(Boolean)) {
      expect(known, `${output} is made twice`).not.toContain(output)
      known.add(output)
    }
  }
  const outputs = graph!.output.map((o) => o.name)
  expect(outputs).toEqual(
    expect.arrayContaining(['logprobs', 'projection.1', 'norm.3', 'residual.3', 'present_value.3']),
  )
  for (const output of outputs) expect(known).toContain(output)
})
