import type { Attempt } from './attempt.ts'
import type { WorkFault } from './fault.ts'

export type { Attempt } from './attempt.ts'
export type { WorkFault } from './fault.ts'

/** Something to be brought to an end once, such as an episode. */
export interface Work {
  /** Names the work everywhere and for ever, such as the episode's key. */
  readonly key: string
  /** What progress is shown by, such as the cell. */
  readonly group: string
  readonly title: string
  /** Resolves when the work is complete and stored, whatever the model did; rejects when it could not be done. */
  run(attempt: Attempt): Promise<void>
}

export interface ScheduleOptions {
  /** Works running at once. */
  readonly concurrency: number
  /** Limit of one attempt, from its start, not from the time it began to wait. */
  readonly timeoutMs: number
  /** Further attempts after the first, for `infra` and `timeout` only. */
  readonly retries: number
  readonly retryDelayMs: number
  /** How long an aborted attempt may take to give up. @default 5000 */
  readonly graceMs?: number
  /** Soft stop: nothing new starts, running attempts finish. */
  readonly signal: AbortSignal
  /** Hard stop: running attempts are aborted. */
  readonly hardSignal: AbortSignal
  readonly sink: ScheduleSink
}

/** Told of everything at once and in order. A sink that throws ends the run (softly) with its error. */
export interface ScheduleSink {
  collected(total: number): void
  started(key: string, attempt: number): void
  attemptFailed(key: string, attempt: number, fault: WorkFault): void
  /** Once a work. `skipped`: not done for a stop of the run; a later run takes it up. */
  finished(key: string, result: WorkResult): void
}

export type WorkResult = 'done' | 'failed' | 'skipped'

export interface ScheduleResult {
  readonly done: number
  readonly failed: number
  readonly skipped: number
  readonly interrupted: boolean
}
