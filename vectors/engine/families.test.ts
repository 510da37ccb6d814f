import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTiny, tinyFile, type TinyFile, tinySpec, tinyTokens } from '../model/test/tiny.ts'
import type { OpenOptions } from './open.ts'
import { randomBasis } from './test/organism.ts'
import { addition, bitsOf, bytesOf, macrotasks, requestOf, rowPlan, steeringOf, type RowPlan } from './test/requests.ts'
import type { Engine, Generation } from './types.ts'

const RUNS = { numRuns: 10, seed: 11 } as const

/** The laws of laws.test.ts on decoders with norms of queries and keys, and on one with windows, which are shorter than most rows here. */
describe.each([
  { family: 'qwen3', type: 'Q8_0', headSize: 32 },
  { family: 'gemma3', type: 'F32', headSize: 32 },
  { family: 'gemma3', type: 'Q8_0', headSize: 32 },
  { family: 'gemma3', type: 'Q8_0', headSize: 256, layers: 2 },
] as const)('$family in $type, heads of $headSize', ({ family, type, ...sizes }) => {
  const tiny = makeTiny(tinySpec(family, { ...sizes, typeOf: () => type }))
  const { spec } = tiny
  const capture = Array.from({ length: spec.layers }, (_, layer) => layer)
  const steer = [0, spec.layers - 1]
  const plans = rowPlan(steer, 150)
  let file: TinyFile
  const engines: Engine[] = []
  const open = async (options: Partial<OpenOptions> = {}): Promise<Engine> => {
    const basis = randomBasis(capture, 3, spec.width)
    const engine = await file.open({ steerLayers: steer, captureLayers: capture, basis, ...options })
    engines.push(engine)
    return engine
  }
  const play = async (engine: Engine, rows: readonly RowPlan[]): Promise<Generation[]> =>
    Promise.all(
      rows.map(async (plan) => {
        await macrotasks(plan.delay)
        return engine.generate(requestOf(plan, spec))
      }),
    )
  beforeAll(() => {
    file = tinyFile(tiny)
  })
  afterAll(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  test('(a) strength 0 leaves the bytes of an engine without steering', async () => {
    const [steered, plain] = [await open(), await open({ steerLayers: [] })]
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { tokens } = requestOf(plan, spec)
        const none = steer.map((layer) => ({ layer, vector: 0, coefficient: 0 }))
        const positions = [tokens.length - 1, 0]
        const ours = await steered.logprobs({
          tokens,
          positions,
          steering: steeringOf({ ...plan, steer: none }, spec),
        })
        expect(bytesOf(ours)).toBe(bytesOf(await plain.logprobs({ tokens, positions })))
        const [a] = await play(steered, [{ ...plan, steer: none }])
        const [b] = await play(plain, [{ ...plan, steer: [] }])
        expect({ ...(bitsOf(a!) as object), receipt: null }).toEqual({ ...(bitsOf(b!) as object), receipt: null })
      }),
      RUNS,
    )
  })

  test.each([
    { threads: 1, maxRows: 3 },
    { threads: 2, maxRows: 16 },
  ])('(b) a row has the same bytes in any company (threads $threads, rows $maxRows)', async (options) => {
    const [mixed, alone] = [await open(options), await open({ maxRows: 1 })]
    await fc.assert(
      fc.asyncProperty(fc.array(plans, { minLength: 2, maxLength: 7 }), async (rows) => {
        const together = (await play(mixed, rows)).map(bitsOf)
        const single: unknown[] = []
        for (const row of rows) single.push(...(await play(alone, [{ ...row, delay: 0 }])).map(bitsOf))
        expect(together).toEqual(single)
      }),
      RUNS,
    )
    expect(mixed.stats().reusedTokens).toBeGreaterThan(0)
  })

  test('(c) the stream after the steered block moves by the delta at selected tokens, by nothing at the others', async () => {
    const engine = await open()
    await fc.assert(
      fc.asyncProperty(
        plans,
        fc.constantFrom(...steer),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        async (plan, layer, size) => {
          const { tokens } = requestOf(plan, spec)
          const steering = { ...steeringOf(plan, spec), additions: [addition(layer, 'law', size, spec.width)] }
          const { residuals: after } = await engine.read({ tokens, layers: [layer], steering })
          const { residuals: before } = await engine.read({ tokens, layers: [layer] })
          const moved = after[0]!.map((v, i) => v - before[0]![i]!)
          const { vector } = steering.additions[0]!
          for (let t = 0; t < tokens.length; t++) {
            const row = moved.subarray(t * spec.width, (t + 1) * spec.width)
            if (steering.selected[t] === 1) {
              expect(Math.hypot(...row.map((v, h) => v - size * vector[h]!)) / size).toBeLessThan(1e-3)
            } else expect(row.every((v) => v === 0)).toBe(true)
          }
        },
      ),
      RUNS,
    )
  })

  test('the bytes of a token do not depend on how much of the prompt follows it', async () => {
    const tokens = tinyTokens('long', 400, spec)
    const read = async (length: number) => {
      await using engine = await file.open({ captureLayers: capture })
      return engine.read({ tokens: tokens.slice(0, length), layers: capture })
    }
    const whole = await read(400)
    // A text read in one run may end in a tile of one query, which has other bytes (chunks.ts); prompts are never cut so.
    for (const length of [2, 18, 63, 64, 66, 128, 130, 150, 256, 258, 300, 322, 386]) {
      const { residuals } = await read(length)
      for (const [l, found] of residuals.entries())
        expect(bytesOf(found), `${length} tokens`).toBe(bytesOf(whole.residuals[l]!.slice(0, found.length)))
    }
  })

  test('both ways into ONNX Runtime give the same bytes', async () => {
    const [one, other] = [await open(), await open({ backend: 'package' })]
    const rows = fc.sample(plans, { numRuns: 4, seed: 3 })
    expect((await play(one, rows)).map(bitsOf)).toEqual((await play(other, rows)).map(bitsOf))
  })
})
