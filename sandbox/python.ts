import { execa } from 'execa'
import { SandboxInfraError } from './errors.ts'

export interface Python {
  /** Where its library and its `bin` are; the same path inside the sandbox, because scripts name it. */
  readonly prefix: string
  readonly version: string
}

/**
 * The Python that the harness's PATH has, or the system's. `as` goes before the command: a user who may not reach a Python does not have
 * it. Throws SandboxInfraError (START) when there is none.
 */
export async function requirePython(
  { env }: { readonly env: Readonly<Record<string, string | undefined>> },
  as: readonly string[] = [],
): Promise<Python> {
  for (const name of ['python3', '/usr/bin/python3']) {
    // The interpreter itself, not a shim of a version manager, which may be out of reach for another user.
    const program = await ask(env, [name, '-c', 'import sys; print(sys.executable)'])
    if (program === undefined) continue
    const facts = await ask({ PATH: '/usr/bin:/bin' }, [...as, program, '-I', '-S', '-c', FACTS])
    const [prefix, version] = facts?.split('\n') ?? []
    if (prefix !== undefined && version !== undefined) return { prefix, version }
  }
  throw new SandboxInfraError('START', 'found no python3 along PATH, nor /usr/bin/python3')
}

const FACTS = 'import sys; print(sys.base_prefix); print(sys.version.split()[0])'

async function ask(
  env: Readonly<Record<string, string | undefined>>,
  [file = '', ...args]: readonly string[],
): Promise<string | undefined> {
  const { failed, stdout } = await execa(file, args, {
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 20_000,
  })
  return failed ? undefined : stdout.trim()
}
