import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import { runAttempt, type AttemptEnd } from './attempt.ts'
import { checkOptions, checkWorks } from './checks.ts'
import { relayStops, type Stops } from './stops.ts'
import { createTeller, type Teller } from './teller.ts'
import { hostWorks } from './vitest.ts'
import type { ScheduleOptions, ScheduleResult, Work } from './work.ts'

export type * from './work.ts'

/**
 * Brings every work to an end, in the given order as slots become free; attempts after the first wait at the end of
 * the queue. Errors: InputError for options out of range, Error for works that share a key or a second run in this
 * process, and whatever the sink threw.
 */
export async function runWork(works: readonly Work[], options: ScheduleOptions): Promise<ScheduleResult> {
  checkOptions(options)
  checkWorks(works)
  const counts = { done: 0, failed: 0, skipped: 0 }
  using stops = relayStops(options)
  const teller = createTeller(options.sink, stops)
  const queue = new PQueue({ concurrency: options.concurrency })
  teller.tell((sink) => sink.collected(works.length))
  await hostWorks(
    works.map((work) => ({
      key: work.key,
      group: work.group,
      title: work.title,
      retries: options.retries,
      attempt: (number) => attemptWork(work, number, { options, stops, queue, teller }),
      finished: (result) => {
        counts[result] += 1
        teller.tell((sink) => sink.finished(work.key, result))
      },
    })),
  )
  teller.throwFault()
  return { ...counts, interrupted: stops.soft.aborted }
}

interface Shared {
  readonly options: ScheduleOptions
  readonly stops: Stops
  readonly queue: PQueue
  readonly teller: Teller
}

async function attemptWork(work: Work, number: number, shared: Shared): Promise<AttemptEnd> {
  const { options, stops, queue } = shared
  if (number > 0) await pause(options.retryDelayMs, stops.soft)
  // The queue must not know the stop signal: it would reject running works too, not only waiting ones.
  return queue.add(async () => (stops.soft.aborted ? { end: 'stopped' } : attemptNow(work, number, shared)))
}

async function attemptNow(work: Work, number: number, { options, stops, teller }: Shared): Promise<AttemptEnd> {
  const { timeoutMs, graceMs = 5000 } = options
  teller.tell((sink) => sink.started(work.key, number))
  const ended = await runAttempt(work.run.bind(work), { number, timeoutMs, graceMs, hardSignal: stops.hard })
  if (ended.end === 'failed') teller.tell((sink) => sink.attemptFailed(work.key, number, ended.fault))
  return ended
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined) // rejects only when the run stops
}
