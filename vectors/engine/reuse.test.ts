import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_LAYERS, organismFile, randomBasis, type OrganismFile } from './test/organism.ts'
import { addition, bitsOf, requestOf, rowPlan } from './test/requests.ts'
import type { Engine, GenerateRequest } from './types.ts'

const STEER = [0, 2]

describe.each(['F32', 'Q8_0'] as const)('beginnings of prompts that are reused (%s)', (type) => {
  let file: OrganismFile
  const engines: Engine[] = []
  const open = async (options: { kvBytes?: number } = {}): Promise<Engine> => {
    const engine = await file.open({
      steerLayers: STEER,
      captureLayers: ALL_LAYERS,
      basis: randomBasis(ALL_LAYERS, 3, file.width),
      ...options,
    })
    engines.push(engine)
    return engine
  }
  const firstTime = async (request: GenerateRequest): Promise<unknown> => {
    const engine = await open()
    const made = await engine.generate(request)
    expect(made.reusedTokens).toBe(0)
    return bitsOf(made)
  }
  beforeAll(() => {
    file = organismFile({ type })
  })
  afterAll(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  test('(b) change no byte of what follows, over any lengths and windows', async () => {
    const reusing = await open()
    await fc.assert(
      fc.asyncProperty(rowPlan(STEER, 70), async (plan) => {
        const request = requestOf(plan, file)
        expect(bitsOf(await reusing.generate(request))).toEqual(await firstTime(request))
      }),
      { numRuns: 25, seed: 11 },
    )
    expect(reusing.stats().reusedTokens).toBeGreaterThan(0)
  })

  // One query over a full tile of the attention (32 for these heads) takes another path: the cuts must not leave one.
  test.each([33, 65, 257, 289])(
    '(b) a prompt of %i tokens has the same bytes after any shorter one',
    async (length) => {
      const whole = requestOf(PLAN(length), file)
      const expected = await firstTime(whole)
      for (const shorter of [1, 2, 31, 32, length - 32, length - 1]) {
        const engine = await open()
        await engine.generate(requestOf(PLAN(shorter), file))
        const made = await engine.generate(whole)
        expect(bitsOf(made), `after ${shorter}`).toEqual(expected)
        // A prompt of one token took the path of one token: it is never the beginning of another.
        expect(made.reusedTokens).toBe(shorter === 1 ? 0 : Math.min(shorter, length - 2))
      }
    },
  )

  test('(b) what is thrown out for room is computed again, to the same bytes', async () => {
    // Room for two rows of 512 and a handful of beginnings.
    const tight = await open({ kvBytes: 3 << 20 })
    const requests = Array.from({ length: 8 }, (_, i) => ({
      ...requestOf(PLAN(60), file),
      tokens: Array.from({ length: 60 }, (_, t) => (t + i) % 50),
    }))
    const once: unknown[] = []
    for (const request of requests) once.push(bitsOf(await tight.generate(request)))
    for (const [i, request] of requests.entries()) expect(bitsOf(await tight.generate(request))).toEqual(once[i])
  })

  describe('(d) are shared only where the steering of the shared tokens is the same', () => {
    const tokens = Array.from({ length: 24 }, (_, i) => (5 * i + 3) % 60)
    type Case = readonly [name: string, coefficient: number, from: number, hash?: string]
    const request = ([name, coefficient, from, hash = name]: Case): GenerateRequest => ({
      ...requestOf(PLAN(24), file),
      tokens,
      steering: {
        additions: [{ ...addition(0, name, coefficient, file.width), hash }],
        selected: Uint8Array.from(tokens, (_, i) => (i >= from ? 1 : 0)),
        generated: true,
      },
    })

    const cases: readonly { name: string; first: Case; second: Case; reused: number }[] = [
      { name: 'the same window and strength', first: ['v', 9, 10], second: ['v', 9, 10], reused: 22 },
      { name: 'another strength: up to the window', first: ['v', 9, 10], second: ['v', -9, 10], reused: 10 },
      {
        name: 'another vector of the same declared hash: up to the window',
        first: ['v', 9, 10, 'h'],
        second: ['w', 9, 10, 'h'],
        reused: 10,
      },
      { name: 'a wider window: up to where it begins', first: ['v', 9, 10], second: ['v', 9, 4], reused: 4 },
      { name: 'a narrower window: up to where the first began', first: ['v', 9, 4], second: ['v', 9, 10], reused: 4 },
      { name: 'all steered, then nothing', first: ['v', 9, 0], second: ['v', 0, 0], reused: 0 },
    ]
    test.each(cases)('$name', async ({ first, second, reused }) => {
      const [a, b] = [request(first), request(second)]
      const engine = await open()
      const before = bitsOf(await engine.generate(a))
      const after = await engine.generate(b)
      expect(after.reusedTokens).toBe(reused)
      expect(bitsOf(after)).toEqual(await firstTime(b))
      // The case matters: had the wrong beginning been shared, the bytes would be the other ones.
      if (reused < 22) expect(bitsOf(after)).not.toEqual(before)
    })

    test('a selection that the caller changes after the call counts as it was at the call', async () => {
      const asked = request(['v', 9, 10])
      const expected = await firstTime(request(['v', 9, 10]))
      const { selected } = asked.steering!
      const engine = await open()
      const first = engine.generate(asked)
      selected.fill(0, 0, 23)
      expect(bitsOf(await first)).toEqual(expected)
      const second = await engine.generate(asked)
      expect(second.reusedTokens).toBe(10)
      expect(bitsOf(second)).toEqual(await firstTime(asked))
    })
  })
})

const PLAN = (length: number) => ({
  length,
  seed: 1,
  newTokens: 3,
  temperature: 0.8,
  steer: [],
  from: length,
  generated: false,
  delay: 0,
})
