import type { PreparedSteering } from './steering.ts'
import { receiptOf } from './steering.ts'
import { joinRows, sliceRows, type TraceRows } from './trace-rows.ts'
import type { GenerateRequest, Generation, Sampling } from './types.ts'

/** A row that decodes. Its last token is fed too, so that the trace has a row for every token. */
export interface GeneratingRow {
  readonly sampling: Sampling
  readonly signal: AbortSignal | undefined
  readonly steering: PreparedSteering | undefined
  /** Prompt and generated tokens; grows. */
  readonly sequence: readonly number[]
  /** Tokens in the arena. */
  length(): number
  /** How many tokens it has generated: the position of the next draw. */
  generated(): number
  nextToken(): number
  /** The token just fed is in the arena; its captured values. */
  fed(captured: TraceRows): void
  wantsToken(): boolean
  append(drawn: { token: number; logprob: number }): void
  finished(): boolean
  finish(): void
  fail(error: unknown): void
}

export interface RowOptions {
  readonly request: GenerateRequest
  readonly steering: PreparedSteering | undefined
  readonly promptTrace: TraceRows
  readonly captureLayers: readonly number[]
  readonly contextTokens: number
  readonly reusedTokens: number
  readonly resolve: (generation: Generation) => void
  readonly reject: (error: unknown) => void
}

/** `first` is the token drawn after the prompt. */
export function createRow(options: RowOptions, first: { token: number; logprob: number }): GeneratingRow {
  const { request, steering, contextTokens } = options
  const prompt = request.tokens.length
  const tokens = [first.token]
  const sequence = [...request.tokens, first.token]
  const logprobs = [first.logprob]
  const captured: TraceRows[] = []
  const changes: TraceRows['changes'][] = [options.promptTrace.changes]
  let fedTokens = 0
  const stops = () => request.stopTokens.includes(tokens.at(-1)!) || request.stopWhen?.(tokens) === true
  let isStopped = stops()
  const reason = (): Generation['finish'] | undefined => {
    if (isStopped) return 'stop'
    if (tokens.length >= request.maxNewTokens) return 'length'
    return prompt + tokens.length >= contextTokens ? 'context' : undefined
  }
  const isTraced = request.trace === true && options.captureLayers.length > 0
  return {
    sampling: request.sampling,
    signal: request.signal,
    steering,
    sequence,
    length: () => prompt + fedTokens,
    generated: () => tokens.length,
    nextToken: () => tokens[fedTokens]!,
    fed(rows) {
      fedTokens++
      if (isTraced) captured.push(rows)
      changes.push(rows.changes)
    },
    wantsToken: () => fedTokens === tokens.length && reason() === undefined,
    append({ token, logprob }) {
      tokens.push(token)
      sequence.push(token)
      logprobs.push(logprob)
      isStopped = stops()
    },
    finished: () => reason() !== undefined && fedTokens === tokens.length,
    finish() {
      const from = request.traceFrom ?? 0
      const rows = isTraced ? joinRows([sliceRows(options.promptTrace, from, prompt), ...captured]) : undefined
      options.resolve({
        tokens,
        logprobs,
        finish: reason()!,
        trace: rows && {
          layers: options.captureLayers,
          from,
          rows: rows.tokens,
          basis: rows.basis,
          projections: rows.projections,
          norms: rows.norms,
        },
        receipt: receiptOf(steering, [{ from: 0, to: sequence.length, sequence, changes: joined(changes) }]),
        reusedTokens: options.reusedTokens,
      })
    },
    fail: options.reject,
  }
}

const joined = (parts: readonly Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]))
