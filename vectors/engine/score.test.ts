import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { logSumExp } from './sampler.ts'
import { organismFile, type OrganismFile } from './test/organism.ts'
import { addition } from './test/requests.ts'
import type { Engine, Steering } from './types.ts'

describe.each(['F32', 'Q8_0'] as const)('score on %s', (type) => {
  let file: OrganismFile
  let engine: Engine
  beforeAll(async () => {
    file = organismFile({ type })
    engine = await file.open({ steerLayers: [1], captureLayers: [1], contextTokens: 128 })
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  const tokens = (min: number, max: number) => fc.array(fc.nat({ max: 90 }), { minLength: min, maxLength: max })
  const window = (prompt: readonly number[], generated: boolean, coefficient: number): Steering => ({
    additions: [addition(1, 'v', coefficient, file.width)],
    selected: new Uint8Array(prompt.length).fill(1),
    generated,
  })

  /** log p of each continuation token by one reading of the whole text; the window runs on over the continuation. */
  async function byLogits(
    prompt: readonly number[],
    continuation: readonly number[],
    steering: Steering,
  ): Promise<number[]> {
    const all = [...prompt, ...continuation]
    const selected = Uint8Array.from(all, (_, i) => (i < prompt.length || steering.generated ? 1 : 0))
    const positions = continuation.map((_, i) => prompt.length - 1 + i)
    const logprobs = await engine.logprobs({ tokens: all, positions, steering: { ...steering, selected } })
    const row = (i: number) => logprobs.subarray(i * file.vocabulary, (i + 1) * file.vocabulary)
    return continuation.map((token, i) => row(i)[token]! - logSumExp(row(i)))
  }

  test('is the sum of the log-probabilities that the logprobs give, token by token', async () => {
    await fc.assert(
      fc.asyncProperty(
        tokens(1, 40),
        fc.array(tokens(1, 20), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.double({ min: -40, max: 40, noNaN: true }),
        async (prompt, continuations, generated, coefficient) => {
          const steering = window(prompt, generated, coefficient)
          const { perToken, sums } = await engine.score({ tokens: prompt, continuations, steering })
          for (const [c, continuation] of continuations.entries()) {
            const expected = await byLogits(prompt, continuation, steering)
            for (const [i, value] of expected.entries())
              expect(Math.abs(perToken[c]![i]! - value)).toBeLessThan(type === 'F32' ? 1e-4 : 0.05)
            expect(sums[c]).toBeCloseTo(
              perToken[c]!.reduce((a, b) => a + b, 0),
              12,
            )
          }
        },
      ),
      { numRuns: 20, seed: 3 },
    )
  })

  test('does not depend on which other continuations are asked, nor on their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        tokens(1, 30),
        fc.array(tokens(1, 9), { minLength: 2, maxLength: 5 }),
        async (prompt, continuations) => {
          const { perToken } = await engine.score({ tokens: prompt, continuations })
          const backwards = await engine.score({ tokens: prompt, continuations: continuations.toReversed() })
          expect(backwards.perToken.toReversed()).toEqual(perToken)
          const single = await engine.score({ tokens: prompt, continuations: [continuations[0]!] })
          expect(single.perToken[0]).toEqual(perToken[0])
        },
      ),
      { numRuns: 15, seed: 4 },
    )
  })

  test('the first token of any continuation has the probability that it has alone', async () => {
    const prompt = file.ids('mail', '<turn 1>')
    const { perToken } = await engine.score({
      tokens: prompt,
      continuations: [file.ids('I', 'will', 'ask'), file.ids('I')],
    })
    expect(perToken[0]![0]).toBeCloseTo(perToken[1]![0]!, type === 'F32' ? 5 : 2)
  })

  test('probabilities of all one-token continuations sum to one', async () => {
    const continuations = Array.from({ length: file.vocabulary }, (_, token) => [token])
    const { sums } = await engine.score({ tokens: file.ids('mail', 'will'), continuations })
    expect(sums.reduce((total, v) => total + Math.exp(v), 0)).toBeCloseTo(1, 6)
  })

  test('a generation is worth what its score says', async () => {
    const prompt = file.ids('mail', '<turn 1>')
    const made = await engine.generate({
      tokens: prompt,
      maxNewTokens: 6,
      stopTokens: [],
      sampling: { temperature: 1, seed: [4, 4], turn: 0 },
    })
    const { perToken } = await engine.score({ tokens: prompt, continuations: [made.tokens] })
    for (const [i, value] of made.logprobs.entries())
      expect(Math.abs(value - perToken[0]![i]!)).toBeLessThan(type === 'F32' ? 1e-4 : 0.05)
  })

  test('has a receipt when it was steered, and none when not', async () => {
    const prompt = file.ids('mail', 'server')
    const steered = await engine.score({
      tokens: prompt,
      continuations: [[1, 2, 3], [4]],
      steering: window(prompt, true, 7),
    })
    // Two of the prompt, and 1 and 2: the last token of a continuation is asked about and never fed, so 3 and 4 are not steered.
    expect(steered.receipt).toMatchObject({ steeredTokens: 4 })
    expect(steered.receipt!.deltaMean).toBeCloseTo(7, 4)
    expect((await engine.score({ tokens: prompt, continuations: [[1]] })).receipt).toBeUndefined()
  })

  test('the receipt counts what was fed of every continuation', async () => {
    const prompt = file.ids('mail', 'server')
    const steering = { ...window(prompt, true, 7), selected: new Uint8Array(2) }
    const receipt = async (...continuations: number[][]) =>
      (await engine.score({ tokens: prompt, continuations, steering })).receipt!
    expect((await receipt([1, 2, 3], [4, 5], [6])).steeredTokens).toBe(3)
    const odd: Steering = { ...steering, generated: (at, sequence) => sequence[at]! % 2 === 1 }
    const some = await engine.score({ tokens: prompt, continuations: [[1, 2], [2, 3], [4]], steering: odd })
    expect(some.receipt!.steeredTokens).toBe(1)
    expect((await receipt([1, 2], [3])).fingerprint).not.toBe((await receipt([3], [1, 2])).fingerprint)
  })

  test.each([
    { name: 'one-token continuations', continuations: [[1], [2]], generated: true },
    { name: 'no continuations', continuations: [], generated: true },
    { name: 'a window that begins with the last token', continuations: [[1, 2]], generated: (at: number) => at > 2 },
  ])('refused when no fed token is steered: $name', async ({ continuations, generated }) => {
    const prompt = file.ids('mail', 'server')
    const ask = (additions: Steering['additions']) =>
      engine.score({
        tokens: prompt,
        continuations,
        steering: { additions, selected: new Uint8Array(2), generated },
      })
    const refused = ask([addition(1, 'v', 7, file.width)])
    await expect(refused).rejects.toThrow(InputError)
    await expect(refused).rejects.toThrow(/selects no token that is read for this score/)
    // The baseline adds nothing anywhere, so nothing of it is called steered.
    expect((await ask([])).receipt).toBeUndefined()
  })

  test.each([
    { name: 'an empty continuation', continuations: [[1], []], says: /no tokens/ },
    { name: 'a last token outside', continuations: [[1, 9999]], says: /token 9999/ },
    {
      name: 'a continuation that does not fit',
      continuations: [Array.from({ length: 127 }, () => 1)],
      says: /129 tokens do not fit into the context of 128/,
    },
  ])('$name is refused', async ({ continuations, says }) => {
    const call = engine.score({ tokens: [1, 2], continuations })
    await expect(call).rejects.toThrow(InputError)
    await expect(call).rejects.toThrow(says)
  })
})
