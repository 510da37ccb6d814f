import type { KvType } from '../model/graph-builder.ts'
import { floats, halves, type Tensor, type Tensors } from './session.ts'

export interface ArenaShape {
  readonly layers: number
  readonly kvHeads: number
  readonly headSize: number
  /** Rows that fit. */
  readonly slots: number
  /** Tokens that fit in a row. */
  readonly capacity: number
  readonly type: KvType
}

/**
 * Keys and values of all rows: one (slots, kvHeads, capacity, headSize) array a layer each for keys and values.
 * A row is a contiguous slice, so one row can be prefilled in place and rows 0…n−1 decoded as one batch without copies.
 */
export interface Arena {
  readonly shape: ArenaShape
  /** Feeds and fetches over the same memory: the attention appends in place. */
  tensors(firstSlot: number, rows: number): { readonly inputs: Tensors; readonly outputs: Tensors }
  copyRow(from: number, to: number, tokens: number): void
  /** A copy of a row's tokens from `from` to `to` (exclusive). */
  save(slot: number, from: number, to: number): SavedKv
  /** Writes the first `tokens` saved tokens to the places from `at` on. */
  restore(saved: SavedKv, slot: number, at: number, tokens: number): void
}

/** (layers × {key, value} × kvHeads, tokens, headSize) */
export interface SavedKv {
  readonly tokens: number
  readonly data: Numbers
}

/** Fp32 numbers, or the bits of fp16 numbers: they are only moved. */
type Numbers = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

export const kvBytesPerToken = (
  shape: { readonly layers: number; readonly kvHeads: number; readonly headSize: number },
  type: KvType,
): number => shape.layers * 2 * shape.kvHeads * shape.headSize * (type === 'f16' ? 2 : 4)

export function createArena(shape: ArenaShape): Arena {
  const { layers, kvHeads, headSize, slots, capacity } = shape
  const numbers: (length: number) => Numbers = shape.type === 'f16' ? halves : floats
  const head = capacity * headSize
  const row = kvHeads * head
  const buffers = Array.from({ length: layers * 2 }, () => numbers(slots * row))
  const eachHead = (visit: (buffer: Numbers, headIndex: number, serial: number) => void) => {
    let serial = 0
    for (const buffer of buffers) for (let h = 0; h < kvHeads; h++) visit(buffer, h, serial++)
  }
  return {
    shape,
    tensors(firstSlot, rows) {
      const dims = [rows, kvHeads, capacity, headSize]
      const inputs: Record<string, Tensor> = {}
      const outputs: Record<string, Tensor> = {}
      for (const [i, buffer] of buffers.entries()) {
        const name = `${i % 2 === 0 ? 'key' : 'value'}.${i >> 1}`
        const tensor = { data: buffer.subarray(firstSlot * row, (firstSlot + rows) * row), dims }
        inputs[`past_${name}`] = tensor
        outputs[`present_${name}`] = tensor
      }
      return { inputs, outputs }
    },
    copyRow(from, to, tokens) {
      eachHead((buffer, h) => {
        const start = from * row + h * head
        buffer.copyWithin(to * row + h * head, start, start + tokens * headSize)
      })
    },
    save(slot, from, to) {
      const tokens = to - from
      const data = numbers(buffers.length * kvHeads * tokens * headSize)
      eachHead((buffer, h, serial) => {
        const start = slot * row + h * head + from * headSize
        data.set(buffer.subarray(start, start + tokens * headSize), serial * tokens * headSize)
      })
      return { tokens, data }
    },
    restore(saved, slot, at, tokens) {
      eachHead((buffer, h, serial) => {
        const start = serial * saved.tokens * headSize
        buffer.set(saved.data.subarray(start, start + tokens * headSize), slot * row + h * head + at * headSize)
      })
    },
  }
}
