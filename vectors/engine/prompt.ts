import type { Arena } from './arena.ts'
import { planChunks } from './chunks.ts'
import { type Forward, rowInput } from './forward.ts'
import type { PrefixCache, PrefixKey } from './prefixes.ts'
import type { PreparedSteering } from './steering.ts'
import { joinRows, sliceRows, type TraceRows } from './trace-rows.ts'
import type { Steering } from './types.ts'

export interface PromptParts {
  readonly forward: Forward
  readonly arena: Arena
  readonly prefixes: PrefixCache
  /** Most tokens of a prompt in one run: other rows decode in between. A multiple of 16. */
  readonly chunkTokens: number
}

export interface PromptRequest {
  readonly tokens: readonly number[]
  readonly steering: Steering | undefined
  readonly prepared: PreparedSteering | undefined
  /** Keep the whole prompt for a later turn that begins with it. */
  readonly keepWhole: boolean
}

/** Reads a prompt into the slot, chunk by chunk, reusing the longest beginning that was computed before. */
export interface PromptReader {
  /** Tokens in the arena. */
  done(): number
  reused(): number
  /** Reads the next chunk; the logprobs of the last prompt token once it has been read. */
  advance(slot: number): Promise<Float32Array | undefined>
  /** Captured values of every prompt token, when all have been read. */
  trace(): TraceRows
}

export function createPromptReader(
  { forward, arena, prefixes, chunkTokens }: PromptParts,
  request: PromptRequest,
): PromptReader {
  const { tokens, steering, prepared, keepWhole } = request
  const boundary = (prepared?.steering ?? steering)?.selected.indexOf(1) ?? -1
  const key: PrefixKey = {
    tokens,
    selected: prepared?.steering.selected,
    steeringHash: prepared?.hash ?? '',
  }
  const parts: TraceRows[] = []
  let chunks: ReturnType<typeof planChunks> | undefined
  let done = 0
  let reused = 0

  /** The last two tokens are always computed: their logprobs are needed, and one token alone would take another attention path. */
  const start = (slot: number) => {
    const found = prefixes.find(key, Math.max(0, tokens.length - 2))
    if (found) {
      for (const { from, to, kv, trace } of found.stretches) {
        arena.restore(kv, slot, from, to - from)
        parts.push(sliceRows(trace, 0, to - from))
      }
      done = reused = found.tokens
    }
    return planChunks({ from: done, to: tokens.length }, chunkTokens, boundary > done ? boundary : undefined)
  }
  /** A prompt of one token took the path of one token: no longer prompt may begin with its bytes. */
  const keep = (slot: number) => {
    const own = { ...key, tokens: tokens.slice(0, done) }
    if (done >= 2)
      prefixes.add(own, (from) => ({
        kv: arena.save(slot, from, done),
        trace: sliceRows(joinRows(parts), from, done),
      }))
  }

  return {
    done: () => done,
    reused: () => reused,
    async advance(slot) {
      chunks ??= start(slot)
      const chunk = chunks.shift()!
      const isLast = chunks.length === 0
      const slice = tokens.slice(chunk.from, chunk.to)
      const result = await forward({
        firstSlot: slot,
        rows: [rowInput({ tokens: slice, start: chunk.from, sequence: tokens, steering: prepared })],
        logprobsAt: [slice.length - 1],
      })
      parts.push(result.captured(0))
      done = chunk.to
      if (done === boundary || (isLast && keepWhole)) keep(slot)
      return isLast ? result.logprobs : undefined
    },
    trace: () => joinRows(parts),
  }
}
