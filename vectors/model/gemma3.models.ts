import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngine } from '../engine/open.ts'
import type { Engine } from '../engine/types.ts'
import { findCachedModel } from './cached.ts'
import { createChat } from './chat.ts'
import { openGguf } from './gguf.ts'
import { distanceTo } from './kl.ts'
import { resolveModel } from './registry.ts'
import { createTokenizer } from './tokenizer.ts'

const ID = 'gemma3-270m'
const path = findCachedModel(ID, process.env)

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`fixtures/${ID}-${name}.json`, import.meta.url), 'utf8'))

const { strings } = fixture('strings') as { strings: readonly { text: string; ids: readonly number[] }[] }
const long = fixture('window') as {
  readonly layer: number
  readonly ids: readonly number[]
  readonly positions: readonly number[]
  readonly top_ids: readonly (readonly number[])[]
  readonly top_logprobs: readonly (readonly number[])[]
  readonly resid_post_norm: readonly number[]
}

describe.skipIf(path === undefined)(
  `${ID}${path === undefined ? ` (skipped: not in the cache; duress models pull ${ID})` : ''}`,
  () => {
    describe('the tokenizer', () => {
      const metadata = (): ReadonlyMap<string, unknown> => {
        using gguf = openGguf(path!)
        return gguf.metadata
      }
      const tokenizer = path === undefined ? undefined : createTokenizer(metadata())

      test.each(strings)('ids of $text are those of the sentencepiece library', ({ text, ids }) => {
        expect(tokenizer!.encode(text, { special: false })).toEqual(ids)
        expect(tokenizer!.decode(ids)).toBe(text)
      })

      test('without a template a conversation is its texts in lines behind BOS, and tools are refused', () => {
        const chat = createChat(metadata(), tokenizer!)
        const { text, ids, roles } = chat.encodeConversation({
          messages: [
            { role: 'system', content: 'You look after the post.' },
            { role: 'user', content: 'Which one first?' },
          ],
          addGenerationPrompt: true,
        })
        expect(text).toBe('You look after the post.\nWhich one first?\n')
        expect(ids[0]).toBe(tokenizer!.bos)
        expect([...new Set(roles)]).toEqual(['system', 'user', 'assistant-start'])
        expect(chat).toMatchObject({ hasTemplate: false, supportsTools: false })
        const tool = { name: 'send', description: 'Sends.', parameters: { type: 'object', properties: {} } }
        expect(() =>
          chat.render({ messages: [{ role: 'user', content: 'Hi' }], tools: [tool], addGenerationPrompt: true }),
        ).toThrow(/shows no tools/)
      })
    })

    describe.each([
      { precision: 'exact', kl: 1e-8, norm: 1e-5 },
      { precision: 'int8', kl: 1e-2, norm: 3e-2 },
    ] as const)('$precision, 760 tokens through windows of 512', ({ precision, kl, norm }) => {
      let graphs: string
      let engine: Engine
      beforeAll(async () => {
        graphs = mkdtempSync(join(tmpdir(), 'duress-gemma-'))
        engine = await openEngine({
          path: path!,
          sha256: resolveModel(ID).sha256!,
          graphs,
          threads: 2,
          precision,
          captureLayers: [long.layer],
          maxRows: 1,
          contextTokens: 1024,
        })
      })
      afterAll(async () => {
        await engine[Symbol.asyncDispose]()
        rmSync(graphs, { recursive: true, force: true })
      })

      test('the next token is as likely as in doubles', async () => {
        const { ids, positions } = long
        const logprobs = await engine.logprobs({ tokens: ids, positions })
        const size = logprobs.length / positions.length
        const distances = positions.map((_, i) =>
          distanceTo(
            { ids: long.top_ids[i]!, logprobs: long.top_logprobs[i]! },
            logprobs.subarray(i * size, (i + 1) * size),
          ),
        )
        const mean = distances.reduce((sum, d) => sum + d.kl, 0) / distances.length
        console.log(
          `${precision}: mean KL ${mean.toExponential(1)}, largest error ${Math.max(...distances.map((d) => d.logProbError)).toExponential(1)}`,
        )
        expect(mean).toBeLessThan(kl)
        if (precision === 'exact') expect(distances.filter((d) => !d.sameArgmax)).toEqual([])
      })

      test('residuals are as long as in doubles', async () => {
        const { residuals } = await engine.read({ tokens: long.ids, layers: [long.layer] })
        const width = residuals[0]!.length / long.ids.length
        for (const [i, position] of long.positions.entries()) {
          const length = Math.hypot(...residuals[0]!.subarray(position * width, (position + 1) * width))
          expect(Math.abs(length / long.resid_post_norm[i]! - 1)).toBeLessThan(norm)
        }
      })
    })
  },
)
