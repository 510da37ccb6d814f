import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VectorSet } from '../../vectors/extract/set.ts'
import type { EpisodeTurn } from '../episode/agent.ts'
import type { CodeEpisode } from '../episode/attempts.ts'
import type { Condition } from '../plan/conditions.ts'
import { type AttemptRowsInput, attemptRows, tokenRows } from './attempt-rows.ts'

/** Every token is one of these pieces; ids are their places. */
const PIECES = ['a', 'bc', 'é', '```', '\n', 'def f', '(x)', ' ', '日本', '<end>']
const tokenizer = { tokenBytes: (id: number) => Buffer.from(PIECES[id]!) }
const textOf = (ids: readonly number[]) => ids.map((id) => PIECES[id]!).join('')

describe('tokenRows', () => {
  test('law: a span that begins and ends between tokens is exactly those tokens', () => {
    const ids = fc.array(fc.nat(8), { maxLength: 30 })
    fc.assert(
      fc.property(ids, ids, ids, fc.nat(3), (before, inside, after, opening) => {
        const generated = [...before, ...inside, ...after]
        const turn = {
          text: textOf(generated),
          tokens: [...Array<number>(opening).fill(0), ...generated],
          logprobs: generated,
        }
        const from = textOf(before).length
        const rows = tokenRows(turn, { from, to: from + textOf(inside).length }, tokenizer)
        expect(rows).toEqual({ from: opening + before.length, to: opening + before.length + inside.length })
      }),
    )
  })

  test('a token that a span cuts belongs to what comes before; the end of the turn to nothing', () => {
    const turn = { text: 'abcdef f', tokens: [0, 1, 5, 9], logprobs: [0, 0, 0, 0] }
    expect(tokenRows(turn, { from: 2, to: 6 }, tokenizer)).toEqual({ from: 2, to: 3 })
    expect(tokenRows({ ...turn, text: 'abc' }, { from: 3, to: 3 }, tokenizer)).toEqual({ from: 2, to: 2 })
  })
})

describe('attemptRows', () => {
  const LAYER = 2
  const set = {
    families: new Map([
      ['desperate', 'emotion'],
      ['cats', 'unrelated'],
    ]),
    layers: new Map([
      [
        LAYER,
        {
          vectors: new Map([['desperate', Float32Array.of(1, 0)]]),
          facts: new Map([['desperate', { neutralMean: 0, neutralSd: 1 }]]),
          norms: { norm: 1, centred: 1, robust: 1 },
        },
      ],
    ]),
  } as unknown as VectorSet
  const condition = {
    layer: LAYER,
    additions: [{ layer: LAYER, vector: Float32Array.of(1, 0), coefficient: 10, name: 'desperate', hash: 'h' }],
  } as unknown as Condition

  /** Token i reads `z[i]`, and 10 more where it is steered. */
  function turn(
    index: number,
    role: EpisodeTurn['role'],
    tokens: number[],
    z: number[],
    generated = tokens.length,
  ): EpisodeTurn {
    const isWritten = (i: number) => role === 'assistant' && i >= tokens.length - generated
    const steered = Uint8Array.from(tokens, (_, i) => (isWritten(i) ? 1 : 0))
    return {
      index,
      role,
      text: textOf(role === 'assistant' ? tokens.slice(tokens.length - generated) : tokens),
      tokens,
      logprobs: role === 'assistant' ? Array<number>(generated).fill(0) : [],
      flags: [],
      trace: {
        layers: [LAYER],
        from: 0,
        rows: tokens.length,
        basis: 2,
        projections: [Float32Array.from(z.flatMap((v, i) => [v + (isWritten(i) ? 10 : 0), 99]))],
        norms: [new Float32Array(tokens.length).fill(1)],
      },
      steered,
      receipt: undefined,
    }
  }

  const input = (change: Partial<CodeEpisode>): AttemptRowsInput => ({
    code: {
      attempts: [
        { number: 1, code: 'def f', run: null, turns: [2], codeAt: { turn: 2, from: 1, to: 6 }, touched: [] },
        { number: 2, code: null, run: null, turns: [4], codeAt: null, touched: [] },
      ],
      ...change,
    } as CodeEpisode,
    turns: [
      turn(0, 'system', [0, 0], [1, 1]),
      turn(1, 'user', [0], [4]),
      // An opening token, then what the model wrote: `a`, the code, `bc`.
      turn(2, 'assistant', [7, 0, 5, 1], [2, 3, 5, 7], 3),
      turn(3, 'user', [0, 0], [8, 6]),
      turn(4, 'assistant', [7, 0, 1], [9, 1, 3], 2),
    ],
    tokenizer,
    readings: { set, names: ['desperate', 'cats'], condition },
    readTone: (text) => Promise.resolve(text.length),
  })

  test('channels hold their own tokens, the dose taken out; the opening of a turn is the prompt', async () => {
    const rows = await attemptRows(input({}))
    const seen = rows.map(({ number, vitals }) => [
      number,
      ...vitals.map((v) => [v.channel, v.name, v.tokens, v.meanZ, v.peakZ, v.lastZ] as const),
    ])
    expect(seen).toEqual([
      [
        1,
        ['prompt', 'desperate', 4, 2, 4, 2],
        ['thinking', 'desperate', 1, 3, 3, 3],
        ['code', 'desperate', 1, 5, 5, 5],
        ['after', 'desperate', 1, 7, 7, 7],
      ],
      [2, ['prompt', 'desperate', 3, 23 / 3, 9, 9], ['thinking', 'desperate', 2, 2, 3, 3]],
    ])
    expect(rows.map(({ firstTurn, lastTurn, codeAt }) => [firstTurn, lastTurn, codeAt])).toEqual([
      [0, 2, { turn: 2, from: 2, to: 3 }],
      [3, 4, null],
    ])
  })

  test('the tone is read on what stands beside the code', async () => {
    const rows = await attemptRows(input({}))
    expect(rows.map(({ facts }) => facts['visible'])).toEqual(['abc', 'abc'])
    expect(rows.map(({ tone }) => tone)).toEqual([
      { lexical: 0, model: 3 },
      { lexical: 0, model: 3 },
    ])
  })
})
