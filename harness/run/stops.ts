import { setMaxListeners } from 'node:events'
import type { ScheduleOptions } from './work.ts'

export interface Stops {
  /** Aborted by either stop. */
  readonly soft: AbortSignal
  readonly hard: AbortSignal
  stopSoftly(): void
  [Symbol.dispose](): void
}

/** Signals of our own, so that the caller's carry one listener each however many works are running. */
export function relayStops({ signal, hardSignal }: Pick<ScheduleOptions, 'signal' | 'hardSignal'>): Stops {
  const soft = new AbortController()
  const hard = new AbortController()
  setMaxListeners(0, soft.signal, hard.signal)
  const stopSoftly = () => soft.abort()
  const stopHard = () => {
    soft.abort()
    hard.abort(hardSignal.reason)
  }
  signal.addEventListener('abort', stopSoftly)
  hardSignal.addEventListener('abort', stopHard)
  if (signal.aborted) stopSoftly()
  if (hardSignal.aborted) stopHard()
  const dispose = () => {
    signal.removeEventListener('abort', stopSoftly)
    hardSignal.removeEventListener('abort', stopHard)
  }
  return { soft: soft.signal, hard: hard.signal, stopSoftly, [Symbol.dispose]: dispose }
}
