import { tmpdir } from 'node:os'
import { SandboxInfraError } from '../errors.ts'
import { sandboxProvider } from '../provider.ts'
import type { SandboxProvider } from '../types.ts'

/** The strongest sandbox this machine has; without one, none at all: the code of these tests is our own. */
export async function testSandboxes(): Promise<SandboxProvider> {
  const surroundings = { tempRoot: tmpdir(), env: process.env, now: () => performance.now() }
  try {
    return await sandboxProvider({ ...surroundings, backend: 'auto' })
  } catch (error) {
    if (!(error instanceof SandboxInfraError)) throw error
    process.stdout.write(`no sandbox here, these tests run without one: ${error.message}\n`)
    return sandboxProvider({ ...surroundings, backend: 'local-unsafe' })
  }
}
