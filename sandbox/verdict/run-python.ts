import { captureText } from '../capture.ts'
import { SandboxInfraError } from '../errors.ts'
import type { End, Limits, Sandbox } from '../types.ts'
import { pythonSource } from './python-source.ts'

export interface Program {
  readonly name: keyof typeof PROGRAMS
  readonly stdin: string
  readonly limits: Partial<Limits>
}

const PROGRAMS = {
  // Runs what a model wrote, so with the modules that its tests have, too; the work directory is moved to the end of the path by itself.
  'runner.py': { flags: ['-B', '-s'], files: ['runner.py'] },
  'inspect.py': { flags: ['-I', '-S', '-B'], files: ['readings.py', 'worth.py', 'branches.py', 'inspect.py'] },
} as const

export interface Ran {
  readonly end: End
  /** Lines of standard output. */
  readonly lines: readonly string[]
}

/**
 * Runs one of our Python programs in a sandbox. The program travels as an argument, so that the work directory holds the candidate's files only.
 * Throws SandboxInfraError when Python is missing or our program itself fails.
 */
export async function runPython(sandbox: Sandbox, { name, stdin, limits }: Program): Promise<Ran> {
  const { flags, files } = PROGRAMS[name]
  const { end, stdout, stderr } = await sandbox.exec({
    // The files are one program: it has no folder to import from.
    argv: ['python3', ...flags, '-c', files.map(pythonSource).join('\n')],
    stdin: new TextEncoder().encode(stdin),
    limits,
  })
  if (end.kind === 'exit' && end.code !== 0) {
    const said = captureText(stderr, { maxChars: 600 }).trim()
    throw new SandboxInfraError(
      'START',
      `expected ${name} to run under python3 3.8 or later in the sandbox, got exit ${end.code}: ${said}`,
    )
  }
  return {
    end,
    lines: captureText(stdout)
      .split('\n')
      .filter((line) => line !== ''),
  }
}
