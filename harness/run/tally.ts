import type { Work, WorkResult } from './work.ts'

/** How far one group of works, or all of them, has come. Times are of the caller's clock. */
export interface Tally {
  readonly name: string
  total: number
  done: number
  failed: number
  skipped: number
  retried: number
  startedMs: number | undefined
}

/** A tally for all works and one for each group, in the order in which groups first appear. */
export interface Tallies {
  readonly all: Tally
  readonly groups: readonly Tally[]
  /** The tallies that a work counts in. */
  of(key: string): readonly Tally[]
}

/** Tallies with nothing begun. */
export function createTallies(works: readonly Pick<Work, 'key' | 'group'>[]): Tallies {
  const all = emptyTally('all')
  const groups = new Map<string, Tally>()
  const byKey = new Map<string, readonly Tally[]>()
  for (const { key, group } of works) {
    const tally = groups.get(group) ?? emptyTally(group)
    groups.set(group, tally)
    byKey.set(key, [all, tally])
    all.total += 1
    tally.total += 1
  }
  return { all, groups: [...groups.values()], of: (key) => byKey.get(key) ?? [all] }
}

/** Counts the start of an attempt. */
export function countStart(tally: Tally, attempt: number, nowMs: number): void {
  tally.startedMs ??= nowMs
  if (attempt > 0) tally.retried += 1
}

/** Counts the end of a work. */
export function countEnd(tally: Tally, result: WorkResult): void {
  tally[result] += 1
}

/** Whether every work of the tally has ended. */
export function isOver({ total, done, failed, skipped }: Tally): boolean {
  return done + failed + skipped >= total
}

/**
 * Milliseconds until the rest is over, if it goes on at the mean pace since the first start; undefined before the
 * first end. Skipped works took no time and are left out of the pace.
 */
export function remainingMs(tally: Tally, nowMs: number): number | undefined {
  const ended = tally.done + tally.failed
  if (ended === 0 || tally.startedMs === undefined) return undefined
  return ((nowMs - tally.startedMs) / ended) * (tally.total - ended - tally.skipped)
}

function emptyTally(name: string): Tally {
  return { name, total: 0, done: 0, failed: 0, skipped: 0, retried: 0, startedMs: undefined }
}
