import { closeSync, openSync, writeSync } from 'node:fs'
import { TENSOR_TYPES, tensorBytes, type TensorType } from './gguf-types.ts'

export type WriteValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'u32'; readonly value: number }
  | { readonly type: 'u64'; readonly value: bigint }
  | { readonly type: 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s'; readonly value: readonly number[] }
  | { readonly type: 'f32s'; readonly value: readonly number[] }
  | { readonly type: 'bools'; readonly value: readonly boolean[] }

export interface WriteTensor {
  readonly name: string
  readonly type: TensorType
  /** GGML order: fastest first. */
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

const ALIGNMENT = 32
const align = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT

/** Writes a GGUF version 3 file; same input, same bytes. */
export function writeGguf(
  path: string,
  metadata: Readonly<Record<string, WriteValue>>,
  tensors: readonly WriteTensor[],
): void {
  const header = headerBytes(metadata, tensors)
  const fd = openSync(path, 'w')
  try {
    writeSync(fd, header)
    for (const tensor of tensors) {
      writeSync(fd, tensor.data)
      writeSync(fd, new Uint8Array(align(tensor.data.length) - tensor.data.length))
    }
  } finally {
    closeSync(fd)
  }
}

function headerBytes(metadata: Readonly<Record<string, WriteValue>>, tensors: readonly WriteTensor[]): Uint8Array {
  const keys = Object.entries(metadata)
  const parts: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(keys.length)]
  for (const [key, value] of keys) parts.push(text(key), valueBytes(value))
  let offset = 0
  for (const { name, type, dims, data } of tensors) {
    const expected = tensorBytes(
      type,
      dims.reduce((a, b) => a * b, 1),
    )
    if (data.length !== expected) throw new RangeError(`tensor ${name}: expected ${expected} bytes, got ${data.length}`)
    parts.push(text(name), u32(dims.length), ...dims.map(u64), u32(TENSOR_TYPES[type].id), u64(offset))
    offset += align(data.length)
  }
  const bytes = Buffer.concat(parts)
  return Buffer.concat([bytes, Buffer.alloc(align(bytes.length) - bytes.length)])
}

function valueBytes(v: WriteValue): Buffer {
  switch (v.type) {
    case 'string':
      return Buffer.concat([u32(8), text(v.value)])
    case 'u32':
      return Buffer.concat([u32(4), u32(v.value)])
    case 'u64':
      return Buffer.concat([u32(10), u64(v.value)])
    case 'f32':
      return Buffer.concat([u32(6), f32(v.value)])
    case 'bool':
      return Buffer.concat([u32(7), Buffer.from([v.value ? 1 : 0])])
    case 'strings':
      return Buffer.concat([u32(9), u32(8), u64(v.value.length), ...v.value.map(text)])
    case 'i32s':
      return Buffer.concat([u32(9), u32(5), u64(v.value.length), ...v.value.map(i32)])
    case 'f32s':
      return Buffer.concat([u32(9), u32(6), u64(v.value.length), ...v.value.map(f32)])
    case 'bools':
      return Buffer.concat([u32(9), u32(7), u64(v.value.length), Buffer.from(v.value.map(Number))])
  }
}

function u32(n: number): Buffer {
  const b = Buffer.alloc(4)
  b.writeUInt32LE(n)
  return b
}
function i32(n: number): Buffer {
  const b = Buffer.alloc(4)
  b.writeInt32LE(n)
  return b
}
function f32(n: number): Buffer {
  const b = Buffer.alloc(4)
  b.writeFloatLE(n)
  return b
}
function u64(n: number | bigint): Buffer {
  const b = Buffer.alloc(8)
  b.writeBigUInt64LE(BigInt(n))
  return b
}
function text(s: string): Buffer {
  const b = Buffer.from(s)
  return Buffer.concat([u64(b.length), b])
}
