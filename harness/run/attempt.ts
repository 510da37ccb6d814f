import { faultOf, messageOf, type WorkFault } from './fault.ts'

/** One try at a work. */
export interface Attempt {
  /** 0 for the first try. */
  readonly number: number
  /** Aborted when this try is over time or the run is stopped at once. The work must give up soon after. */
  readonly signal: AbortSignal
}

/** How a try ended. `again`: another try may cure it. `stopped`: the run is being left, nothing is known of the work. */
export type AttemptEnd =
  | { readonly end: 'done' }
  | { readonly end: 'failed'; readonly fault: WorkFault; readonly again: boolean }
  | { readonly end: 'stopped' }

export interface AttemptLimits {
  readonly number: number
  readonly timeoutMs: number
  /** How long an aborted try may take to give up. */
  readonly graceMs: number
  /** Aborts the try. */
  readonly hardSignal: AbortSignal
}

/**
 * Runs one try under its own signal and never rejects. An aborted try is awaited for at most `graceMs`, so that two
 * tries of one work are never alive together; one that will not give up is left behind and not tried again. A try that
 * completes is `done`, even late: its results are stored by then.
 */
export async function runAttempt(
  run: (attempt: Attempt) => Promise<void>,
  { number, timeoutMs, graceMs, hardSignal }: AttemptLimits,
): Promise<AttemptEnd> {
  const own = new AbortController()
  const stop = () => own.abort(hardSignal.reason)
  hardSignal.addEventListener('abort', stop, { once: true })
  if (hardSignal.aborted) stop()
  const timer = setTimeout(() => own.abort(new Error(`no end after ${timeoutMs} ms`)), timeoutMs)
  try {
    const settled = await settledInTime(settle(run, { number, signal: own.signal }), own.signal, graceMs)
    if (settled.how === 'completed') return { end: 'done' }
    if (settled.how === 'threw' && !own.signal.aborted) return failed(faultOf(settled.error))
    if (hardSignal.aborted) return { end: 'stopped' }
    return overTime(settled, { timeoutMs, graceMs, reason: own.signal.reason })
  } finally {
    clearTimeout(timer)
    hardSignal.removeEventListener('abort', stop)
  }
}

type Settled = { how: 'completed' } | { how: 'threw'; error: unknown } | { how: 'stuck' }

async function settle(run: (attempt: Attempt) => Promise<void>, attempt: Attempt): Promise<Settled> {
  try {
    await run(attempt)
    return { how: 'completed' }
  } catch (error) {
    return { how: 'threw', error }
  }
}

async function settledInTime(settling: Promise<Settled>, signal: AbortSignal, graceMs: number): Promise<Settled> {
  let timer: NodeJS.Timeout | undefined
  const stuck = new Promise<Settled>((resolve) => {
    const startGrace = () => {
      timer = setTimeout(resolve, graceMs, { how: 'stuck' })
    }
    if (signal.aborted) startGrace()
    else signal.addEventListener('abort', startGrace, { once: true })
  })
  try {
    return await Promise.race([settling, stuck])
  } finally {
    clearTimeout(timer)
  }
}

function failed(fault: WorkFault): AttemptEnd {
  return { end: 'failed', fault, again: fault.kind === 'infra' }
}

function overTime(
  settled: Settled,
  { timeoutMs, graceMs, reason }: { timeoutMs: number; graceMs: number; reason: unknown },
): AttemptEnd {
  const limit = `attempt over its limit of ${timeoutMs} ms`
  if (settled.how === 'stuck') {
    const message = `${limit}, and still running ${graceMs} ms after its signal: left behind, not tried again`
    return { end: 'failed', fault: { kind: 'timeout', message }, again: false }
  }
  // What a try threw while it gave up is told only when it is more than the signal's own reason.
  const last = settled.how === 'threw' && !isAbort(settled.error, reason) ? `, then: ${messageOf(settled.error)}` : ''
  return { end: 'failed', fault: { kind: 'timeout', message: limit + last }, again: true }
}

function isAbort(error: unknown, reason: unknown): boolean {
  return error === reason || (error instanceof Error && error.name === 'AbortError')
}
