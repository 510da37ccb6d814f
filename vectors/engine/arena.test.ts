import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ArenaShape, createArena, kvBytesPerToken, type Arena } from './arena.ts'

const shape = fc.record({
  layers: fc.integer({ min: 1, max: 3 }),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  headSize: fc.constantFrom(2, 4),
  slots: fc.integer({ min: 2, max: 4 }),
  capacity: fc.integer({ min: 2, max: 9 }),
  type: fc.constantFrom('f32' as const, 'f16' as const),
})

/** Fills every number with a value of its own (the first 16 bits of it) and returns a reader of (buffer, slot, head, token) vectors. */
function numbered({ kvHeads, headSize, slots, capacity }: ArenaShape, arena: Arena) {
  const buffers = Object.values(arena.tensors(0, slots).inputs).map(({ data }) => data as Float32Array | Uint16Array)
  for (const [b, buffer] of buffers.entries())
    for (let i = 0; i < buffer.length; i++) buffer[i] = (b * 7919 + i) % 65_521
  const vector = (buffer: Float32Array | Uint16Array, slot: number, head: number, token: number) => {
    const at = ((slot * kvHeads + head) * capacity + token) * headSize
    return [...buffer.subarray(at, at + headSize)]
  }
  /** The first `tokens` tokens of a slot. */
  const row = (slot: number, tokens: number) =>
    buffers.map((buffer) =>
      Array.from({ length: kvHeads }, (_, h) => Array.from({ length: tokens }, (_, t) => vector(buffer, slot, h, t))),
    )
  return { row, all: () => buffers.map((buffer) => [...buffer]) }
}

/** No value of `numbered`. */
const EMPTY = 65_535

const picks = fc.tuple(fc.nat(), fc.nat(), fc.nat())

test('a row copied to another slot is the same there, and nothing else moves', () => {
  fc.assert(
    fc.property(shape, picks, (shape, [a, b, n]) => {
      const arena = createArena(shape)
      const { row } = numbered(shape, arena)
      const [from, to, tokens] = [a % shape.slots, b % shape.slots, n % (shape.capacity + 1)]
      const others = (slot: number) => slot !== to
      const slots = Array.from({ length: shape.slots }, (_, s) => s).filter(others)
      const before = { source: row(from, tokens), others: slots.map((s) => row(s, shape.capacity)) }
      arena.copyRow(from, to, tokens)
      expect(row(to, tokens)).toEqual(before.source)
      expect(slots.map((s) => row(s, shape.capacity))).toEqual(before.others)
    }),
  )
})

test('saved tokens come back at their places in any slot, all or the first of them, whatever happened since', () => {
  fc.assert(
    fc.property(shape, picks, fc.nat(), (shape, [a, b, n], m) => {
      const arena = createArena(shape)
      const { row, all } = numbered(shape, arena)
      const [from, to, saved] = [a % shape.slots, b % shape.slots, n % (shape.capacity + 1)]
      const start = m % (saved + 1)
      const restored = (m >> 4) % (saved - start + 1)
      const source = row(from, start + restored)
      const kept = arena.save(from, start, saved)
      for (const { data } of Object.values(arena.tensors(0, shape.slots).inputs)) data.fill(EMPTY as never)
      arena.restore(kept, to, start, restored)
      const own = (rows: ReturnType<typeof row>) => rows.map((heads) => heads.map((tokens) => tokens.slice(start)))
      expect(own(row(to, start + restored))).toEqual(own(source))
      const written = 2 * shape.layers * shape.kvHeads * restored * shape.headSize
      expect(
        all()
          .flat()
          .filter((v) => v !== EMPTY),
      ).toHaveLength(written)
    }),
  )
})

test.each([
  ['f32', 4],
  ['f16', 2],
] as const)('feeds and fetches of a row are the same memory, named for the graph: %s', (type, bytes) => {
  const arena = createArena({ layers: 2, kvHeads: 1, headSize: 2, slots: 3, capacity: 5, type })
  const { inputs, outputs } = arena.tensors(1, 2)
  expect(Object.keys(inputs)).toEqual(['past_key.0', 'past_value.0', 'past_key.1', 'past_value.1'])
  for (const name of ['key.0', 'value.0', 'key.1', 'value.1']) {
    expect(outputs[`present_${name}`]).toBe(inputs[`past_${name}`])
    expect(inputs[`past_${name}`]!.dims).toEqual([2, 1, 5, 2])
    expect(inputs[`past_${name}`]!.data.byteOffset).toBe(1 * 5 * 2 * bytes)
  }
})

test('bytes of a token: keys and values of every layer and head', () => {
  const shape = { layers: 30, kvHeads: 3, headSize: 64 }
  expect(kvBytesPerToken(shape, 'f32')).toBe(46_080)
  expect(kvBytesPerToken(shape, 'f16')).toBe(23_040)
})
