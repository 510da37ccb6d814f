import type { Forward } from './forward.ts'
import { createPromptReader, type PromptParts } from './prompt.ts'
import { createRow } from './row.ts'
import { logSumExp } from './sampler.ts'
import { drawToken, type Job } from './scheduler.ts'
import { type PreparedSteering, receiptOf } from './steering.ts'
import type { GenerateRequest, Generation, Reading, ReadRequest, Score, ScoreRequest } from './types.ts'

export interface JobContext extends PromptParts {
  readonly captureLayers: readonly number[]
  readonly contextTokens: number
  readonly count: (tokens: { prompt?: number; reused?: number; generated?: number }) => void
}

interface Settle<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Reads the prompt, draws the first token and joins the decoding rows. */
export function generateJob(
  context: JobContext,
  request: GenerateRequest,
  steering: PreparedSteering | undefined,
  settle: Settle<Generation>,
): Job {
  const { tokens } = request
  const prompt = createPromptReader(context, {
    tokens,
    steering: request.steering,
    prepared: steering,
    keepWhole: true,
  })
  return {
    signal: request.signal,
    tokens: () => prompt.done(),
    async advance(slot) {
      const logits = await prompt.advance(slot)
      if (!logits) return 'more'
      context.count({ prompt: tokens.length, reused: prompt.reused() })
      const options = {
        request,
        steering,
        promptTrace: prompt.trace(),
        captureLayers: context.captureLayers,
        contextTokens: context.contextTokens,
        reusedTokens: prompt.reused(),
        resolve: (generation: Generation) => {
          context.count({ generated: generation.tokens.length })
          settle.resolve(generation)
        },
        reject: settle.reject,
      }
      return createRow(options, drawToken({ sampling: request.sampling, generated: () => 0 }, logits))
    },
    fail: settle.reject,
  }
}

/** Reads the prompt once, then each continuation over it. */
export function scoreJob(
  context: JobContext,
  request: ScoreRequest,
  steering: PreparedSteering | undefined,
  settle: Settle<Score>,
): Job {
  const { tokens, continuations } = request
  const prompt = createPromptReader(context, {
    tokens,
    steering: request.steering,
    prepared: steering,
    keepWhole: false,
  })
  const perToken: Float64Array[] = []
  let first: FirstToken | undefined
  return {
    signal: request.signal,
    tokens: () => prompt.done(),
    async advance(slot) {
      if (!first) {
        const logits = await prompt.advance(slot)
        if (!logits) return 'more'
        // The logits buffer is reused by the next run.
        first = { logits: logits.slice(), logSum: logSumExp(logits) }
        context.count({ prompt: tokens.length, reused: prompt.reused() })
        if (continuations.length > 0) return 'more'
      }
      const next = continuations[perToken.length]
      if (next)
        perToken.push(
          await scoreContinuation(context.forward, { slot, prompt: tokens, continuation: next, first, steering }),
        )
      if (perToken.length < continuations.length) return 'more'
      const sums = perToken.map((values) => values.reduce((a, b) => a + b, 0))
      const longest = Math.max(0, ...continuations.map((c) => c.length))
      settle.resolve({ perToken, sums, receipt: receiptOf(steering, tokens.length + longest) })
      return 'done'
    },
    fail: settle.reject,
  }
}

/** What the prompt's last logits say of the token after it; every continuation begins with it. */
interface FirstToken {
  readonly logits: Float32Array
  readonly logSum: number
}

interface Continuation {
  readonly slot: number
  readonly prompt: readonly number[]
  readonly continuation: readonly number[]
  readonly first: FirstToken
  readonly steering: PreparedSteering | undefined
}

/** The last prompt token is read again in front, so that no run has one token (its bytes come out the same). */
async function scoreContinuation(
  forward: Forward,
  { slot, prompt, continuation, first, steering }: Continuation,
): Promise<Float64Array> {
  const beginning = first.logits[continuation[0]!]! - first.logSum
  if (continuation.length === 1) return Float64Array.of(beginning)
  const tokens = [prompt.at(-1)!, ...continuation.slice(0, -1)]
  const { logits } = await forward({
    firstSlot: slot,
    rows: [{ tokens, start: prompt.length - 1, steering }],
    logitsAt: tokens.map((_, i) => i).slice(1),
  })
  const vocabulary = logits.length / (tokens.length - 1)
  const rest = continuation.slice(1).map((token, i) => {
    const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary)
    return row[token]! - logSumExp(row)
  })
  return Float64Array.of(beginning, ...rest)
}

export interface ReadingRequest extends ReadRequest {
  /** Positions that get logits. */
  readonly logitsAt: readonly number[]
}

/** Reads a text in one run, from an empty past: residuals of every token, logits where asked. */
export function readJob(
  context: JobContext,
  request: ReadingRequest,
  steering: PreparedSteering | undefined,
  settle: Settle<Reading & { readonly logits: Float32Array }>,
): Job {
  return {
    signal: request.signal,
    tokens: () => 0,
    async advance(slot) {
      const result = await context.forward({
        firstSlot: slot,
        rows: [{ tokens: request.tokens, start: 0, steering }],
        logitsAt: request.logitsAt,
        wantResiduals: request.layers.length > 0,
      })
      context.count({ prompt: request.tokens.length })
      settle.resolve({
        residuals: request.layers.map((layer) => result.residuals(0, layer)),
        logits: result.logits.slice(),
      })
      return 'done'
    },
    fail: settle.reject,
  }
}
