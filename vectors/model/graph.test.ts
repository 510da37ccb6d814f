import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addition } from '../engine/test/requests.ts'
import type { Engine } from '../engine/types.ts'
import { largestError, logprobError } from './test/errors.ts'
import { plainForward } from './test/plain-forward.ts'
import { makeTiny, tinyFile, type TinyFile, tinySpec, tinyTokens } from './test/tiny.ts'

describe.each(['llama', 'qwen2', 'qwen3', 'gemma3'] as const)(
  '%s against a plain forward pass in doubles',
  (family) => {
    const tiny = makeTiny(tinySpec(family))
    const { spec } = tiny
    const layers = Array.from({ length: spec.layers }, (_, layer) => layer)
    let file: TinyFile
    let engine: Engine
    beforeAll(async () => {
      file = tinyFile(tiny)
      engine = await file.open({ precision: 'exact', steerLayers: [1], captureLayers: layers })
    })
    afterAll(async () => {
      await engine[Symbol.asyncDispose]()
      file[Symbol.dispose]()
    })

    // The window of gemma3 is 9 tokens; prompts longer than 256 are read in pieces.
    test.each([2, 8, 9, 10, 19, 40, 300])(
      'a prompt of %i tokens: probabilities and residuals of every layer',
      async (length) => {
        const tokens = tinyTokens('prompt', length, spec)
        const plain = plainForward(tiny, tokens)
        expect(await logprobError(engine, tokens, plain.logprobs)).toBeLessThan(1e-4)
        const { residuals } = await engine.read({ tokens, layers })
        for (const layer of layers)
          expect(largestError(residuals[layer]!, plain.residuals[layer]!), `layer ${layer}`).toBeLessThan(1e-4)
      },
    )

    test('tokens made one by one', async () => {
      const tokens = tinyTokens('start', 6, spec)
      const made = await engine.generate({
        tokens,
        maxNewTokens: 24,
        sampling: { temperature: 0, seed: [0, 0], turn: 0 },
        stopTokens: [],
      })
      const { logprobs } = plainForward(tiny, [...tokens, ...made.tokens])
      for (const [i, token] of made.tokens.entries()) {
        const row = logprobs[tokens.length - 1 + i]!
        expect(Math.abs(made.logprobs[i]! - row[token]!)).toBeLessThan(1e-4)
        expect(token).toBe(row.indexOf(Math.max(...row)))
      }
    })

    test('a vector added to the output of a block', async () => {
      const tokens = tinyTokens('steered', 21, spec)
      const added = addition(1, 'any', 6, spec.width)
      const steering = {
        additions: [added],
        selected: Uint8Array.from(tokens, (_, t) => (t < 5 ? 0 : 1)),
        generated: true,
      }
      const delta = added.vector.map((v) => v * 6)
      const plain = plainForward(tiny, tokens, { steering: { layer: 1, delta, from: 5 } })
      const ours = await engine.logprobs({ tokens, positions: tokens.map((_, t) => t), steering })
      expect(largestError(ours, plain.logprobs)).toBeLessThan(1e-4)
      expect(largestError(ours, plainForward(tiny, tokens).logprobs)).toBeGreaterThan(0.1)
      const { residuals } = await engine.read({ tokens, layers: [1], steering })
      expect(largestError(residuals[0]!, plain.residuals[1]!)).toBeLessThan(1e-4)
    })
  },
)
