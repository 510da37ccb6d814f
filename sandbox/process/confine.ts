import type { Limits } from '../types.ts'
import type { Stop } from './launch.ts'
import { ownedBytesOf, treeOf } from './tree.ts'

export interface Usage {
  readonly cpuMs: number | undefined
  readonly peakBytes: number | undefined
}

/** Where no group limits them: adds up the memory of a tree of processes, remembers the most, and counts the processes. */
export function watchTree({ memoryBytes, processes: mostProcesses }: Pick<Limits, 'memoryBytes' | 'processes'>): {
  readonly look: (pid: number) => Stop | undefined
  readonly usage: () => Usage
} {
  let most: { cpuMs: number; peakBytes: number } | undefined
  return {
    look: (pid) => {
      const { processes, residentBytes, cpuMs } = treeOf(pid)
      // The exact sum takes longer, and is never more.
      const bytes = residentBytes > memoryBytes ? ownedBytesOf(processes) : residentBytes
      most = { cpuMs: Math.max(most?.cpuMs ?? 0, cpuMs), peakBytes: Math.max(most?.peakBytes ?? 0, bytes) }
      if (bytes > memoryBytes) return 'oom'
      return processes.length > mostProcesses ? 'processes' : undefined
    },
    usage: () => ({ cpuMs: most?.cpuMs, peakBytes: most?.peakBytes }),
  }
}
