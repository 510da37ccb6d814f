import { InputError } from '../errors.ts'
import type { ScheduleOptions, Work } from './work.ts'

const longestTimerMs = 2 ** 31 - 1 // Node fires a longer timer at once

/** Throws InputError naming the first option that is out of its range. */
export function checkOptions(options: Omit<ScheduleOptions, 'signal' | 'hardSignal' | 'sink'>): void {
  const { concurrency, timeoutMs, retries, retryDelayMs, graceMs = 0 } = options
  const ranges: [name: string, value: number, least: number, most: number][] = [
    ['concurrency', concurrency, 1, Number.MAX_SAFE_INTEGER],
    ['timeoutMs', timeoutMs, 1, longestTimerMs],
    ['retries', retries, 0, Number.MAX_SAFE_INTEGER],
    ['retryDelayMs', retryDelayMs, 0, longestTimerMs],
    ['graceMs', graceMs, 0, longestTimerMs],
  ]
  for (const [name, value, least, most] of ranges) {
    if (Number.isInteger(value) && value >= least && value <= most) continue
    throw new InputError(`${name} must be a whole number from ${least} to ${most}, got ${value}`)
  }
}

/** Throws when two works share a key: one of them would never be stored. */
export function checkWorks(works: readonly Pick<Work, 'key' | 'title'>[]): void {
  const titles = new Map<string, string>()
  for (const { key, title } of works) {
    const other = titles.get(key)
    if (other !== undefined) throw new Error(`two works share the key ${key}: "${other}" and "${title}"`)
    titles.set(key, title)
  }
}
