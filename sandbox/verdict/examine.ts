import { snapshotFromFiles } from '../files/snapshot.ts'
import type { Limits, SandboxProvider } from '../types.ts'
import { answersOf, type CallLimits, type CallOutcome, type RunAnswers } from './answers.ts'
import { inspectSource, type SourceFacts } from './inspect.ts'
import { SOLUTION_FILE } from './test-file.ts'

/** What is asked of a candidate. Arguments as Python literals; no expected value is among them. */
export interface Examination {
  readonly entry: string
  /** Each in a process of its own, so that nothing carries over. */
  readonly calls: readonly string[]
  /** Each list in one process: shows answers that change with what was asked before. */
  readonly sessions: readonly (readonly string[])[]
  /** Calls that are timed, see CallRun; the source is read for answers to the first. */
  readonly timed: readonly { readonly build: string; readonly args: string }[]
}

export interface Examined {
  readonly source: SourceFacts
  readonly calls: readonly CallOutcome[]
  readonly sessions: readonly (readonly CallOutcome[])[]
  readonly timed: readonly RunAnswers[]
}

export interface ExamineOptions {
  /** Random, see AnswersRequest. */
  readonly nonce: string
  readonly calls?: Partial<CallLimits>
}

/** Python loops over the large inputs of timed calls take their time. */
const TIMED_LIMITS: Partial<CallLimits> = { cpuSeconds: 20, wallSeconds: 60, timeouts: 1 }

const ROOM: Partial<Limits> = { memoryBytes: 2 ** 30, diskBytes: 2 ** 22, fileBytes: 2 ** 20 }

/**
 * Everything a verdict needs of a candidate's `solution.py`, from a new sandbox that holds nothing else: what its source shows, then what it
 * answers. The code that answers can forge nothing, as what is right is not known there. Throws SandboxInfraError.
 */
export async function examine(
  provider: SandboxProvider,
  code: string,
  examination: Examination,
  { nonce, calls: limits = {} }: ExamineOptions,
): Promise<Examined> {
  const { entry, calls, sessions, timed } = examination
  await using sandbox = await provider.open(snapshotFromFiles({ [SOLUTION_FILE]: code }), ROOM)
  const [ofTests] = timed
  const source = await inspectSource(sandbox, { source: code, entry, ...(ofTests && { large: ofTests }) })
  const runs = [...calls.map((call) => ({ calls: [call] })), ...sessions.map((session) => ({ calls: session }))]
  const plain = await answersOf(sandbox, { entry, runs, nonce, limits })
  const large =
    timed.length === 0
      ? []
      : await answersOf(sandbox, {
          entry,
          runs: timed.map(({ build, args }) => ({ calls: [args], build })),
          nonce: `${nonce}-timed`,
          limits: { ...limits, ...TIMED_LIMITS },
        })
  return {
    source,
    calls: plain.slice(0, calls.length).map(({ outcomes }) => outcomes[0] ?? nothing),
    sessions: plain.slice(calls.length).map(({ outcomes }) => outcomes),
    timed: large,
  }
}

const nothing: CallOutcome = { kind: 'crashed', detail: 'no answer' }
