import { execa } from 'execa'
import { chmodSync, statfsSync } from 'node:fs'
import { release } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { captureText } from '../capture.ts'
import { sandboxEnvironment } from '../environment.ts'
import { SandboxInfraError } from '../errors.ts'
import { emptyDirectory } from '../files/empty.ts'
import { watchTree } from '../process/confine.ts'
import { type ControlGroup, endByGroup, makeGroup, usableGroupHome } from '../process/control-groups.ts'
import { type GroupHome, limitsCpu } from '../process/group-home.ts'
import { endOfStatus, statusOfCode } from '../process/end.ts'
import { kill } from '../process/kill.ts'
import { launch, type Ran } from '../process/launch.ts'
import { openPrivateMounts, type PrivateMounts } from '../process/private-mounts.ts'
import { isRunning } from '../process/tree.ts'
import { canDropUser, giveBackUid, takeUid } from '../process/uids.ts'
import { requirePython, type Python } from '../python.ts'
import type { End, ExecRequest, ExecResult, Limits, Problem } from '../types.ts'
import type { Backend, Room, Surroundings } from './backend.ts'
import { bwrapArguments } from './bwrap-arguments.ts'
import { filterArch } from './machine.ts'
import { buildSeccomp } from '../seccomp/filter.ts'

/**
 * Namespaces and a filter of system calls, by bubblewrap: a fresh one for each command over the same work directory. As root every sandbox
 * has a user of its own: bwrap as root would leave the kernel's settings writable.
 * Throws SandboxInfraError (START) when bwrap is not installed.
 */
export async function bwrap(surroundings: Surroundings): Promise<Backend> {
  const { stdout, failed } = await execa('bwrap', ['--version'], {
    reject: false,
    env: { PATH: TOOLS },
    extendEnv: false,
  })
  if (failed) throw new SandboxInfraError('START', 'spawn bwrap ENOENT')
  const isRoot = canDropUser()
  const python = await requirePython(surroundings)
  const groups = await usableGroupHome()
  const filter = buildSeccomp({ arch: filterArch(), allowInet: true })
  return {
    id: 'bwrap',
    guarantees: {
      files: true,
      network: true,
      pidNamespace: true,
      seccomp: true,
      memory: groups === undefined ? 'polled' : 'hard',
      processes: groups === undefined ? 'rlimit' : 'hard',
      cpu: groups !== undefined && limitsCpu(groups),
      disk: 'hard',
    },
    versions: { bwrap: stdout.replace('bubblewrap ', ''), kernel: release(), python: python.version },
    profile: {
      isRoot,
      python,
      groups: groups?.version,
      filter: Buffer.from(filter).toString('base64'),
      arguments: profileText(python),
    },
    notes: groups === undefined ? [NO_GROUPS] : limitsCpu(groups) ? [] : [NO_CPU_SHARE],
    openRoom: (limits) => openRoom({ surroundings, isRoot, python, groups, filter, limits }),
  }
}

const TOOLS = '/usr/sbin:/usr/bin:/sbin:/bin'

const NO_GROUPS: Problem = {
  code: 'no-control-groups',
  detail: 'no control group is writable: memory is watched instead of limited, CPU time is not shared out',
  remedy: 'run as root, or start under: systemd-run --user --scope -p Delegate=yes',
}

const NO_CPU_SHARE: Problem = {
  code: 'no-cpu-share',
  detail: 'control groups here limit memory and processes, but share out no CPU time: only CPU seconds are limited',
  remedy: 'start under: systemd-run --user --scope -p Delegate=yes -p CPUWeight=100 (as root without --user)',
}

const profileText = (python: Python): readonly string[] =>
  bwrapArguments({
    folders: { work: 'work', temp: 'temp', shm: 'shm', etc: 'etc' },
    python: { prefix: python.prefix, source: 'python' },
    env: sandboxEnvironment({ work: '/work', temp: '/tmp', pythonPrefix: python.prefix }),
    cwd: '.',
    seccompFd: 3,
  })

interface RoomOptions {
  readonly surroundings: Surroundings
  readonly isRoot: boolean
  readonly python: Python
  readonly groups: GroupHome | undefined
  readonly filter: Uint8Array
  readonly limits: Limits
}

async function openRoom(options: RoomOptions): Promise<Room> {
  const { isRoot, python, groups, limits } = options
  const uid = isRoot ? takeUid() : undefined
  if (isRoot && uid === undefined) throw new SandboxInfraError('QUOTA_SETUP', 'too many sandboxes are open: close some')
  const ownPython = !`${python.prefix}/`.startsWith('/usr/') ? python : undefined
  try {
    const mounts = await openPrivateMounts({ limits, uid, pythonPrefix: ownPython?.prefix })
    const group = groups && makeGroup(groups)
    return {
      directory: mounts.outside('work'),
      owner: uid === undefined ? undefined : { uid, gid: uid },
      run: (request) => run(request, { ...options, uid, mounts, group, ownPython }),
      async [Symbol.asyncDispose]() {
        await mounts[Symbol.asyncDispose]()
        await group?.remove()
        if (uid !== undefined) giveBackUid(uid)
      },
    }
  } catch (error) {
    if (uid !== undefined) giveBackUid(uid)
    throw error
  }
}

interface Place extends RoomOptions {
  readonly uid: number | undefined
  readonly mounts: PrivateMounts
  readonly group: ControlGroup | undefined
  readonly ownPython: Python | undefined
}

const NOT_KNOWN = { cpuMs: undefined, peakBytes: undefined }
const FD = { seccomp: 3, arguments: 4, status: 5 }
/** Those that wait around the command: bwrap outside, and process 1 inside. */
const PROCESSES_OF_BWRAP = 2

type Request = ExecRequest & { readonly limits: Limits }

async function run(request: Request, place: Place): Promise<ExecResult> {
  const { limits, stdin, signal } = request
  const { group, mounts, surroundings } = place
  group?.begin({ ...limits, processes: limits.processes + PROCESSES_OF_BWRAP })
  // Of processes the kernel takes care (RLIMIT_NPROC, below).
  const watch = group === undefined ? watchTree({ ...limits, processes: Infinity }) : undefined
  const ran = await launch({
    command: [...joining(group), ...mounts.enter, ...asUser(place.uid), ...bwrapCommand(request, place)],
    // bwrap's own environment can be read inside, as that of process 1.
    env: { PATH: TOOLS },
    extras: [
      { kind: 'send', data: place.filter },
      {
        kind: 'send',
        data: Buffer.from(
          argumentsOf(request, place)
            .map((word) => `${word}\0`)
            .join(''),
        ),
      },
      { kind: 'receive' },
    ],
    stdin,
    limits,
    signal,
    now: surroundings.now,
    // bwrap itself stays, to see the other end: nobody else may be there to take note of it.
    endAll: ({ pid, received: [status] }) => kill(statusOf(status).child ?? pid),
    settle: ({ received: [status] }) => waitForEnd(statusOf(status).child),
    watch: watch?.look,
  })
  const end = endOfRan(ran, place)
  for (const folder of ['scratch/tmp', 'scratch/shm'] as const) emptyScratch(mounts.outside(folder))
  const { cpuMs, peakBytes } = (group ?? watch)?.usage() ?? NOT_KNOWN
  return { end, stdout: ran.stdout, stderr: ran.stderr, wallMs: ran.wallMs, cpuMs, peakBytes }
}

/** A shell that does what must be done from outside and then becomes the command: there is no moment without limits. */
const joining = (group: ControlGroup | undefined): [string, ...string[]] => {
  const files = group?.joinFiles ?? []
  const join = files.map(() => 'echo 0 >"$1"; shift')
  // When the machine runs out of memory, what runs here goes before anything else.
  return [
    '/bin/sh',
    '-euc',
    ['umask 022', 'echo 1000 >/proc/self/oom_score_adj', ...join, 'exec "$@"'].join('; '),
    'sh',
    ...files,
  ]
}

const asUser = (uid: number | undefined): string[] =>
  uid === undefined ? [] : ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--']

/**
 * Process 1 inside, which waits for the command and for orphans. bwrap has one of its own, but does not wait for that: it would be left to
 * whoever is process 1 outside, and until that one looks, count as a process of the sandbox. What a shell says of signals goes nowhere.
 */
const PROCESS_ONE = 'exec 9>&2 2>/dev/null; (exec "$@" 2>&9 9>&-); exit $?'

/** Limits of single processes are set inside: there RLIMIT_NPROC counts this sandbox, outside all that the user runs (setrlimit(2)). */
const bwrapCommand = ({ argv, limits }: Request, { group }: Place): string[] => [
  'bwrap',
  '--args',
  String(FD.arguments),
  '--json-status-fd',
  String(FD.status),
  '--',
  '/bin/sh',
  '-c',
  PROCESS_ONE,
  'sh',
  'prlimit',
  '--core=0',
  `--fsize=${limits.fileBytes}`,
  `--nofile=${limits.openFiles}`,
  `--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + 1}`,
  ...(group === undefined ? [`--nproc=${limits.processes + PROCESSES_OF_BWRAP}`] : []),
  '--',
  ...argv,
]

const argumentsOf = ({ env, cwd = '.' }: Request, { mounts, ownPython, python }: Place): string[] =>
  bwrapArguments({
    folders: {
      work: mounts.inside('work'),
      temp: mounts.inside('scratch/tmp'),
      shm: mounts.inside('scratch/shm'),
      etc: mounts.inside('etc'),
    },
    python: ownPython && { prefix: ownPython.prefix, source: mounts.inside('python') },
    env: { ...sandboxEnvironment({ work: '/work', temp: '/tmp', pythonPrefix: python.prefix }), ...env },
    cwd,
    seccompFd: FD.seccomp,
  })

/** What bwrap says of itself: the process it made (by our count), and how that ended, once there was a command to end. */
function statusOf(text: Uint8Array | undefined): {
  readonly child: number | undefined
  readonly code: number | undefined
} {
  const words = Buffer.from(text ?? []).toString()
  const number = (key: string) => {
    const digits = new RegExp(`"${key}": (\\d+)`).exec(words)?.[1]
    return digits === undefined ? undefined : Number(digits)
  }
  return { child: number('child-pid'), code: number('exit-code') }
}

const WAIT_TRIES = 2000
const WAIT_MS = 5

/** Process 1 of a pid namespace ends after all others in it (pid_namespaces(7)). */
async function waitForEnd(processOne: number | undefined): Promise<void> {
  if (processOne === undefined) return
  for (let tries = 0; isRunning(processOne); tries++) {
    if (tries === WAIT_TRIES) throw new SandboxInfraError('TEARDOWN', `process ${processOne} of a sandbox does not end`)
    await sleep(WAIT_MS)
  }
}

function endOfRan(ran: Ran, { group, mounts }: Place): End {
  const { code } = statusOf(ran.received[0])
  if (ran.stopped !== undefined) return endOfStatus(0, ran.stopped)
  if (code === undefined) throw new SandboxInfraError('START', captureText(ran.stderr).trim() || silentEnd(ran, group))
  if (code === 0) return { kind: 'exit', code }
  const byGroup = endByGroup(group)
  if (byGroup !== undefined) return byGroup
  if ((['work', 'scratch/tmp'] as const).some((folder) => isFull(mounts.outside(folder)))) return { kind: 'disk' }
  return endOfStatus(statusOfCode(code), undefined)
}

/** bwrap says why it fails; who says nothing was ended by somebody else, and these are the traces. */
function silentEnd({ code, signal, received: [status], wallMs }: Ran, group: ControlGroup | undefined): string {
  const how = signal === undefined ? `with code ${code}` : `by ${signal}`
  const said =
    Buffer.from(status ?? [])
      .toString()
      .trim() || 'nothing'
  const refused = group === undefined ? '' : `, control group: ${JSON.stringify(group.usage())}`
  return `bwrap ended ${how} after ${Math.round(wallMs)} ms without the end of the command (it said: ${said}${refused})`
}

function isFull(folder: string): boolean {
  const { bavail, ffree } = statfsSync(folder)
  return bavail === 0 || ffree === 0
}

/** Nothing but the work directory goes from one command to the next. */
function emptyScratch(folder: string): void {
  emptyDirectory(folder)
  chmodSync(folder, 0o1777)
}
