import { readdirSync, readFileSync, statSync } from 'node:fs'

export interface TreeUsage {
  readonly processes: readonly number[]
  /** Resident memory of all, added up: what several of them share is counted for each. */
  readonly residentBytes: number
  readonly cpuMs: number
}

/** On all systems that Linux runs on today with 4 KiB pages; with larger ones we would see less than is used. */
const PAGE_BYTES = 4096
/** USER_HZ, which the kernel has fixed for programs (time(7)). */
const TICK_MS = 10

/** A process and all that descend from it, from one look at /proc (proc_pid_stat(5)). */
export function treeOf(root: number): TreeUsage {
  const all = new Map<number, ProcessStat>()
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined
    if (stat === undefined) continue
    all.set(stat.pid, stat)
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat.pid])
  }
  const processes: number[] = []
  for (const next = [root]; next.length > 0;) {
    const pid = next.pop() ?? 0
    if (!all.has(pid)) continue
    processes.push(pid)
    next.push(...(children.get(pid) ?? []))
  }
  const stats = processes.flatMap((pid) => all.get(pid) ?? [])
  return {
    processes,
    residentBytes: stats.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    cpuMs: stats.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  }
}

/** False for one that has ended, even if nobody has asked yet how. */
export const isRunning = (pid: number): boolean => {
  const state = readStat(pid)?.state
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** Memory of processes in which each page counts once: shared ones are split among all who have them (Pss, proc_pid_smaps(5)). */
export function ownedBytesOf(processes: readonly number[]): number {
  return processes.reduce((sum, pid) => sum + pssOf(pid), 0)
}

function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    // It ended, or it closed itself to us; then what is resident counts.
    return readStat(pid)?.residentBytes ?? 0
  }
}

/** Processes and threads of a user, as RLIMIT_NPROC counts them. */
export function countTasksOf(uid: number): number {
  return readdirSync('/proc').reduce((sum, name) => {
    if (!/^\d+$/.test(name)) return sum
    try {
      return statSync(`/proc/${name}`).uid === uid ? sum + readdirSync(`/proc/${name}/task`).length : sum
    } catch {
      return sum
    }
  }, 0)
}

interface ProcessStat {
  readonly pid: number
  readonly state: string
  readonly parent: number
  readonly residentBytes: number
  /** With that of its children which have ended. */
  readonly cpuMs: number
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // From the third field on: the second is the name in brackets, which may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3])
    return {
      pid,
      state: fields[0] ?? '',
      parent: field(4),
      residentBytes: field(24) * PAGE_BYTES,
      cpuMs: (field(14) + field(15) + field(16) + field(17)) * TICK_MS,
    }
  } catch {
    // It ended while we looked.
    return undefined
  }
}
