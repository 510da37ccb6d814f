import PQueue from 'p-queue'
import { type Backend, NO_GUARANTEES, type Surroundings } from './backends/backend.ts'
import { bwrap } from './backends/bwrap.ts'
import { landlock } from './backends/landlock.ts'
import { localUnsafe } from './backends/local-unsafe.ts'
import { SandboxInfraError } from './errors.ts'
import { snapshotFromFiles } from './files/snapshot.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { leaksOf } from './probe/leaks.ts'
import { problemOf } from './probe/remedies.ts'
import { hashOfProfile, openSandbox } from './sandbox.ts'
import type { BackendId, Probe, Problem } from './types.ts'

const BACKENDS: Readonly<Record<BackendId, (surroundings: Surroundings) => Promise<Backend>>> = {
  bwrap,
  landlock,
  'local-unsafe': localUnsafe,
}

/**
 * Tries a backend by its real profile: a command must run, and must not get at a file, a server and a process of ours. Whatever fails is
 * in the probe's problems, and then `ok` is false: one that leaks is no better than one that does not start.
 */
export async function tryBackend(
  id: BackendId,
  surroundings: Surroundings,
): Promise<{ readonly backend: Backend | undefined; readonly probe: Probe }> {
  try {
    requireLinux()
    const backend = await BACKENDS[id](surroundings)
    return { backend, probe: await probeBackend(backend, surroundings) }
  } catch (error) {
    if (!(error instanceof SandboxInfraError)) throw error
    return { backend: undefined, probe: refused(id, problemOf(id, error)) }
  }
}

const ROUNDS = 5

async function probeBackend(backend: Backend, surroundings: Surroundings): Promise<Probe> {
  const profileHash = hashOfProfile(backend)
  const options = {
    base: snapshotFromFiles({}),
    limits: DEFAULT_LIMITS,
    profileHash,
    commands: new PQueue({ concurrency: 1 }),
  }
  await using sandbox = await openSandbox(backend, options)
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { end, wallMs } = await sandbox.exec({ argv: ['true'] })
    if (end.kind !== 'exit' || end.code !== 0)
      throw new SandboxInfraError('START', `the command "true" ended with ${JSON.stringify(end)}`)
    times.push(wallMs)
  }
  const leaks = await leaksOf(sandbox, surroundings)
  return {
    backend: backend.id,
    ok: leaks.length === 0,
    guarantees: backend.guarantees,
    versions: backend.versions,
    profileHash,
    problems: [...leaks, ...backend.notes],
    startMsP50: times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0,
  }
}

const refused = (backend: BackendId, problem: Problem): Probe => ({
  backend,
  ok: false,
  guarantees: NO_GUARANTEES,
  versions: {},
  profileHash: '',
  problems: [problem],
  startMsP50: 0,
})

function requireLinux(): void {
  if (process.platform === 'linux') return
  throw new SandboxInfraError('START', `expected Linux, this is ${process.platform}`)
}
