import { assemble, type Line } from './assemble.ts'
import {
  AUDIT_ARCH,
  DENIED,
  DENIED_ON_SHARED_HOST,
  DENIED_ON_SHARED_USER,
  INSPECTED,
  NEWEST_SYSCALL,
  numbersOn,
  type SeccompArch,
} from './syscalls.ts'

export interface SeccompOptions {
  readonly arch: SeccompArch
  /** AF_INET and AF_INET6 sockets: only where a network namespace leaves them nothing to reach. @default false */
  readonly allowInet?: boolean
  /** Address families that a socket may have. @default AF_UNIX, and with `allowInet` AF_INET and AF_INET6 */
  readonly families?: readonly number[]
  /** The process shares IPC and process ids with the host: also deny what would reach others through them. @default false */
  readonly sharedHost?: boolean
  /** The process runs as the user of files that it must not touch, and only Landlock keeps it from them. @default false */
  readonly sharedUser?: boolean
}

/** Offsets in `struct seccomp_data` (linux/seccomp.h). */
const NUMBER = 0
const ARCH = 4
/** The lower half of an argument, on a little-endian machine. The arguments looked at are 32 bits wide: the kernel drops the upper half too. */
const argument = (index: number): number => 16 + 8 * index

/** Actions (linux/seccomp.h), with error numbers of asm-generic/errno.h. */
const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const failWith = (errno: number): number => 0x00050000 | errno
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

/** linux/socket.h. */
const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10

/**
 * CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (linux/sched.h). CLONE_NEWTIME lies in the byte that `clone` reads as
 * a signal, so only clone3 and unshare can ask for it.
 */
const NAMESPACE_FLAGS = 0x7e020000

/** Commands of asm-generic/ioctls.h that type into a terminal. */
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c

/** Personalities (linux/personality.h): the ordinary one, and the question which it is. */
const PER_LINUX = 0
const ASK_PERSONALITY = 0xffffffff

/**
 * The filter for code that is not trusted: an array of `struct sock_filter` for `bwrap --seccomp` or seccomp(2). A list of what is denied,
 * so that interpreters run unchanged: other machines' calls end the process, calls newer than the list do not exist, dangerous ones are
 * not permitted. `clone3` does not exist either, since its flags lie in memory and cannot be looked at: libc then takes `clone`.
 */
export function buildSeccomp(options: SeccompOptions): Uint8Array {
  const { arch, allowInet = false, sharedHost = false, sharedUser = false } = options
  const families = options.families ?? (allowInet ? [AF_UNIX, AF_INET, AF_INET6] : [AF_UNIX])
  const denied = numbersOn(arch, {
    ...DENIED,
    ...(sharedHost ? DENIED_ON_SHARED_HOST : {}),
    ...(sharedUser ? DENIED_ON_SHARED_USER : {}),
  })
  return assemble([
    ...checkMachine(arch),
    ...[...denied.values()].map((number) => onEqual(number, 'denied')),
    ...inspect(arch, sharedHost),
    { give: ALLOW },
    ...argumentRules(families),
    { label: 'allowed' },
    { give: ALLOW },
    { label: 'denied' },
    { give: failWith(EPERM) },
    { label: 'unknown' },
    { give: failWith(ENOSYS) },
  ])
}

/** A number means another call on another machine (32-bit calls of the same kernel, too); x32 numbers lie above the newest call. */
const checkMachine = (arch: SeccompArch): Line[] => [
  { load: ARCH },
  onEqual(AUDIT_ARCH[arch], 'native'),
  { give: KILL_PROCESS },
  { label: 'native' },
  { load: NUMBER },
  { when: 'atLeast', value: NEWEST_SYSCALL + 1, goto: 'unknown' },
]

/** Sends the calls whose arguments decide to the rules for them. */
function inspect(arch: SeccompArch, sharedHost: boolean): Line[] {
  const number = numbersOn(arch, INSPECTED)
  const goto: Readonly<Record<keyof typeof INSPECTED, string>> = {
    clone: 'clone',
    clone3: 'unknown',
    socket: 'socket',
    socketpair: 'socket',
    ioctl: 'ioctl',
    personality: 'personality',
    prlimit64: sharedHost ? 'prlimit64' : 'allowed',
  }
  return Object.entries(goto).flatMap(([name, label]) => {
    const value = number.get(name)
    return value === undefined ? [] : [onEqual(value, label)]
  })
}

const argumentRules = (families: readonly number[]): Line[] => [
  { label: 'clone' },
  { load: argument(0) },
  { when: 'anyBit', value: NAMESPACE_FLAGS, goto: 'denied' },
  { give: ALLOW },

  { label: 'socket' },
  { load: argument(0) },
  ...families.map((family) => onEqual(family, 'allowed')),
  { give: failWith(EAFNOSUPPORT) },

  { label: 'ioctl' },
  { load: argument(1) },
  onEqual(TIOCSTI, 'denied'),
  onEqual(TIOCLINUX, 'denied'),
  { give: ALLOW },

  { label: 'personality' },
  { load: argument(0) },
  onEqual(PER_LINUX, 'allowed'),
  onEqual(ASK_PERSONALITY, 'allowed'),
  { give: failWith(EPERM) },

  // Limits of the process itself only.
  { label: 'prlimit64' },
  { load: argument(0) },
  onEqual(0, 'allowed'),
  { give: failWith(EPERM) },
]

const onEqual = (value: number, goto: string): Line => ({ when: 'equal', value, goto })
