import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from './files/descriptor.ts'

/**
 * The beginning of the names of everything that this process makes outside itself: whose it is, so that it can be removed once that
 * process is dead. The start time keeps two processes of one number apart (field 22 of proc_pid_stat(5)).
 */
export const ownerName = (pid: number = process.pid): string => `duress-sandbox-${pid}-${startTime(pid) ?? 0}-`

/** A new directory of this process. The rest of its name is random: code in the sandbox may get to see it. */
export const ownedDirectory = (tempRoot: string): string => mkdtempSync(join(tempRoot, ownerName()))

/** Names in a folder that belong to a process which is dead. */
export function orphansIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const [, pid, start] = /^duress-sandbox-(\d+)-(\d+)-/.exec(name) ?? []
    return pid !== undefined && isDead(Number(pid), Number(start))
  })
}

/** Who cannot be looked at (hidepid, proc(5); no descriptor left) may live. */
function isDead(pid: number, start: number): boolean {
  try {
    return startTime(pid) !== start
  } catch {
    return false
  }
}

/** In clock ticks since boot; undefined when there is no such process. Throws what else keeps us from looking. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets, which may hold anything.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
