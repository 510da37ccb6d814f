/** Writes ONNX protobuf: just the messages a decoder graph needs (field numbers from onnx.proto3, IR version 10). */

export const TYPE_ID = { f32: 1, u8: 2, i32: 6, i64: 7, f16: 10 } as const
export type OnnxType = keyof typeof TYPE_ID
export type Dimension = number | string
export type Attribute = number | string | readonly number[] | { readonly float: number }

/** Where an initializer's bytes lie in the external data file. */
export interface ExternalData {
  readonly file: string
  readonly offset: number
  readonly bytes: number
}

export interface Graph {
  input(name: string, type: OnnxType, dims: readonly Dimension[]): string
  output(name: string, type: OnnxType, dims: readonly Dimension[]): string
  /** Small constants, kept in the graph file. */
  constant(name: string, type: OnnxType, dims: readonly number[], data: Uint8Array): string
  external(name: string, type: OnnxType, dims: readonly number[], where: ExternalData): string
  /** Adds a node and returns its first output; other outputs by the names given. */
  node(op: string, inputs: readonly string[], options?: NodeOptions): string
  encode(): Uint8Array
}

export interface NodeOptions {
  readonly outputs?: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** @default '' (the standard operators) */
  readonly domain?: string
}

const MICROSOFT = 'com.microsoft'
export const microsoft = (attributes: Readonly<Record<string, Attribute>>, outputs?: readonly string[]): NodeOptions =>
  outputs ? { domain: MICROSOFT, attributes, outputs } : { domain: MICROSOFT, attributes }

export function createGraph(): Graph {
  const nodes: Message[] = []
  const initializers: Message[] = []
  const inputs: Message[] = []
  const outputs: Message[] = []
  let serial = 0
  return {
    input(name, type, dims) {
      inputs.push(valueInfo(name, type, dims))
      return name
    },
    output(name, type, dims) {
      outputs.push(valueInfo(name, type, dims))
      return name
    },
    constant(name, type, dims, data) {
      initializers.push(tensorHead(name, type, dims).bytes(9, data))
      return name
    },
    external(name, type, dims, where) {
      initializers.push(externalTensor(name, type, dims, where))
      return name
    },
    node(op, nodeInputs, { outputs: names, attributes = {}, domain = '' } = {}) {
      const results = names ?? [`${op}_${serial++}`]
      nodes.push(
        nodeMessage({ op, name: `n_${op}_${serial++}`, inputs: nodeInputs, outputs: results, attributes, domain }),
      )
      return results[0]!
    },
    encode() {
      const graph = message()
      for (const node of nodes) graph.message(1, node)
      graph.text(2, 'duress')
      for (const initializer of initializers) graph.message(5, initializer)
      for (const input of inputs) graph.message(11, input)
      for (const output of outputs) graph.message(12, output)
      return message()
        .integer(1, 10)
        .text(2, 'duress')
        .message(7, graph)
        .message(8, message().text(1, '').integer(2, 21))
        .message(8, message().text(1, MICROSOFT).integer(2, 1))
        .encode()
    },
  }
}

function valueInfo(name: string, type: OnnxType, dims: readonly Dimension[]): Message {
  const shape = message()
  for (const d of dims) shape.message(1, typeof d === 'number' ? message().integer(1, d) : message().text(2, d))
  return message()
    .text(1, name)
    .message(2, message().message(1, message().integer(1, TYPE_ID[type]).message(2, shape)))
}

function tensorHead(name: string, type: OnnxType, dims: readonly number[]): Message {
  const tensor = message()
  for (const d of dims) tensor.integer(1, d)
  return tensor.integer(2, TYPE_ID[type]).text(8, name)
}

function externalTensor(name: string, type: OnnxType, dims: readonly number[], where: ExternalData): Message {
  const entry = (key: string, value: string) => message().text(1, key).text(2, value)
  return tensorHead(name, type, dims)
    .message(13, entry('location', where.file))
    .message(13, entry('offset', String(where.offset)))
    .message(13, entry('length', String(where.bytes)))
    .integer(14, 1)
}

function nodeMessage(n: {
  op: string
  name: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Readonly<Record<string, Attribute>>
  domain: string
}): Message {
  const node = message()
  for (const input of n.inputs) node.text(1, input)
  for (const output of n.outputs) node.text(2, output)
  node.text(3, n.name).text(4, n.op)
  for (const [name, value] of Object.entries(n.attributes)) node.message(5, attributeMessage(name, value))
  return n.domain ? node.text(7, n.domain) : node
}

function attributeMessage(name: string, value: Attribute): Message {
  const a = message().text(1, name)
  if (typeof value === 'number') return a.integer(3, value).integer(20, 2)
  if (typeof value === 'string') return a.text(4, value).integer(20, 3)
  if ('float' in value) return a.float(2, value.float).integer(20, 1)
  for (const v of value) a.integer(8, v)
  return a.integer(20, 7)
}

interface Message {
  readonly parts: Uint8Array[]
  length: number
  integer(field: number, value: number): Message
  float(field: number, value: number): Message
  bytes(field: number, value: Uint8Array): Message
  text(field: number, value: string): Message
  message(field: number, value: Message): Message
  encode(): Uint8Array
}

function message(): Message {
  const parts: Uint8Array[] = []
  const self: Message = {
    parts,
    length: 0,
    integer: (field, value) => push(varint(field * 8), varint(value)),
    float(field, value) {
      const b = new Uint8Array(4)
      new DataView(b.buffer).setFloat32(0, value, true)
      return push(varint(field * 8 + 5), b)
    },
    bytes: (field, value) => push(varint(field * 8 + 2), varint(value.length), value),
    text: (field, value) => self.bytes(field, new TextEncoder().encode(value)),
    message: (field, value) => push(varint(field * 8 + 2), varint(value.length), ...value.parts),
    encode: () => Buffer.concat(parts),
  }
  function push(...bytes: readonly Uint8Array[]): Message {
    for (const b of bytes) {
      parts.push(b)
      self.length += b.length
    }
    return self
  }
  return self
}

/** Base-128 number, low groups first; negative numbers as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value))
  const out: number[] = []
  do {
    const group = Number(rest & 127n)
    rest >>= 7n
    out.push(rest ? group | 128 : group)
  } while (rest)
  return Uint8Array.from(out)
}
