import { getEventListeners, setMaxListeners } from 'node:events'
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest'
import { InfraError, InputError } from '../errors.ts'
import { ALL_LAYERS, organismFile, randomBasis, type OrganismFile } from './test/organism.ts'
import { addition, bitsOf, macrotasks } from './test/requests.ts'
import type { Engine, GenerateRequest } from './types.ts'

let file: OrganismFile
const engines: Engine[] = []
const open = async (maxRows: number): Promise<Engine> => {
  const engine = await file.open({
    steerLayers: [1],
    captureLayers: ALL_LAYERS,
    basis: randomBasis(ALL_LAYERS, 2, file.width),
    maxRows,
  })
  engines.push(engine)
  return engine
}
beforeAll(() => {
  file = organismFile({ type: 'Q8_0' })
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine[Symbol.asyncDispose]()
})
afterAll(() => file[Symbol.dispose]())

const row = (i: number, newTokens = 30, promptTokens = 9): GenerateRequest => ({
  tokens: Array.from({ length: promptTokens }, (_, t) => (t * (i + 2) + i) % file.vocabulary),
  maxNewTokens: newTokens,
  sampling: { temperature: 2, seed: [i, 5], turn: 0 },
  stopTokens: [],
  trace: true,
})

/** The rows as they come out with nobody near. */
async function alone(requests: readonly GenerateRequest[]): Promise<unknown[]> {
  const engine = await open(1)
  const out: unknown[] = []
  for (const request of requests) out.push(bitsOf(await engine.generate(request)))
  return out
}

describe.each([1, 3, 16])('with %i places', (maxRows) => {
  test('an aborted row leaves, the others come out as if it had never been', async () => {
    const engine = await open(maxRows)
    const good = Array.from({ length: 6 }, (_, i) => row(i))
    const expected = await alone(good)
    const aborts = Array.from({ length: 6 }, () => new AbortController())
    const bad = aborts.map(({ signal }, i) => engine.generate({ ...row(50 + i, 450), signal }))
    const running = good.flatMap((request, i) => [engine.generate(request), engine.generate({ ...row(20 + i, 1) })])
    const failures = Promise.allSettled(bad)
    for (const [i, controller] of aborts.entries()) {
      await macrotasks(i * 3)
      controller.abort(new Error(`enough of ${i}`))
    }
    const made = await Promise.all(running)
    expect(made.filter((_, i) => i % 2 === 0).map(bitsOf)).toEqual(expected)
    const reasons = (await failures).map((f) =>
      f.status === 'rejected' ? (f.reason as Error).message : 'came through',
    )
    expect(reasons).toEqual(aborts.map((_, i) => `enough of ${i}`))
  })

  test('the place of an aborted row is used again', async () => {
    const engine = await open(maxRows)
    for (let round = 0; round < 3; round++) {
      const controller = new AbortController()
      setMaxListeners(0, controller.signal)
      const doomed = Array.from({ length: maxRows }, (_, i) =>
        engine.generate({ ...row(i, 450), signal: controller.signal }),
      )
      const settled = Promise.allSettled(doomed)
      await macrotasks(5)
      controller.abort()
      expect((await settled).every(({ status }) => status === 'rejected')).toBe(true)
      await expect(engine.generate(row(1, 5))).resolves.toMatchObject({ finish: 'length' })
    }
  })

  test.each(['while it decodes', 'when it ends'] as const)(
    'a window that throws %s fails its own row, and harms nobody',
    async (when) => {
      const engine = await open(maxRows)
      const good = Array.from({ length: 5 }, (_, i) => row(i))
      const expected = await alone(good)
      const throwing = (i: number): GenerateRequest => {
        const asked = new Set<number>()
        return {
          ...row(30 + i, 6),
          steering: {
            additions: [addition(1, 'v', 2, file.width)],
            selected: new Uint8Array(9).fill(1),
            // The last token is the 15th; the receipt asks about it again.
            generated: (at) => {
              if (when === 'while it decodes' ? at === 11 : at === 14 && asked.has(at)) throw new Error(`window ${i}`)
              asked.add(at)
              return true
            },
          },
        }
      }
      const running = good.flatMap((request, i) => [engine.generate(throwing(i)), engine.generate(request)])
      const ended = await Promise.allSettled(running)
      const failed = ended.filter((_, i) => i % 2 === 0)
      expect(failed.map((f) => f.status === 'rejected' && (f.reason as Error).message)).toEqual(
        good.map((_, i) => `window ${i}`),
      )
      const made = ended.filter((_, i) => i % 2 === 1)
      expect(made.map((m) => m.status === 'fulfilled' && bitsOf(m.value))).toEqual(expected)
      await engine[Symbol.asyncDispose]()
    },
  )

  test('wrong requests are refused, and harm nobody', async () => {
    const engine = await open(maxRows)
    const good = Array.from({ length: 5 }, (_, i) => row(i))
    const expected = await alone(good)
    const steer = (vector: Float32Array, layer = 1) => ({
      steering: {
        additions: [{ ...addition(layer, 'x', 1, file.width), vector }],
        selected: new Uint8Array(9).fill(1),
        generated: true,
      },
    })
    const wrong = [
      () => engine.generate({ ...row(1), ...steer(new Float32Array(file.width).fill(Number.NaN)) }),
      () => engine.generate({ ...row(1), ...steer(new Float32Array(3).fill(1)) }),
      () => engine.generate({ ...row(1), ...steer(new Float32Array(file.width).fill(1), 2) }),
      () => engine.generate({ ...row(1), tokens: [0, file.vocabulary] }),
      () => engine.score({ tokens: row(1).tokens, continuations: [[1], [file.vocabulary]] }),
      () => engine.score({ tokens: row(1, 1, 500).tokens, continuations: [Array.from({ length: 60 }, () => 1)] }),
      () => engine.logprobs({ tokens: [1, 2], positions: [2] }),
      () => engine.logprobs({ tokens: [1, 2], positions: [-1] }),
      () => engine.read({ tokens: row(1, 1, 513).tokens, layers: [1] }),
      () => engine.read({ tokens: [1], layers: [7] }),
    ]
    const running = good.map((request) => engine.generate(request))
    const refused: unknown[] = []
    for (const call of wrong) {
      await macrotasks(2)
      refused.push(await call().catch((error: unknown) => error))
    }
    expect(refused.map((error) => error instanceof InputError)).toEqual(wrong.map(() => true))
    expect((await Promise.all(running)).map(bitsOf)).toEqual(expected)
  })
})

test('a prompt that is read in pieces while rows around it leave keeps what was read', async () => {
  const engine = await open(6)
  const requests = Array.from({ length: 18 }, (_, i) => (i % 3 === 2 ? row(i, 3, 400 + i) : row(i, 1 + (i % 5))))
  const expected = await alone(requests)
  for (let round = 0; round < 3; round++) {
    const fresh = round === 0 ? engine : await open(3 + round)
    expect((await Promise.all(requests.map((request) => fresh.generate(request)))).map(bitsOf)).toEqual(expected)
  }
})

test('scores, readings and logprobs between decoding rows change nobody', async () => {
  const engine = await open(4)
  const good = Array.from({ length: 8 }, (_, i) => row(i))
  const expected = await alone(good)
  const quiet = await open(2)
  const { tokens } = row(40, 1, 300)
  const continuations = [[1, 2, 3], [4], [5, 6]]
  const running = good.map((request) => engine.generate(request))
  await macrotasks(3)
  const score = await engine.score({ tokens, continuations })
  const reading = await engine.read({ tokens, layers: [2] })
  const logprobs = await engine.logprobs({ tokens, positions: [3, 299] })
  expect((await Promise.all(running)).map(bitsOf)).toEqual(expected)
  expect(score.perToken).toEqual((await quiet.score({ tokens, continuations })).perToken)
  expect(reading.residuals).toEqual((await quiet.read({ tokens, layers: [2] })).residuals)
  expect(logprobs).toEqual(await quiet.logprobs({ tokens, positions: [3, 299] }))
})

test('who waits behind others hears of an abort at once', async () => {
  const engine = await open(4)
  const running = Array.from({ length: 4 }, (_, i) => engine.generate(row(i, 200)))
  await macrotasks(20)
  const { tokens } = row(9, 1, 200)
  const controller = new AbortController()
  const { signal } = controller
  const state = { ended: 0, steps: 0 }
  const waiting = Array.from({ length: 50 }, (_, i) => {
    const call = [
      () => engine.score({ tokens, continuations: [[i]], signal }),
      () => engine.read({ tokens, layers: [1], signal }),
      () => engine.logprobs({ tokens, positions: [i], signal }),
    ][i % 3]!
    return call().finally(() => state.ended++)
  })
  const settled = Promise.allSettled(waiting)
  await macrotasks(1)
  const listeners = getEventListeners(signal, 'abort').length
  state.steps = engine.stats().steps
  controller.abort(new Error('enough'))
  await macrotasks(1)
  // The one in front may be running.
  expect(state.ended).toBeGreaterThanOrEqual(49)
  expect((await settled).filter((s) => s.status === 'rejected').length).toBeGreaterThanOrEqual(49)
  expect(engine.stats().steps - state.steps).toBeLessThan(5)
  // More than ten would make Node warn of a leak.
  expect([listeners, getEventListeners(signal, 'abort').length]).toEqual([1, 0])
  await expect(Promise.all(running)).resolves.toHaveLength(4)
})

test('a request that was aborted before it began never starts', async () => {
  const engine = await open(2)
  const signal = AbortSignal.abort(new Error('too late'))
  const { tokens } = row(1)
  await expect(engine.generate({ ...row(1), signal })).rejects.toThrow('too late')
  await expect(engine.score({ tokens, continuations: [[1]], signal })).rejects.toThrow('too late')
  await expect(engine.read({ tokens, layers: [1], signal })).rejects.toThrow('too late')
  expect(engine.stats()).toEqual({ promptTokens: 0, reusedTokens: 0, newTokens: 0, steps: 0 })
})

test('closing waits for what runs and refuses what comes after', async () => {
  const engine = await file.open({ maxRows: 2 })
  const running = Array.from({ length: 5 }, (_, i) => engine.generate({ ...row(i, 8), trace: false }))
  const reading = engine.logprobs({ tokens: [1, 2, 3], positions: [0] })
  const closed = engine[Symbol.asyncDispose]()
  expect((await Promise.all(running)).map(({ tokens }) => tokens.length)).toEqual([8, 8, 8, 8, 8])
  expect(await reading).toHaveLength(file.vocabulary)
  await closed
  await expect(engine.generate(row(1))).rejects.toThrow(InfraError)
  await engine[Symbol.asyncDispose]()
})
