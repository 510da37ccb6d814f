import { expect, test } from 'vitest'
import { createArena } from './arena.ts'
import type { Forward } from './forward.ts'
import { createRow } from './row.ts'
import { createScheduler } from './scheduler.ts'
import { emptyRows } from './trace-rows.ts'

/** A model of two tokens that are always as likely, without keys and values to speak of. */
const forward: Forward = ({ rows }) =>
  Promise.resolve({
    padded: 1,
    logprobs: new Float32Array(rows.length * 2).fill(Math.log(0.5)),
    captured: () => emptyRows(0, 0),
    residuals: () => new Float32Array(0),
  })
const arena = createArena({ layers: 1, kvHeads: 1, headSize: 1, slots: 3, capacity: 64, type: 'f32' })

test('an aborted row leaves before the next chunk is read, which may be long', async () => {
  const scheduler = createScheduler({ forward, arena })
  const controller = new AbortController()
  const { signal } = controller
  const order: string[] = []
  const chunk = {
    signal: undefined,
    tokens: () => 0,
    advance: (slot: number) => {
      order.push(`chunk in slot ${slot}`)
      return Promise.resolve('done' as const)
    },
    fail: (error: unknown) => order.push(String(error)),
  }
  const stopWhen = (generated: readonly number[]) => {
    if (generated.length < 3) return false
    scheduler.submit(chunk)
    controller.abort('enough')
    return false
  }
  const request = {
    tokens: [0],
    maxNewTokens: 50,
    sampling: { temperature: 0, seed: [1, 1] as const, turn: 0 },
    stopTokens: [],
    stopWhen,
    signal,
  }
  const parts = { steering: undefined, promptTrace: emptyRows(0, 0), captureLayers: [], contextTokens: 64 }
  const tell = {
    resolve: () => order.push('ended'),
    reject: (reason: unknown) => order.push(`left: ${String(reason)}`),
  }
  const first = { token: 0, logprob: 0 }
  scheduler.submit({
    signal,
    tokens: () => 1,
    advance: () => Promise.resolve(createRow({ request, ...parts, reusedTokens: 0, ...tell }, first)),
    fail: tell.reject,
  })
  await scheduler.idle()
  expect(order).toEqual(['left: enough', 'chunk in slot 0'])
})
