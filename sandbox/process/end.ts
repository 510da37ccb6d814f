import { constants } from 'node:os'
import type { End } from '../types.ts'
import type { Stop } from './launch.ts'

/** How a command ended. `status` is its exit code, or −n where signal n ended it. */
export function endOfStatus(status: number, stopped: Stop | undefined): End {
  if (stopped !== undefined && stopped !== 'aborted') return { kind: stopped }
  if (status >= 0) return { kind: 'exit', code: status }
  const signal = SIGNALS.get(-status) ?? `signal ${-status}`
  const limit = LIMIT_SIGNALS[signal]
  return limit === undefined ? { kind: 'signal', signal } : { kind: limit }
}

/** Launchers say 128 + n for signal n, as shells do: code 137 is told as SIGKILL, even of a program that chose it. */
export const statusOfCode = (code: number): number => (SIGNALS.has(code - 128) ? 128 - code : code)

/** What the kernel sends for a limit of one process (setrlimit(2)): CPU seconds and the size of a file. */
const LIMIT_SIGNALS: Readonly<Record<string, 'timeout' | 'disk'>> = { SIGXCPU: 'timeout', SIGXFSZ: 'disk' }

const SIGNALS = new Map<number, string>(Object.entries(constants.signals).map(([name, number]) => [number, name]))
