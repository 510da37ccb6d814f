import { mkdirSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { sandboxEnvironment } from '../environment.ts'
import { emptyDirectory } from '../files/empty.ts'
import { ownedDirectory } from '../owner-names.ts'
import { launch } from '../process/launch.ts'
import { killGroup } from '../process/kill.ts'
import { endOfStatus } from '../process/end.ts'
import { requirePython } from '../python.ts'
import type { ExecResult } from '../types.ts'
import { type Backend, NO_GUARANTEES, type Room, type Surroundings } from './backend.ts'

/**
 * No isolation: a plain process in a temporary directory, with a bare environment, a clock and a cap on output. For code that is trusted
 * as much as the harness itself, and never chosen unless it is named.
 */
export async function localUnsafe(surroundings: Surroundings): Promise<Backend> {
  const python = await requirePython(surroundings)
  return {
    id: 'local-unsafe',
    guarantees: NO_GUARANTEES,
    versions: { python: python.version },
    profile: { python },
    notes: [
      {
        code: 'no-isolation',
        detail: 'local-unsafe runs code with all rights of this user',
        remedy: 'leave the backend at auto for code that a model wrote',
      },
    ],
    openRoom: async () => openRoom(surroundings, python.prefix),
  }
}

function openRoom({ tempRoot, now }: Surroundings, pythonPrefix: string): Room {
  const root = ownedDirectory(tempRoot)
  const work = join(root, 'work')
  const temp = join(root, 'tmp')
  mkdirSync(work)
  mkdirSync(temp)
  const fixed = sandboxEnvironment({ work, temp, pythonPrefix })
  return {
    directory: work,
    owner: undefined,
    async run({ argv, cwd = '.', stdin, env, limits, signal }): Promise<ExecResult> {
      const ran = await launch({
        // env finds the program along the PATH of the sandbox, and says 127 when there is none.
        command: ['/usr/bin/env', '-C', join(work, cwd), '--', ...argv],
        env: { ...fixed, ...env },
        stdin,
        limits,
        signal,
        now,
        endAll: ({ pid }) => killGroup(pid),
        settle: ({ pid }) => killGroup(pid),
      })
      const status = ran.code ?? -constants.signals[ran.signal as NodeJS.Signals]
      return {
        end: endOfStatus(status, ran.stopped),
        stdout: ran.stdout,
        stderr: ran.stderr,
        wallMs: ran.wallMs,
        cpuMs: undefined,
        peakBytes: undefined,
      }
    },
    async [Symbol.asyncDispose]() {
      emptyDirectory(root)
      rmSync(root, { recursive: true })
    },
  }
}
