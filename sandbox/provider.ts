import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'
import type { Surroundings } from './backends/backend.ts'
import { tryBackend } from './probe.ts'
import { SandboxInfraError } from './errors.ts'
import { removeOrphans } from './janitor.ts'
import { withDefaults } from './limits.ts'
import { openSandbox } from './sandbox.ts'
import type { BackendId, Guarantees, Limits, Probe, SandboxProvider } from './types.ts'

export interface ProviderOptions extends Surroundings {
  readonly backend: 'auto' | BackendId
  /** What the backend must hold, or the provider is refused. @default nothing beyond what the backend is */
  readonly minimumGuarantees?: Partial<Guarantees>
  /** Limits of every sandbox, unless `open` says otherwise. @default DEFAULT_LIMITS */
  readonly limits?: Partial<Limits>
  /** Commands that run at once. @default the number of cores */
  readonly concurrency?: number
}

/** What `auto` takes, the best first. Never one that does not isolate. */
const AUTO: readonly BackendId[] = ['bwrap', 'landlock']

/**
 * The sandboxes of this machine. What dead processes left behind is removed, and the backend is tried before it is given out.
 * Throws SandboxInfraError (START) with what to do about it when the backend does not hold here: there is no quiet way down to less.
 */
export async function sandboxProvider(options: ProviderOptions): Promise<SandboxProvider> {
  const { limits = {}, concurrency = availableParallelism() } = options
  await removeOrphans(options.tempRoot)
  const refusals: Probe[] = []
  for (const id of options.backend === 'auto' ? AUTO : [options.backend]) {
    const { backend, probe } = await tryBackend(id, options)
    if (backend === undefined || !probe.ok) {
      refusals.push(probe)
      continue
    }
    requireGuarantees(probe, options.minimumGuarantees ?? {})
    const commands = new PQueue({ concurrency })
    return {
      backend: id,
      probe: async () => probe,
      open: (base, own = {}) =>
        openSandbox(backend, {
          base,
          limits: withDefaults({ ...limits, ...own }),
          profileHash: probe.profileHash,
          commands,
        }),
      janitor: () => removeOrphans(options.tempRoot),
    }
  }
  throw new SandboxInfraError('START', refusal(refusals))
}

/** All backends that isolate, each tried: what `doctor` shows. */
export async function probeBackends(surroundings: Surroundings): Promise<Probe[]> {
  await removeOrphans(surroundings.tempRoot)
  const probes: Probe[] = []
  for (const id of AUTO) probes.push((await tryBackend(id, surroundings)).probe)
  return probes
}

function refusal(probes: readonly Probe[]): string {
  const reasons = probes.flatMap(({ backend, problems }) =>
    problems.map(({ detail, remedy }) => `  ${backend}: ${detail}\n    ${remedy}`),
  )
  return ['no sandbox works here, and code of a model does not run without one', ...reasons].join('\n')
}

/** From weak to strong, where it is not yes or no. */
const STRENGTHS = {
  memory: ['none', 'polled', 'hard'],
  processes: ['none', 'rlimit', 'hard'],
  disk: ['none', 'checked', 'hard'],
} as const

function requireGuarantees({ backend, guarantees }: Probe, minimum: Partial<Guarantees>): void {
  const rank = (name: keyof Guarantees, value: string | boolean): number =>
    typeof value === 'boolean'
      ? Number(value)
      : (STRENGTHS[name as keyof typeof STRENGTHS] as readonly string[]).indexOf(value)
  const missing = (Object.keys(minimum) as (keyof Guarantees)[]).filter(
    (name) => rank(name, guarantees[name]) < rank(name, minimum[name] ?? false),
  )
  if (missing.length === 0) return
  const list = missing.map((name) => `${name}: expected ${minimum[name]}, got ${guarantees[name]}`).join('; ')
  throw new SandboxInfraError(
    'START',
    `the sandbox ${backend} promises less than is asked (${list}); duress doctor says what would help`,
  )
}
