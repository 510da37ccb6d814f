import { readFileSync } from 'node:fs'
import { SandboxInfraError } from '../errors.ts'

const PER_PROCESS = 256
const FIRST_HIGH = 2 ** 30

/** In use by this process, in whichever provider: users are a thing of the machine. */
const taken = new Set<number>()

/**
 * A user that owns nothing and that no other sandbox runs as, on this machine: numbers far above those given to people, a block for each
 * process id (which is at most 2^22, proc_sys_kernel(5)). Undefined when all are taken.
 */
export function takeUid(): number | undefined {
  const base = firstUid()
  for (let slot = 0; slot < PER_PROCESS; slot++) {
    const uid = base + slot
    if (taken.has(uid)) continue
    taken.add(uid)
    return uid
  }
  return undefined
}

/** Whether nobody else on this machine can have taken it, so that all of its processes are ours: not in a container with few users. */
export const isOursAlone = (uid: number): boolean => uid >= FIRST_HIGH

export function giveBackUid(uid: number): void {
  taken.delete(uid)
}

/**
 * Whether each sandbox gets a user of its own, which takes root. Root of a user namespace that holds nobody else is a plain user outside.
 * Throws SandboxInfraError (START) for one that is root outside too, and cannot become anybody else: code would run as root.
 */
export function canDropUser(): boolean {
  if (process.getuid?.() !== 0) return false
  if (isMapped(firstUid() + PER_PROCESS - 1)) return true
  const [inside, outside] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number)
  if (inside === 0 && outside !== 0) return false
  throw new SandboxInfraError(
    'START',
    'expected a root that can become another user, got one of a container without others',
  )
}

function firstUid(): number {
  const high = FIRST_HIGH + process.pid * PER_PROCESS
  if (isMapped(high)) return high
  // A container with 65,536 users: systemd keeps these for services without a user of their own (systemd, UIDS-GIDS).
  return 61_184 + (process.pid % 16) * PER_PROCESS
}

/** Whether a user exists in our user namespace (user_namespaces(7)). */
const isMapped = (uid: number): boolean =>
  readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .some((line) => {
      const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number)
      return uid >= first && uid < first + count
    })
