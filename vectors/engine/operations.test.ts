import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { ALL_LAYERS, organismFile, type OrganismFile, randomBasis, randomUnit } from './test/organism.ts'
import { addition, bitsOf, bytesOf, requestOf, rowPlan, type RowPlan } from './test/requests.ts'
import type { Clamp, Engine, Steering } from './types.ts'

const LAYER = 2
const RUNS = { numRuns: 12, seed: 11 } as const

interface Plan {
  readonly row: RowPlan
  readonly clamps: readonly {
    readonly op: Clamp['op']
    readonly vector: number
    readonly bound: number
    readonly share?: number
  }[]
  readonly keepLength: boolean
}
const PLAN: fc.Arbitrary<Plan> = fc.record({
  row: rowPlan([LAYER], 40),
  clamps: fc.array(
    fc.record({
      op: fc.constantFrom<Clamp['op']>('ablate', 'cap', 'floor'),
      vector: fc.nat({ max: 3 }),
      bound: fc.double({ min: -20, max: 20, noNaN: true }),
      share: fc.constantFrom(1, 0.5, -1, 2),
    }),
    { maxLength: 2 },
  ),
  keepLength: fc.boolean(),
})

describe.each(['F32', 'Q8_0'] as const)('operations on %s', (type) => {
  let file: OrganismFile
  let engine: Engine
  let adding: Engine
  beforeAll(async () => {
    file = organismFile({ type })
    const basis = randomBasis(ALL_LAYERS, 3, file.width)
    const shared = { steerLayers: [LAYER], captureLayers: ALL_LAYERS, basis }
    engine = await file.open({ ...shared, operations: 2 })
    adding = await file.open(shared)
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await adding[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  const clamp = ({ op, vector, bound, share = 1 }: Plan['clamps'][number]): Clamp => ({
    op,
    layer: LAYER,
    vector: randomUnit(`c${vector}`, file.width),
    bound: op === 'ablate' ? 0 : bound,
    ...(op === 'ablate' && { share }),
    name: `c${vector}`,
    hash: `c${vector}`,
  })
  const requestFor = ({ row, clamps, keepLength }: Plan) => {
    const request = requestOf(row, file)
    const steering: Steering = { ...request.steering!, clamps: clamps.map(clamp), keepLength }
    return { ...request, steering }
  }

  test('unused, they leave every byte as an engine without them has it', async () => {
    await fc.assert(
      fc.asyncProperty(PLAN, async ({ row }) => {
        const request = requestOf(row, file)
        expect(bitsOf(await engine.generate(request))).toEqual(bitsOf(await adding.generate(request)))
      }),
      RUNS,
    )
  })

  test('(b) a row with operations has the same bytes in any company', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(PLAN, { minLength: 2, maxLength: 5 }), async (plans) => {
        const alone: unknown[] = []
        for (const plan of plans) alone.push(bitsOf(await engine.generate(requestFor(plan))))
        const together = await Promise.all(plans.map((plan) => engine.generate(requestFor(plan))))
        expect(together.map(bitsOf)).toEqual(alone)
      }),
      RUNS,
    )
  })

  test('(c) the residual is what the definition says at selected tokens, the same bytes at others, and the receipt measures it', async () => {
    await fc.assert(
      fc.asyncProperty(PLAN, async (plan) => {
        const { tokens, steering } = requestFor(plan)
        const read = async (with_?: Steering) =>
          (await engine.read({ tokens, layers: [LAYER], ...(with_ && { steering: with_ }) })).residuals[0]!
        const before = await read()
        const after = await read(steering)
        const { receipt } = await engine.score({ tokens, continuations: [], steering })
        const changes: number[] = []
        for (const [t, isSelected] of steering.selected.entries()) {
          const h = before.subarray(t * file.width, (t + 1) * file.width)
          const x = after.subarray(t * file.width, (t + 1) * file.width)
          if (!isSelected) {
            expect(bytesOf(x)).toBe(bytesOf(h))
            continue
          }
          const expected = byDefinition(h, steering)
          const scale = Math.max(Math.hypot(...h), Math.hypot(...expected))
          const miss = Math.hypot(...expected.map((v, i) => v - x[i]!))
          expect(miss / scale).toBeLessThan(1e-5)
          changes.push(Math.hypot(...x.map((v, i) => v - h[i]!)))
        }
        if (!receipt) return
        const isMeasured = plan.clamps.length > 0 || (plan.keepLength && plan.row.steer.length > 0)
        if (isMeasured) expect(receipt.deltaMax).toBeCloseTo(Math.max(...changes), 2)
        expect(receipt.clamps?.length ?? 0).toBe(plan.clamps.length)
      }),
      RUNS,
    )
  })

  test('a score measures its continuations too: with only generated tokens steered, the receipt is not empty', async () => {
    const tokens = [1, 2, 3, 4]
    const continuations = [
      [5, 6, 7],
      [8, 9],
    ]
    const steering: Steering = {
      additions: [],
      clamps: [clamp({ op: 'floor', vector: 0, bound: 20 })],
      selected: new Uint8Array(4),
      generated: true,
    }
    const { receipt } = await engine.score({ tokens, continuations, steering })
    const changes: number[] = []
    for (const continuation of continuations) {
      const all = [...tokens, ...continuation.slice(0, -1)]
      const selected = Uint8Array.from(all, (_, i) => (i < tokens.length ? 0 : 1))
      const read = async (with_: Partial<Steering>) =>
        (await engine.read({ tokens: all, layers: [LAYER], steering: { ...steering, selected, ...with_ } }))
          .residuals[0]!
      const [before, after] = [await read({ clamps: [] }), await read({})]
      for (let t = tokens.length; t < all.length; t++) {
        const at = (rows: Float32Array) => rows.subarray(t * file.width, (t + 1) * file.width)
        changes.push(Math.hypot(...at(after).map((v, i) => v - at(before)[i]!)))
      }
    }
    expect(changes).toHaveLength(3)
    expect(receipt!.deltaMax).toBeCloseTo(Math.max(...changes), 1)
    expect(receipt!.deltaMean).toBeCloseTo(changes.reduce((a, b) => a + b, 0) / 3, 1)
  })

  test('refused, with the reason', async () => {
    const tokens = [1, 2, 3]
    const base: Steering = { additions: [], selected: Uint8Array.of(0, 0, 1), generated: true }
    const own = clamp({ op: 'cap', vector: 0, bound: 1 })
    const ask = (of: Engine, steering: Partial<Steering>) =>
      of.logprobs({ tokens, positions: [2], steering: { ...base, ...steering } })
    const cases: [Promise<unknown>, RegExp][] = [
      [ask(adding, { clamps: [own] }), /opened for additions only/],
      [
        ask(adding, { additions: [addition(LAYER, 'v', 1, file.width)], keepLength: true }),
        /opened for additions only/,
      ],
      [ask(engine, { clamps: [own, own, own] }), /3 clamps at layer 2; the engine was opened for 2/],
      [ask(engine, { clamps: [{ ...own, vector: own.vector.map((v) => 2 * v) }] }), /length 2.*needs a unit vector/],
      [ask(engine, { clamps: [{ ...own, op: 'ablate' }] }), /ablate sets the projection to 0; got the bound 1/],
      [ask(engine, { clamps: [{ ...own, share: 0.5 }] }), /cap cannot take the share 0.5 away/],
      [ask(engine, { clamps: [{ ...own, op: 'ablate', bound: 0, share: 11 }] }), /ablate takes −10 to 10/],
      [ask(engine, { clamps: [{ ...own, bound: Number.NaN }] }), /bound NaN is not a number/],
      [ask(engine, { clamps: [{ ...own, layer: 1 }] }), /layer 1 is not among/],
    ]
    for (const [answer, says] of cases) {
      const error: unknown = await answer.catch((e: unknown) => e)
      expect(error).toBeInstanceOf(InputError)
      expect((error as Error).message).toMatch(says)
    }
  })
})

/** The definition of `Steering`, in double precision. */
function byDefinition(h: Float32Array, { additions, clamps = [], keepLength }: Steering): number[] {
  let x = [...h]
  for (const { vector, coefficient } of additions) x = x.map((v, i) => v + coefficient * vector[i]!)
  for (const { op, vector, bound, share = 1 } of clamps) {
    const p = x.reduce((sum, v, i) => sum + v * vector[i]!, 0)
    const kept = op === 'ablate' ? p * (1 - share) : op === 'cap' ? Math.min(p, bound) : Math.max(p, bound)
    x = x.map((v, i) => v + (kept - p) * vector[i]!)
  }
  if (!keepLength) return x
  const ratio = Math.hypot(...h) / Math.hypot(...x)
  return x.map((v) => v * ratio)
}
