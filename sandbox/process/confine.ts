import type { Limits } from '../types.ts'
import type { Stop } from './launch.ts'
import { ownedBytesOf, treeOf } from './tree.ts'

export interface Usage {
  readonly cpuMs: number | undefined
  readonly peakBytes: number | undefined
}

/** Where no group limits memory: adds up what a tree of processes has, and remembers the most. */
export function watchMemory({ memoryBytes }: Pick<Limits, 'memoryBytes'>): {
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
      return bytes > memoryBytes ? 'oom' : undefined
    },
    usage: () => ({ cpuMs: most?.cpuMs, peakBytes: most?.peakBytes }),
  }
}
