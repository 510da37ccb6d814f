import { existsSync, chmodSync, chownSync, mkdirSync, rmdirSync } from 'node:fs'
import { release } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { captureText } from '../capture.ts'
import { sandboxEnvironment } from '../environment.ts'
import { SandboxInfraError } from '../errors.ts'
import { emptyDirectory } from '../files/empty.ts'
import { ownedDirectory } from '../owner-names.ts'
import { watchTree } from '../process/confine.ts'
import { type ControlGroup, endByGroup, makeGroup, usableGroupHome } from '../process/control-groups.ts'
import { type GroupHome, limitsCpu } from '../process/group-home.ts'
import { exceedsDisk } from '../process/disk-use.ts'
import { endOfStatus } from '../process/end.ts'
import { kill } from '../process/kill.ts'
import { type Extra, launch, type Ran, type Stop } from '../process/launch.ts'
import { countTasksOf } from '../process/tree.ts'
import { canDropUser, giveBackUid, isOursAlone, takeUid } from '../process/uids.ts'
import { type Python, requirePython } from '../python.ts'
import { buildSeccomp } from '../seccomp/filter.ts'
import type { End, ExecRequest, ExecResult, Limits, Problem } from '../types.ts'
import type { Backend, Room, Surroundings } from './backend.ts'
import { filterArch } from './machine.ts'

/**
 * Landlock and a filter of system calls, for machines where namespaces are switched off: no rights are needed, but processes, IPC and the
 * names of files are the host's, and no socket of any kind can be made.
 * Throws SandboxInfraError (START) where the kernel has no Landlock.
 */
export async function landlock(surroundings: Surroundings): Promise<Backend> {
  const isRoot = canDropUser()
  const python = await pythonFor(surroundings, isRoot)
  const launcher = launcherPath()
  const abi = await askAbi(python, launcher, surroundings)
  requireAbi(abi, isRoot)
  const groups = await usableGroupHome()
  // Landlock does not look at sockets that have a path: whoever may make one reaches the services of the host.
  const filter = buildSeccomp({ arch: filterArch(), families: [], sharedHost: true, sharedUser: !isRoot })
  return {
    id: 'landlock',
    guarantees: {
      files: true,
      network: true,
      pidNamespace: false,
      seccomp: true,
      memory: groups === undefined ? 'polled' : 'hard',
      processes: groups === undefined ? 'rlimit' : 'hard',
      cpu: groups !== undefined && limitsCpu(groups),
      disk: 'checked',
    },
    versions: { landlock: `ABI ${abi}`, kernel: release(), python: python.version },
    profile: { isRoot, python, abi, groups: groups?.version, filter: Buffer.from(filter).toString('base64') },
    notes: [SHARED],
    openRoom: async (limits) => openRoom({ surroundings, isRoot, python, launcher, groups, filter, limits }),
  }
}

const SHARED: Problem = {
  code: 'shared-processes',
  detail: 'process ids, file names and the clock of the host can be seen, and the disk is checked, not limited',
  remedy: 'install bubblewrap where user namespaces are allowed: it holds these too',
}

/** Truncation is looked at from ABI 3 on (Linux 6.2), signals from 6 on (6.12): as root, another user keeps both away from what is ours. */
function requireAbi(abi: number, isRoot: boolean): void {
  const needed = isRoot ? 1 : 6
  if (abi >= needed) return
  throw new SandboxInfraError(
    'START',
    `Landlock ABI ${abi} is less than the ${needed} that this needs ${isRoot ? 'as root' : 'as a plain user'}`,
  )
}

/** From the sources as from the compiled code. */
function launcherPath(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return join(folder, 'sandbox', 'landlock', 'launcher.py')
}

async function pythonFor(surroundings: Surroundings, isRoot: boolean): Promise<Python> {
  const uid = isRoot ? takeUid() : undefined
  if (uid === undefined) return requirePython(surroundings)
  try {
    return await requirePython(surroundings, [
      'setpriv',
      '--reuid',
      `${uid}`,
      '--regid',
      `${uid}`,
      '--clear-groups',
      '--',
    ])
  } finally {
    giveBackUid(uid)
  }
}

async function askAbi(python: Python, launcher: string, { now }: Surroundings): Promise<number> {
  const ran = await launch({
    ...launcherCommand(python, launcher, { ask: true }),
    limits: { wallMs: 30_000, keepOutputBytes: 4096, killOutputBytes: 65_536 },
    now,
    endAll: ({ pid }) => kill(pid),
    settle: () => {},
  })
  return reportOf(ran).abi ?? 0
}

const programOf = ({ prefix }: Python): string => join(prefix, 'bin', 'python3')

/** The launcher takes its job on descriptor 3, reports on 4, and ends everything when 5 ends. */
const launcherCommand = (python: Python, launcher: string, job: object) => ({
  command: [programOf(python), '-I', '-S', launcher] as const,
  env: { PATH: '/usr/bin:/bin' },
  extras: [
    { kind: 'send', data: Buffer.from(JSON.stringify(job)) },
    { kind: 'receive' },
    { kind: 'lifeline' },
  ] as const satisfies readonly Extra[],
})

interface Report {
  readonly abi?: number
  /** As a shell has it, but −n for signal n; null: it was ended before it ended. */
  readonly status?: number | null
  readonly cpuMs?: number
  readonly peakBytes?: number
  /** Why there was no command to end. */
  readonly error?: string
}

function reportOf({ received: [text], stderr, signal }: Ran): Report {
  const words = Buffer.from(text ?? []).toString()
  if (words === '')
    throw new SandboxInfraError(
      'LOST',
      `the launcher of a sandbox is gone: ${captureText(stderr).trim() || (signal ?? 'no reason')}`,
    )
  const report = JSON.parse(words) as Report
  if (report.error) throw new SandboxInfraError('START', report.error)
  return report
}

interface RoomOptions {
  readonly surroundings: Surroundings
  readonly isRoot: boolean
  readonly python: Python
  readonly launcher: string
  readonly groups: GroupHome | undefined
  readonly filter: Uint8Array
  readonly limits: Limits
}

interface Place extends RoomOptions {
  readonly uid: number | undefined
  readonly group: ControlGroup | undefined
  readonly work: string
  readonly temp: string
}

async function openRoom(options: RoomOptions): Promise<Room> {
  const uid = options.isRoot ? takeUid() : undefined
  if (options.isRoot && uid === undefined)
    throw new SandboxInfraError('QUOTA_SETUP', 'too many sandboxes are open: close some')
  const root = ownedDirectory(options.surroundings.tempRoot)
  const group = options.groups && makeGroup(options.groups)
  const folder = (name: string): string => {
    const path = join(root, name)
    mkdirSync(path, { mode: 0o700 })
    if (uid !== undefined) chownSync(path, uid, uid)
    return path
  }
  if (uid !== undefined) chmodSync(root, 0o711)
  const place = { ...options, uid, group, work: folder('work'), temp: folder('tmp') }
  return {
    directory: place.work,
    owner: uid === undefined ? undefined : { uid, gid: uid },
    run: (request) => run(request, place),
    async [Symbol.asyncDispose]() {
      emptyDirectory(root)
      rmdirSync(root)
      await group?.remove()
      if (uid !== undefined) giveBackUid(uid)
    },
  }
}

type Request = ExecRequest & { readonly limits: Limits }

async function run(request: Request, place: Place): Promise<ExecResult> {
  const { limits, stdin, signal } = request
  const { group, python, launcher, temp, surroundings } = place
  group?.begin(limits)
  const tree = group === undefined ? watchTree({ ...limits, processes: limits.processes + LAUNCHERS }) : undefined
  const disk = watchDisk(place)
  const ran = await launch({
    ...launcherCommand(python, launcher, jobOf(request, place)),
    stdin,
    limits,
    signal,
    now: surroundings.now,
    // The launcher does it, when its lifeline ends.
    endAll: () => {},
    settle: () => group?.killAll(),
    watch: (pid) => tree?.look(pid) ?? disk.look(),
  })
  const report = reportOf(ran)
  const end = endOfReport(report, ran.stopped, { group, isFull: disk.isOver() })
  emptyDirectory(temp)
  const usage = group?.usage() ?? { cpuMs: report.cpuMs, peakBytes: tree?.usage().peakBytes ?? report.peakBytes }
  return {
    end,
    stdout: ran.stdout,
    stderr: ran.stderr,
    wallMs: ran.wallMs,
    cpuMs: usage.cpuMs,
    peakBytes: usage.peakBytes,
  }
}

const jobOf = ({ argv, cwd = '.', env, limits }: Request, { uid, group, work, temp, python, filter }: Place) => ({
  argv,
  cwd: join(work, cwd),
  env: { ...sandboxEnvironment({ work, temp, pythonPrefix: python.prefix }), ...env },
  uid: uid ?? null,
  isAlone: uid !== undefined && isOursAlone(uid),
  join: group?.joinFiles ?? [],
  filter: Buffer.from(filter).toString('base64'),
  read: ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/lib32', '/etc/ld.so.cache', '/etc/alternatives', python.prefix],
  write: [work, temp],
  rlimits: {
    RLIMIT_CORE: [0, 0],
    RLIMIT_FSIZE: [limits.fileBytes, limits.fileBytes],
    RLIMIT_NOFILE: [limits.openFiles, limits.openFiles],
    RLIMIT_CPU: [limits.cpuSeconds, limits.cpuSeconds + 1],
    RLIMIT_NPROC: processLimit(limits.processes, uid),
  },
})

/** The launcher itself. */
const LAUNCHERS = 1

/**
 * What else a user may start while a command runs, in processes and threads: a browser, other sandboxes. Without this room their
 * beginning would make the command fail.
 */
export const ROOM_OF_USER = 256

/** Counted for the user, not for the sandbox (setrlimit(2)): a user of its own starts from nothing, others have us watch the tree too. */
function processLimit(processes: number, uid: number | undefined): [number, number] {
  const limit = uid === undefined ? processes + countTasksOf(process.getuid?.() ?? 0) + ROOM_OF_USER : processes
  return [limit, limit]
}

const DISK_LOOKS = 5

/** Every few looks, because a walk through many files takes long. */
function watchDisk({ work, temp, limits }: Place): {
  readonly look: () => Stop | undefined
  readonly isOver: () => boolean
} {
  let looks = 0
  const isOver = () => [work, temp].some((folder) => exceedsDisk(folder, limits))
  return { look: () => (++looks % DISK_LOOKS === 0 && isOver() ? 'disk' : undefined), isOver }
}

function endOfReport(
  { status }: Report,
  stopped: Stop | undefined,
  { group, isFull }: { readonly group: ControlGroup | undefined; readonly isFull: boolean },
): End {
  if (stopped !== undefined) return endOfStatus(0, stopped)
  if (isFull) return { kind: 'disk' }
  if (status === undefined || status === null)
    throw new SandboxInfraError('LOST', 'a command ended, and nobody knows how')
  return status === 0 ? { kind: 'exit', code: 0 } : (endByGroup(group) ?? endOfStatus(status, undefined))
}
