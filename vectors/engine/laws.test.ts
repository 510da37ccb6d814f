import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_LAYERS, organismFile, randomBasis, type OrganismFile } from './test/organism.ts'
import { addition, bitsOf, bytesOf, macrotasks, requestOf, rowPlan, steeringOf, type RowPlan } from './test/requests.ts'
import type { OpenOptions } from './open.ts'
import type { Engine, Generation } from './types.ts'

const STEER = [0, 2]
const PLAN = rowPlan(STEER, 40)
/** Several chunks long. */
const LONG_PLAN = rowPlan(STEER, 230)

const RUNS = { numRuns: 12, seed: 7 } as const

describe.each([
  ['F32', 'f32'],
  ['Q8_0', 'f32'],
  ['Q8_0', 'f16'],
] as const)('organism in %s, keys and values in %s', (type, kvType) => {
  let file: OrganismFile
  const engines: Engine[] = []
  const open = async (options: Partial<OpenOptions> = {}): Promise<Engine> => {
    const basis = randomBasis(ALL_LAYERS, 3, file.width)
    const engine = await file.open({ steerLayers: STEER, captureLayers: ALL_LAYERS, basis, kvType, ...options })
    engines.push(engine)
    return engine
  }
  const play = async (engine: Engine, plans: readonly RowPlan[]): Promise<Generation[]> =>
    Promise.all(
      plans.map(async (plan) => {
        await macrotasks(plan.delay)
        return engine.generate(requestOf(plan, file))
      }),
    )
  beforeAll(() => {
    file = organismFile({ type })
  })
  afterAll(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  test('(a) strength 0 leaves the bytes of an engine without steering', async () => {
    const steered = await open({ kvBytes: 32 << 20 })
    const plain = await open({ steerLayers: [] })
    await fc.assert(
      fc.asyncProperty(PLAN, fc.constantFrom('none', 'zero'), async (plan, how) => {
        const steer = how === 'none' ? [] : STEER.map((layer) => ({ layer, vector: 0, coefficient: 0 }))
        const { tokens } = requestOf(plan, file)
        const positions = [tokens.length - 1, 0]
        const ours = { tokens, positions, steering: steeringOf({ ...plan, steer }, file) }
        expect(bytesOf(await steered.logprobs(ours))).toBe(bytesOf(await plain.logprobs({ tokens, positions })))
        const [a] = await play(steered, [{ ...plan, steer }])
        const [b] = await play(plain, [{ ...plan, steer: [] }])
        expect({ ...(bitsOf(a!) as object), receipt: null }).toEqual({ ...(bitsOf(b!) as object), receipt: null })
      }),
      RUNS,
    )
  })

  test.each([
    { threads: 1, maxRows: 1 },
    { threads: 1, maxRows: 3 },
    { threads: 2, maxRows: 16 },
  ])('(b) a row has the same bytes in any company (threads $threads, rows $maxRows)', async (options) => {
    const mixed = await open(options)
    const alone = await open({ maxRows: 1 })
    await fc.assert(
      fc.asyncProperty(fc.array(PLAN, { minLength: 2, maxLength: 7 }), async (plans) => {
        const together = (await play(mixed, plans)).map(bitsOf)
        const single: unknown[] = []
        for (const plan of plans) single.push(...(await play(alone, [{ ...plan, delay: 0 }])).map(bitsOf))
        expect(together).toEqual(single)
      }),
      RUNS,
    )
    expect(mixed.stats().reusedTokens).toBeGreaterThan(0)
  })

  test.each([
    { chunkTokens: 16, maxRows: 2 },
    { chunkTokens: 48, maxRows: 4, threads: 2 },
    { chunkTokens: 96, maxRows: 3, sharePrefixes: false },
    { chunkTokens: 256, maxRows: 1, sharePrefixes: false },
  ])(
    '(b) however a prompt is cut, and whether beginnings are shared or not: %o',
    async (options) => {
      const cut = await open({ ...options, kvBytes: 32 << 20 })
      const alone = await open({ maxRows: 1, sharePrefixes: false })
      await fc.assert(
        fc.asyncProperty(fc.array(LONG_PLAN, { minLength: 2, maxLength: 5 }), async (plans) => {
          const together = (await play(cut, plans)).map(bitsOf)
          const single: unknown[] = []
          for (const plan of plans) single.push(...(await play(alone, [{ ...plan, delay: 0 }])).map(bitsOf))
          expect(together).toEqual(single)
        }),
        RUNS,
      )
      const { reusedTokens } = cut.stats()
      expect(reusedTokens > 0).toBe(options.sharePrefixes ?? true)
    },
    60_000,
  )

  test('a size of chunks that no tile divides is refused', async () => {
    await expect(open({ chunkTokens: 100 })).rejects.toThrow('chunkTokens should be a multiple of 16, got 100')
  })

  test('(c) at the steered layer the residual moves by the delta at selected tokens, by nothing at the others', async () => {
    const engine = await open()
    await fc.assert(
      fc.asyncProperty(
        PLAN,
        fc.constantFrom(...STEER),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        async (plan, layer, size) => {
          const { tokens } = requestOf(plan, file)
          const steered = { ...steeringOf(plan, file), additions: [addition(layer, 'law', size, file.width)] }
          const { residuals: with_ } = await engine.read({ tokens, layers: [layer], steering: steered })
          const { residuals: without } = await engine.read({ tokens, layers: [layer] })
          const moved = with_[0]!.map((v, i) => v - without[0]![i]!)
          const { vector } = steered.additions[0]!
          for (let t = 0; t < tokens.length; t++) {
            const row = moved.subarray(t * file.width, (t + 1) * file.width)
            if (steered.selected[t] !== 1) {
              expect(row.every((v) => v === 0)).toBe(true)
              continue
            }
            const miss = Math.hypot(...row.map((v, h) => v - size * vector[h]!))
            expect(miss / size).toBeLessThan(1e-3)
          }
        },
      ),
      RUNS,
    )
  })
})
