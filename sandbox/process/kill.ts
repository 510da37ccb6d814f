import { errnoOf } from '../files/descriptor.ts'

/** SIGKILL to all of a process group that has its leader's id. */
export const killGroup = (leader: number): void => kill(-leader)

/** SIGKILL; one who is gone already is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
