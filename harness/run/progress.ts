import { createBlock, createLog } from './screen.ts'
import { countEnd, countStart, createTallies } from './tally.ts'
import type { ScheduleSink, Work } from './work.ts'

export interface ProgressOptions {
  /** What will be run: the totals of the groups come from here. */
  readonly works: readonly Pick<Work, 'key' | 'group'>[]
  readonly isTty: boolean
  readonly write: (text: string) => void
  /** Clock in milliseconds. */
  readonly now: () => number
  /** Width of the terminal, asked at every drawing. @default () => 80 */
  readonly columns?: () => number
  /** Most groups shown at once on a terminal. @default 12 */
  readonly maxGroups?: number
  /** Where the text goes: decides on colours together with NO_COLOR and FORCE_COLOR. @default process.stderr */
  readonly stream?: NodeJS.WritableStream
}

/** A sink that shows how far a run has come. */
export interface Progress extends ScheduleSink {
  /** Writes a line that stays, above the live block. */
  note(line: string): void
  /** Shows the last state and leaves it standing. */
  done(): void
}

/**
 * On a terminal: a block redrawn at every event, a line for each group that is under way and one for all. Otherwise:
 * plain lines, at most one every 30 s (there is no timer: a line needs an event), and one at the end.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { works, isTty, write, now, columns = () => 80, maxGroups = 12, stream = process.stderr } = options
  const tallies = createTallies(works)
  const screen = isTty
    ? createBlock(tallies, { write, now, columns, maxGroups, stream })
    : createLog(tallies, { write, now })
  return {
    collected: () => screen.show(),
    started(key, attempt) {
      for (const tally of tallies.of(key)) countStart(tally, attempt, now())
      screen.show()
    },
    attemptFailed: () => undefined,
    finished(key, result) {
      for (const tally of tallies.of(key)) countEnd(tally, result)
      screen.show()
    },
    note: (line) => screen.note(line),
    done: () => screen.done(),
  }
}
