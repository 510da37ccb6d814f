import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCachedModel } from '../model/cached.ts'
import { resolveModel } from '../model/registry.ts'
import { openEngine, type OpenOptions } from './open.ts'
import { randomBasis } from './test/organism.ts'
import { addition, bitsOf, bytesOf, macrotasks, requestOf, rowPlan, steeringOf, type RowPlan } from './test/requests.ts'
import type { Engine } from './types.ts'

/** `length`: about that of the residuals, from which the strengths are taken. */
const MODELS = [
  { id: 'smollm2-135m', width: 576, vocabulary: 49_152, steer: [10, 20], capture: [9, 10, 20, 29], length: 200 },
  { id: 'gemma3-270m', width: 640, vocabulary: 262_144, steer: [6, 12], capture: [5, 6, 12, 17], length: 14_000 },
  { id: 'qwen2.5-coder-0.5b', width: 896, vocabulary: 151_936, steer: [8, 16], capture: [7, 8, 16, 23], length: 26 },
] as const
/** Models with keys and values in each type; f16 on those whose heads and positions differ most. */
const CASES = [
  ...MODELS.map((model) => ({ model, kvType: 'f32' as const })),
  ...MODELS.slice(0, 2).map((model) => ({ model, kvType: 'f16' as const })),
]
const RUNS = { numRuns: 6, seed: 5 } as const

/** Strengths up to 0.15 of the residuals' length; lengths past the attention's tiles (128) and the prompt's pieces (256). */
const plansFor = ({ steer, length }: (typeof MODELS)[number]): fc.Arbitrary<RowPlan> =>
  rowPlan(steer, 300).map((plan) => ({
    ...plan,
    steer: plan.steer.map((s) => ({ ...s, coefficient: (s.coefficient * length) / 200 })),
  }))

for (const { model: MODEL, kvType } of CASES) {
  const { id: ID, steer: STEER, capture: CAPTURE } = MODEL
  const PLAN = plansFor(MODEL)
  const path = findCachedModel(ID, process.env)

  describe.skipIf(path === undefined)(
    `laws on ${ID}, keys and values in ${kvType}${path === undefined ? ` (skipped: not in the cache; duress models pull ${ID})` : ''}`,
    () => {
      let graphs: string
      const engines: Engine[] = []
      const open = async (options: Partial<OpenOptions> = {}): Promise<Engine> => {
        const base = {
          path: path!,
          sha256: resolveModel(ID).sha256!,
          graphs,
          threads: 1,
          contextTokens: 512,
          maxRows: 4,
          kvBytes: 512 << 20,
          kvType,
        }
        const layers = { steerLayers: STEER, captureLayers: CAPTURE, basis: randomBasis(CAPTURE, 4, MODEL.width) }
        return openEngine({ ...base, ...layers, ...options })
      }
      /** Kept until the tests are over. */
      const openKept = async (options: Partial<OpenOptions> = {}): Promise<Engine> => {
        const engine = await open(options)
        engines.push(engine)
        return engine
      }
      const play = (engine: Engine, plans: readonly RowPlan[]): Promise<unknown[]> =>
        Promise.all(
          plans.map(async (plan) => {
            await macrotasks(plan.delay)
            return bitsOf(await engine.generate(requestOf(plan, MODEL)))
          }),
        )
      beforeAll(() => {
        graphs = mkdtempSync(join(tmpdir(), 'duress-laws-'))
      })
      afterAll(async () => {
        for (const engine of engines) await engine[Symbol.asyncDispose]()
        rmSync(graphs, { recursive: true, force: true })
      })

      test('(a) strength 0 leaves the bytes of an engine without steering', async () => {
        const steered = await openKept()
        const plain = await openKept({ steerLayers: [] })
        await fc.assert(
          fc.asyncProperty(PLAN, async (plan) => {
            const { tokens } = requestOf(plan, MODEL)
            const zero = steeringOf(
              { ...plan, steer: STEER.map((layer) => ({ layer, vector: 0, coefficient: 0 })) },
              MODEL,
            )
            const positions = [0, tokens.length - 1]
            const [a, b] = [
              await steered.logprobs({ tokens, positions, steering: zero }),
              await plain.logprobs({ tokens, positions }),
            ]
            expect(bytesOf(a)).toBe(bytesOf(b))
          }),
          RUNS,
        )
      })

      test.each([
        { threads: 1, maxRows: 3 },
        { threads: 2, maxRows: 8 },
        { threads: 2, maxRows: 4, chunkTokens: 64, sharePrefixes: false },
        { threads: 1, maxRows: 4, backend: 'package' },
      ] as const satisfies readonly Partial<OpenOptions>[])(
        '(b) rows in mixed company, arriving one after another, have the bytes they have alone: %o',
        async (options) => {
          const mixed = await openKept(options)
          await fc.assert(
            fc.asyncProperty(fc.array(PLAN, { minLength: 3, maxLength: 6 }), async (plans) => {
              const together = await play(mixed, plans)
              for (const [i, plan] of plans.entries()) {
                // Every row on an engine of its own: nothing shared, nothing reused.
                await using alone = await open({ maxRows: 1, kvBytes: 64 << 20 })
                const [single] = await play(alone, [{ ...plan, delay: 0 }])
                expect(together[i]).toEqual(single)
              }
            }),
            { ...RUNS, numRuns: 3 },
          )
          expect(mixed.stats().reusedTokens > 0).toBe(!('sharePrefixes' in options))
        },
      )

      test.each([129, 257])(
        '(b) a prompt of %i tokens, one over the tiles of the attention, has the same bytes after a shorter one',
        async (length) => {
          const plan = {
            length,
            seed: 1,
            newTokens: 3,
            temperature: 0.8,
            steer: [],
            from: length,
            generated: false,
            delay: 0,
          }
          await using fresh = await open()
          const [expected] = await play(fresh, [plan])
          await using reusing = await open()
          const [, found] = [await play(reusing, [{ ...plan, length: 40 }]), ...(await play(reusing, [plan]))]
          expect(reusing.stats().reusedTokens).toBe(40)
          expect(found).toEqual(expected)
        },
      )

      test('(c) the residual moves by the delta at selected tokens and by nothing at the others', async () => {
        const engine = await openKept()
        let worst = 0
        await fc.assert(
          fc.asyncProperty(
            PLAN,
            fc.constantFrom(...STEER),
            fc.double({ min: 0.01, max: 0.3, noNaN: true }),
            async (plan, layer, strength) => {
              const size = strength * MODEL.length
              const { tokens } = requestOf(plan, MODEL)
              const steering = { ...steeringOf(plan, MODEL), additions: [addition(layer, 'law', size, MODEL.width)] }
              const [a, b] = [
                await engine.read({ tokens, layers: [layer], steering }),
                await engine.read({ tokens, layers: [layer] }),
              ]
              const { vector } = steering.additions[0]!
              for (let t = 0; t < tokens.length; t++) {
                const [start, end] = [t * MODEL.width, (t + 1) * MODEL.width]
                const before = b.residuals[0]!.subarray(start, end)
                const moved = a.residuals[0]!.subarray(start, end).map((v, h) => v - before[h]!)
                if (steering.selected[t] === 1) {
                  // The sink's residual is so long that fp32 itself rounds the sum; the allowance is that rounding.
                  const rounding = 2 ** -24 * Math.hypot(...before)
                  const miss = Math.hypot(...moved.map((v, h) => v - size * vector[h]!))
                  worst = Math.max(worst, miss / size)
                  expect(miss).toBeLessThan(1e-3 * size + rounding)
                } else expect(moved.every((v) => v === 0)).toBe(true)
              }
            },
          ),
          RUNS,
        )
        console.log(`(c) largest relative miss of the delta: ${worst.toPrecision(2)}`)
      })

      test('(d) the baseline and two strengths share the prompt up to the window, and only that', async () => {
        const tokens = (
          JSON.parse(readFileSync(new URL(`../model/reference/${ID}.json`, import.meta.url), 'utf8')) as {
            prompts: { ids: number[] }[]
          }
        ).prompts[1]!.ids
        const from = tokens.length - 12
        const selected = Uint8Array.from(tokens, (_, i) => (i >= from ? 1 : 0))
        const request = (coefficient: number) => ({
          tokens,
          maxNewTokens: 6,
          stopTokens: [],
          trace: true,
          sampling: { temperature: 0.8, seed: [3, 3] as const, turn: 0 },
          steering: {
            additions: coefficient === 0 ? [] : [addition(STEER[1], 'd', coefficient * MODEL.length, MODEL.width)],
            selected,
            generated: true,
          },
        })
        const shared = await openKept()
        const reused: number[] = []
        for (const coefficient of [0, 0.12, -0.12, 0.12]) {
          const made = await shared.generate(request(coefficient))
          reused.push(made.reusedTokens)
          await using fresh = await open()
          expect(bitsOf(made)).toEqual(bitsOf(await fresh.generate(request(coefficient))))
        }
        expect(reused).toEqual([0, from, from, tokens.length - 2])
      })
    },
  )
}
