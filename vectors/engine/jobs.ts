import { type Forward, rowInput } from './forward.ts'
import { createPromptReader, type PromptParts } from './prompt.ts'
import { createRow } from './row.ts'
import { drawToken, type Job } from './scheduler.ts'
import { type FedStretch, type PreparedSteering, receiptOf } from './steering.ts'
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
      const logprobs = await prompt.advance(slot)
      if (!logprobs) return 'more'
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
      return createRow(options, drawToken({ sampling: request.sampling, generated: () => 0 }, logprobs))
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
  const fed = fedBy(request)
  const perToken: Float64Array[] = []
  /** By stretch fed. */
  const changes: Float32Array[] = []
  /** Of the token after the prompt; every continuation begins with it. */
  let first: Float32Array | undefined
  return {
    signal: request.signal,
    tokens: () => prompt.done(),
    async advance(slot) {
      if (!first) {
        const logprobs = await prompt.advance(slot)
        if (!logprobs) return 'more'
        // The buffer is reused by the next run.
        first = logprobs.slice()
        changes.push(prompt.trace().changes)
        context.count({ prompt: tokens.length, reused: prompt.reused() })
        if (continuations.length > 0) return 'more'
      }
      const next = continuations[perToken.length]
      if (next) {
        const read = await scoreContinuation(context.forward, {
          slot,
          prompt: tokens,
          continuation: next,
          first,
          steering,
        })
        perToken.push(read.values)
        changes.push(read.changes)
      }
      if (perToken.length < continuations.length) return 'more'
      const sums = perToken.map((values) => values.reduce((a, b) => a + b, 0))
      const measured = fed.map((stretch, i) => ({ ...stretch, changes: changes[i]! }))
      settle.resolve({ perToken, sums, receipt: receiptOf(steering, measured) })
      return 'done'
    },
    fail: settle.reject,
  }
}

/** What a score feeds: the prompt, then of each continuation all but its last token, which is only asked about. */
export const fedBy = ({ tokens, continuations }: Pick<ScoreRequest, 'tokens' | 'continuations'>): FedStretch[] => [
  { from: 0, to: tokens.length, sequence: tokens },
  ...continuations.map((continuation) => ({
    from: tokens.length,
    to: tokens.length + continuation.length - 1,
    sequence: [...tokens, ...continuation],
  })),
]

interface Continuation {
  readonly slot: number
  readonly prompt: readonly number[]
  readonly continuation: readonly number[]
  readonly first: Float32Array
  readonly steering: PreparedSteering | undefined
}

/** The last prompt token is read again in front, so that no run has one token (its bytes come out the same). */
async function scoreContinuation(
  forward: Forward,
  { slot, prompt, continuation, first, steering }: Continuation,
): Promise<{ readonly values: Float64Array; readonly changes: Float32Array }> {
  const beginning = first[continuation[0]!]!
  if (continuation.length === 1) return { values: Float64Array.of(beginning), changes: new Float32Array(0) }
  const tokens = [prompt.at(-1)!, ...continuation.slice(0, -1)]
  const result = await forward({
    firstSlot: slot,
    rows: [rowInput({ tokens, start: prompt.length - 1, sequence: [...prompt, ...continuation], steering })],
    logprobsAt: tokens.map((_, i) => i).slice(1),
  })
  const { logprobs } = result
  const vocabulary = logprobs.length / (tokens.length - 1)
  const rest = continuation.slice(1).map((token, i) => logprobs[i * vocabulary + token]!)
  // The first change is that of the prompt's last token, which the prompt has told already.
  return { values: Float64Array.of(beginning, ...rest), changes: result.captured(0).changes.slice(1) }
}

export interface ReadingRequest extends ReadRequest {
  /** Positions that get logprobs. */
  readonly logprobsAt: readonly number[]
}

/** Reads a text in one run, from an empty past: residuals of every token, logprobs where asked. */
export function readJob(
  context: JobContext,
  request: ReadingRequest,
  steering: PreparedSteering | undefined,
  settle: Settle<Reading & { readonly logprobs: Float32Array }>,
): Job {
  return {
    signal: request.signal,
    tokens: () => 0,
    async advance(slot) {
      const result = await context.forward({
        firstSlot: slot,
        rows: [rowInput({ tokens: request.tokens, start: 0, sequence: request.tokens, steering })],
        logprobsAt: request.logprobsAt,
        wantResiduals: request.layers.length > 0,
      })
      context.count({ prompt: request.tokens.length })
      settle.resolve({
        residuals: request.layers.map((layer) => result.residuals(0, layer)),
        logprobs: result.logprobs.slice(),
      })
      return 'done'
    },
    fail: settle.reject,
  }
}
