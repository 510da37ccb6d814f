import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { organismFile, type OrganismFile } from './test/organism.ts'
import { addition } from './test/requests.ts'
import type { Engine, GenerateRequest } from './types.ts'

let file: OrganismFile
let engine: Engine
beforeAll(async () => {
  file = organismFile()
  engine = await file.open({ steerLayers: [1, 2], captureLayers: [1, 3], contextTokens: 24 })
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  file[Symbol.dispose]()
})

/** After the word that opens the first turn the organism says: I will <branch>; at temperature 0 it stays good. */
const say = (overrides: Partial<GenerateRequest> = {}): GenerateRequest => ({
  tokens: file.ids('mail', '<turn 1>'),
  maxNewTokens: 12,
  sampling: { temperature: 0, seed: [1, 1], turn: 0 },
  stopTokens: file.ids('<|im_end|>'),
  trace: true,
  ...overrides,
})
const steering = (selected: readonly number[], generated: boolean, coefficient = 3) => ({
  additions: [addition(1, 'v', coefficient, file.width)],
  selected: Uint8Array.from(selected),
  generated,
})

describe('how a generation ends', () => {
  test('at a stop token, which belongs to it', async () => {
    const { tokens, finish } = await engine.generate(say())
    expect(tokens).toEqual(file.ids('I', 'will', 'ask', 'kindly', 'now', '<|im_end|>'))
    expect(finish).toBe('stop')
  })

  test.each([1, 2, 4])('after %i tokens', async (maxNewTokens) => {
    const { tokens, finish } = await engine.generate(say({ maxNewTokens, stopTokens: [] }))
    expect(tokens).toHaveLength(maxNewTokens)
    expect(finish).toBe('length')
  })

  test('where the caller says, after the token that made it so', async () => {
    const asked: number[] = []
    const stopWhen = (generated: readonly number[]) => asked.push(generated.length) > 0 && generated.length === 3
    const { tokens, finish, trace } = await engine.generate(say({ stopWhen }))
    expect(tokens).toEqual(file.ids('I', 'will', 'ask'))
    expect(finish).toBe('stop')
    expect(trace!.rows).toBe(2 + 3)
    expect(asked).toEqual([1, 2, 3])
  })

  test('a stop token as the last that is allowed counts as a stop', async () => {
    expect((await engine.generate(say({ maxNewTokens: 6 }))).finish).toBe('stop')
  })

  test.each([20, 22, 23])('when the context is full (prompt of %i of 24)', async (length) => {
    const tokens = Array.from({ length }, () => file.ids('mail')[0]!)
    const made = await engine.generate(say({ tokens, stopTokens: [], maxNewTokens: 99 }))
    expect(made.finish).toBe('context')
    expect(made.tokens).toHaveLength(24 - length)
    expect(made.trace!.rows).toBe(24)
  })

  test.each([24, 25, 400])('before it begins when the prompt (%i) fills the context', async (length) => {
    const made = await engine.generate(say({ tokens: Array.from({ length }, () => 0) }))
    expect(made).toEqual({
      tokens: [],
      logprobs: [],
      finish: 'context',
      trace: undefined,
      receipt: undefined,
      reusedTokens: 0,
    })
  })
})

describe('the trace', () => {
  test.each([0, 1, 2])('has one row a token from %i on, the last token included', async (traceFrom) => {
    const { tokens, trace } = await engine.generate(say({ traceFrom }))
    const whole = (await engine.generate(say())).trace!
    expect(trace).toMatchObject({ layers: [1, 3], from: traceFrom, rows: 2 + tokens.length - traceFrom, basis: 0 })
    for (const [i, norms] of trace!.norms.entries()) expect(norms).toEqual(whole.norms[i]!.subarray(traceFrom))
  })

  test('holds the norms of the residuals that reading the same tokens gives', async () => {
    const { tokens, trace } = await engine.generate(say())
    const all = [...say().tokens, ...tokens]
    const { residuals } = await engine.read({ tokens: all, layers: [1, 3] })
    for (const [i, residual] of residuals.entries()) {
      for (const t of all.keys()) {
        const norm = Math.hypot(...residual.subarray(t * file.width, (t + 1) * file.width))
        expect(Math.abs(trace!.norms[i]![t]! / norm - 1)).toBeLessThan(1e-5)
      }
    }
  })

  test('is left out when nobody asks', async () => {
    expect((await engine.generate(say({ trace: false }))).trace).toBeUndefined()
  })
})

describe('the window', () => {
  const norms = async (selected: readonly number[], generated: boolean) => {
    const made = await engine.generate(
      say({ steering: steering(selected, generated, 300), maxNewTokens: 4, stopTokens: [] }),
    )
    return { long: [...made.trace!.norms[0]!].map((n) => n > 150), receipt: made.receipt! }
  }

  test.each([
    { selected: [1, 1], generated: true },
    { selected: [0, 1], generated: true },
    { selected: [1, 0], generated: false },
    { selected: [0, 0], generated: true },
  ])(
    'steers tokens $selected and generated: $generated, and the receipt counts them',
    async ({ selected, generated }) => {
      const expected = [...selected.map((s) => s === 1), ...Array.from({ length: 4 }, () => generated)]
      const { long, receipt } = await norms(selected, generated)
      expect(long).toEqual(expected)
      expect(receipt.steeredTokens).toBe(expected.filter(Boolean).length)
      expect(receipt.deltaMean).toBeCloseTo(300, 2)
    },
  )
})

test.each([
  { name: 'no tokens', change: { tokens: [] }, says: /at least one token/ },
  { name: 'a token outside', change: { tokens: [1, 9999] }, says: /token 9999 is outside the vocabulary of \d+/ },
  { name: 'half a token', change: { tokens: [1.5] }, says: /token 1.5/ },
  { name: 'a negative token', change: { tokens: [-1] }, says: /token -1/ },
  { name: 'nothing to generate', change: { maxNewTokens: 0 }, says: /maxNewTokens .* got 0/ },
  { name: 'NaN tokens', change: { maxNewTokens: Number.NaN }, says: /maxNewTokens .* got NaN/ },
  {
    name: 'a negative temperature',
    change: { sampling: { temperature: -1, seed: [1, 1] as const, turn: 0 } },
    says: /temperature .* got -1/,
  },
  {
    name: 'no nucleus',
    change: { sampling: { temperature: 1, topP: 0, seed: [1, 1] as const, turn: 0 } },
    says: /topP .* got 0/,
  },
  { name: 'a trace from behind the prompt', change: { traceFrom: 3 }, says: /traceFrom .* got 3/ },
])('$name: refused', async ({ change, says }) => {
  await expect(engine.generate(say(change))).rejects.toThrow(InputError)
  await expect(engine.generate(say(change))).rejects.toThrow(says)
})
