import { captureText } from '../../sandbox/capture.ts'
import { SandboxPathError } from '../../sandbox/errors.ts'
import { diffOf } from '../../sandbox/files/diff.ts'
import { snapshotFromFiles } from '../../sandbox/files/snapshot.ts'
import type { Diff, ExecRequest, ExecResult, Sandbox, SandboxProvider, Snapshot } from '../../sandbox/types.ts'
import { type ProtectedChange, protectedChanges } from '../../sandbox/verdict/protected.ts'
import { scrubOutput } from '../../sandbox/verdict/scrub.ts'
import {
  readTestRun,
  renderTestFile,
  SOLUTION_FILE,
  TEST_COMMAND,
  TEST_FILE,
  testCount,
  type TestFile,
  testOutput,
} from '../../sandbox/verdict/test-file.ts'
import { InfraError } from '../errors.ts'
import type { ShownRun } from './attempts.ts'

/** The files of a task in a sandbox. What code does there is a fact; only infrastructure throws. */
export interface Workspace extends AsyncDisposable {
  /** The files as they were at first, with this solution in them. */
  reset(solution: string): Promise<void>
  runTests(): Promise<ShownRun>
  /** The text of a file, or why it cannot be read. */
  read(path: string): Promise<Told>
  write(path: string, text: string): Promise<Told>
  /** The solution as it is; null where there is none that can be read. */
  solution(): Promise<string | null>
  bash(command: string): Promise<Told>
  /** Protected files that were touched so far. A step is a run, a read, a write or a command; an edit that was taken back is still seen. */
  touched(): readonly ProtectedChange[]
  /** Steps so far. */
  steps(): number
}

/** What there is to tell the model. */
export interface Told {
  readonly text: string
  readonly isError: boolean
}

/** Characters of output that the model is shown: its context is small. */
const SHOWN = 1200
const LIMITS = { wallMs: 15_000, cpuSeconds: 5 }
/** A command that took its time without using the processor may have waited for a busy machine: it is run once more, with more time. */
const PATIENT = { ...LIMITS, wallMs: 4 * LIMITS.wallMs }
const IDLE_MS = 2000

/** Opens a sandbox with a task's tests and a first solution file. */
export async function openWorkspace(
  sandboxes: SandboxProvider,
  options: { readonly testFile: TestFile; readonly solution: string; readonly signal: AbortSignal | undefined },
): Promise<Workspace> {
  const { testFile, solution, signal } = options
  const filesWith = (text: string) =>
    snapshotFromFiles({ [SOLUTION_FILE]: text, [TEST_FILE]: renderTestFile(testFile) })
  const base = filesWith(solution)
  const sandbox = await opened(sandboxes, base)
  const diffs: Diff[] = []
  const exec = async (argv: ExecRequest['argv']) => {
    const request = { argv, ...(signal && { signal }) }
    const result = await sandbox.exec({ ...request, limits: LIMITS })
    const mayHaveWaited = result.end.kind === 'timeout' && (result.cpuMs ?? Infinity) < IDLE_MS
    return mayHaveWaited ? sandbox.exec({ ...request, limits: PATIENT }) : result
  }
  const step = async <T>(action: Promise<T>): Promise<T> => {
    const result = await action
    diffs.push(await changesOf(sandbox, base))
    return result
  }
  return {
    reset: (text) => sandbox.restore(filesWith(text)),
    async runTests() {
      const result = await step(exec(TEST_COMMAND))
      return { ...readTestRun(result, testCount(testFile)), output: testOutput(result, SHOWN) }
    },
    read: (path) => step(told(async () => shown(new TextDecoder().decode(await sandbox.read(path, 64 * 1024))))),
    write: (path, text) =>
      step(
        told(async () => {
          await sandbox.write(path, new TextEncoder().encode(text))
          return `Wrote ${path}.`
        }),
      ),
    async solution() {
      const { text, isError } = await told(async () => new TextDecoder().decode(await sandbox.read(SOLUTION_FILE)))
      return isError ? null : text
    },
    async bash(command) {
      const result = await step(exec(['bash', '-c', command]))
      return { text: commandOutput(result), isError: false }
    },
    touched: () => protectedChanges(diffs),
    steps: () => diffs.length,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  }
}

/** Whatever keeps a sandbox from opening is the machine's: a full disk, no more processes, a folder that has gone. */
async function opened(sandboxes: SandboxProvider, base: Snapshot): Promise<Sandbox> {
  try {
    return await sandboxes.open(base)
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause)
      throw new InfraError(`expected a sandbox to open, got: ${cause.message}`, { cause })
    throw cause
  }
}

/** What a path refuses is the caller's mistake, and told. */
async function told(action: () => Promise<string>): Promise<Told> {
  try {
    return { text: await action(), isError: false }
  } catch (error) {
    if (error instanceof SandboxPathError) return { text: error.message, isError: true }
    throw error
  }
}

const shown = (text: string): string => scrubOutput(text, 4 * SHOWN)

function commandOutput({ stdout, stderr, end }: ExecResult): string {
  const streams = [stdout, stderr].map((stream) => captureText(stream).trimEnd()).filter((text) => text !== '')
  const how = end.kind === 'exit' ? `(exit ${end.code})` : `(ended: ${end.kind})`
  return scrubOutput([...streams, how].join('\n'), SHOWN)
}

/** Nothing can be said of a directory that code has filled beyond what a snapshot may hold; the next one may be readable again. */
async function changesOf(sandbox: Sandbox, base: Snapshot): Promise<Diff> {
  try {
    return diffOf(base, await sandbox.snapshot())
  } catch (error) {
    if (error instanceof SandboxPathError && error.code === 'over-cap')
      return { added: [], removed: [], modified: [], changedKind: [] }
    throw error
  }
}
