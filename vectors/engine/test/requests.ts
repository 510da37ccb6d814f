import fc from 'fast-check'
import type { GenerateRequest, Generation, Steering, Trace } from '../types.ts'
import { randomUnit } from './organism.ts'

/** One generation as plain data, so that fast-check can shrink it. */
export interface RowPlan {
  readonly length: number
  readonly seed: number
  readonly newTokens: number
  readonly temperature: number
  readonly steer: { readonly layer: number; readonly vector: number; readonly coefficient: number }[]
  readonly from: number
  /** `odd`: those with an odd id. */
  readonly generated: boolean | 'odd'
  /** Macrotasks to wait before it is submitted. */
  readonly delay: number
}

/** Rows that begin alike (`token` ignores the row), differ in length, strength, window and arrival. */
export const rowPlan = (layers: readonly number[], most: number): fc.Arbitrary<RowPlan> =>
  fc.record({
    length: fc.integer({ min: 1, max: most }),
    seed: fc.nat({ max: 1000 }),
    newTokens: fc.integer({ min: 1, max: 8 }),
    temperature: fc.constantFrom(0, 0.8, 3),
    steer: fc.array(
      fc.record({
        layer: fc.constantFrom(...layers),
        vector: fc.nat({ max: 2 }),
        coefficient: fc.double({ min: -30, max: 30, noNaN: true }),
      }),
      { maxLength: 2 },
    ),
    from: fc.nat({ max: most }),
    generated: fc.constantFrom(true, false, 'odd' as const),
    delay: fc.nat({ max: 6 }),
  })

export interface PlanModel {
  readonly width: number
  readonly vocabulary: number
}

export function requestOf(plan: RowPlan, model: PlanModel): GenerateRequest {
  return {
    tokens: Array.from({ length: plan.length }, (_, i) => (7 * i + 5) % model.vocabulary),
    maxNewTokens: plan.newTokens,
    sampling: { temperature: plan.temperature, seed: [plan.seed, 1], turn: 0 },
    stopTokens: [],
    steering: steeringOf(plan, model),
    trace: true,
  }
}

/** The last token is always selected: an empty window is an error. */
export function steeringOf(plan: RowPlan, { width }: PlanModel): Steering {
  return {
    additions: plan.steer.map(({ layer, vector, coefficient }) => addition(layer, `v${vector}`, coefficient, width)),
    selected: Uint8Array.from({ length: plan.length }, (_, i) => (i >= plan.from || i === plan.length - 1 ? 1 : 0)),
    generated: plan.generated === 'odd' ? (at, sequence) => sequence[at]! % 2 === 1 : plan.generated,
  }
}

/** A random unit direction known by its name. */
export const addition = (layer: number, name: string, coefficient: number, width: number) => ({
  layer,
  vector: randomUnit(name, width),
  coefficient,
  name,
  hash: name,
})

/** Everything of a generation that must not depend on company, as text and bytes: equal means equal to the last bit. */
export const bitsOf = (generation: Generation): unknown => ({
  tokens: generation.tokens,
  logprobs: generation.logprobs.map((v) => bytesOf(Float64Array.of(v))),
  finish: generation.finish,
  trace: generation.trace && traceBits(generation.trace),
  receipt: generation.receipt,
})

const traceBits = (trace: Trace): unknown => ({
  ...trace,
  projections: trace.projections.map(bytesOf),
  norms: trace.norms.map(bytesOf),
})

export const bytesOf = (values: Float32Array | Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')

/** Waits for `count` turns of the event loop. */
export async function macrotasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
