import type { Stops } from './stops.ts'
import type { ScheduleSink } from './work.ts'

export interface Teller {
  tell(message: (sink: ScheduleSink) => void): void
  throwFault(): void
}

/** A sink's error (a full disk) must not pass for a failed work, nor be lost in the runner's flat copies: it is kept. */
export function createTeller(sink: ScheduleSink, stops: Stops): Teller {
  const faults: unknown[] = []
  return {
    tell(message) {
      try {
        message(sink)
      } catch (error) {
        faults.push(error)
        stops.stopSoftly()
      }
    },
    throwFault() {
      if (faults.length > 0) throw faults[0]
    },
  }
}
