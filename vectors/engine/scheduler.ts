import { addAbortListener } from 'node:events'
import { InfraError } from '../errors.ts'
import type { Arena } from './arena.ts'
import { type Forward, type RowInput, rowInput } from './forward.ts'
import type { GeneratingRow } from './row.ts'
import { sampleToken } from './sampler.ts'

/** Work on one row that is not decoding: a prompt being read. It stops between chunks, so that other rows go on decoding. */
export interface Job {
  readonly signal: AbortSignal | undefined
  /** Tokens that the arena holds of it, so that it can be moved. */
  tokens(): number
  /** Does the next chunk in the given slot; the row that joins, or 'done', or 'more'. */
  advance(slot: number): Promise<'more' | 'done' | GeneratingRow>
  fail(error: unknown): void
}

export interface Scheduler {
  submit(job: Job): void
  /** Resolves when nothing is waiting or running. */
  idle(): Promise<void>
  steps(): number
}

/**
 * Continuous batching: rows 0…n−1 of the arena decode together, slot n holds the row being prefilled.
 * One loop owns the session, so runs never overlap; a failing row is taken out, the others go on. Who waits hears of an abort at once, who
 * runs before the next run.
 */
export function createScheduler({ forward, arena }: { forward: Forward; arena: Arena }): Scheduler {
  const waiting = waitingLine()
  const rows: GeneratingRow[] = []
  let current: Job | undefined
  let running: Promise<void> | undefined
  let steps = 0

  const submit = (job: Job): void => {
    waiting.push(job)
    // A macrotask later: calls made in one go share the first batch.
    running ??= new Promise((resolve) => {
      setImmediate(() => resolve(loop()))
    })
  }

  async function loop(): Promise<void> {
    while (rows.length > 0 || current || waiting.size() > 0) {
      // Before the chunk, which may be long.
      sweep()
      current ??= waiting.shift()
      if (current) await advance(current)
      if (rows.length > 0) await decode()
    }
    running = undefined
  }

  function sweep(): void {
    for (const row of rows.slice()) if (row.signal?.aborted) leave(row, () => row.fail(row.signal!.reason))
  }

  async function advance(job: Job): Promise<void> {
    try {
      job.signal?.throwIfAborted()
      const state = await job.advance(rows.length)
      if (state === 'more') return
      current = undefined
      if (state !== 'done') rows.push(state)
    } catch (error) {
      current = undefined
      job.fail(error)
    }
  }

  async function decode(): Promise<void> {
    sweep()
    const inputs = prepareRows()
    if (rows.length === 0) return
    try {
      const result = await forward({
        firstSlot: 0,
        rows: rows.map((row) => inputs.get(row)!),
        logprobsAt: rows.map((_, i) => i),
      })
      steps++
      const vocabulary = result.logprobs.length / rows.length
      const failed = new Map<GeneratingRow, unknown>()
      for (const [i, row] of rows.entries()) {
        row.fed(result.captured(i))
        try {
          if (row.wantsToken())
            row.append(drawToken(row, result.logprobs.subarray(i * vocabulary, (i + 1) * vocabulary)))
        } catch (error) {
          failed.set(row, error)
        }
      }
      // Only when every row knows its new length may rows be moved.
      for (const [row, error] of failed) leave(row, () => row.fail(error))
      for (const row of rows.slice()) if (row.finished()) leave(row, () => row.finish())
    } catch (error) {
      // The run itself failed: nobody knows which row did it, so every row hears of it.
      for (const row of rows.slice()) leave(row, () => row.fail(error))
    }
  }

  /** The next token of each row; a row whose window throws leaves. */
  function prepareRows(): Map<GeneratingRow, RowInput> {
    const inputs = new Map<GeneratingRow, RowInput>()
    for (const row of rows.slice()) {
      const { sequence, steering } = row
      try {
        inputs.set(row, rowInput({ tokens: [row.nextToken()], start: row.length(), sequence, steering }))
      } catch (error) {
        leave(row, () => row.fail(error))
      }
    }
    return inputs
  }

  /** Takes a row out; the last row (and the one being prefilled) move up so that the batch stays contiguous. */
  function leave(row: GeneratingRow, tell: () => void): void {
    const hole = rows.indexOf(row)
    const last = rows.length - 1
    if (hole < last) {
      arena.copyRow(last, hole, rows[last]!.length())
      rows[hole] = rows[last]!
    }
    rows.pop()
    if (current) arena.copyRow(last + 1, last, current.tokens())
    try {
      tell()
    } catch (error) {
      // A finishing row asks its window once more, for the receipt; what that throws is this row's own.
      row.fail(error)
    }
  }

  return { submit, idle: async () => running, steps: () => steps }
}

/**
 * Jobs in order of arrival. One whose signal aborts leaves at once, even during a run: it holds nothing that the run uses. All jobs of a
 * signal share one listener, for Node warns of more than ten.
 */
function waitingLine() {
  let jobs: Job[] = []
  const listeners = new Map<AbortSignal, Disposable>()
  const leave = (signal: AbortSignal) => {
    const aborted = jobs.filter((job) => job.signal === signal)
    jobs = jobs.filter((job) => job.signal !== signal)
    listeners.delete(signal)
    for (const job of aborted) job.fail(signal.reason)
  }
  return {
    size: () => jobs.length,
    push(job: Job): void {
      const { signal } = job
      jobs.push(job)
      if (signal && !listeners.has(signal))
        listeners.set(
          signal,
          addAbortListener(signal, () => leave(signal)),
        )
    },
    shift(): Job | undefined {
      const job = jobs.shift()
      const signal = job?.signal
      if (signal && jobs.every((other) => other.signal !== signal)) {
        listeners.get(signal)?.[Symbol.dispose]()
        listeners.delete(signal)
      }
      return job
    },
  }
}

/**
 * Draws the next token and its log-probability under the unscaled distribution.
 * Errors: InfraError when the logprobs are not numbers, which no sampling may turn into an answer.
 */
export function drawToken(
  row: Pick<GeneratingRow, 'sampling' | 'generated'>,
  logprobs: Float32Array,
): { token: number; logprob: number } {
  const token = sampleToken(logprobs, row.sampling, row.generated())
  const logprob = logprobs[token]!
  if (!Number.isFinite(logprob))
    throw new InfraError(
      `the model gave ${logprobs[token]} as the best log-probability: it computed something that is not a number`,
    )
  return { token, logprob }
}
