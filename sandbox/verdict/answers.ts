import type { Limits, Sandbox } from '../types.ts'
import { canonicalText, LiteralError, parseLiteral } from './literal.ts'
import { runPython } from './run-python.ts'

/** What one call of the candidate's function did. */
export type CallOutcome =
  /** `text`: the value in canonical form, see literal.ts. */
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'raised'; readonly type: string }
  /** Not of the exact builtin types, or a float that no literal writes; `type` is what it was. */
  | { readonly kind: 'notLiteral'; readonly type: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'crashed'; readonly detail: string }

/** Calls that share one process. Arguments as Python literals, as they stand between the brackets of a call. */
export interface CallRun {
  readonly calls: readonly string[]
  /** Makes this a timed run of one call: a Python expression of ours, evaluated before the clock starts and named `data` in the call. */
  readonly build?: string
}

export interface RunAnswers {
  readonly outcomes: readonly CallOutcome[]
  /** Of timed runs: milliseconds from the call to its answer, by the clock of the process beside the candidate's; the least of up to five. */
  readonly ms?: number
  /** Of timed runs: milliseconds on the processor of the fastest builtin pass over `data`, here and now. */
  readonly passMs?: number
}

export interface AnswersRequest {
  readonly entry: string
  readonly runs: readonly CallRun[]
  /** Random, unknown to the candidate: lines without it are not read. */
  readonly nonce: string
  readonly limits?: Partial<CallLimits>
}

/** Of each run. After `timeouts` runs that took too long the rest is not tried. */
export interface CallLimits {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly memoryBytes: number
  readonly timeouts: number
}

const CALL_LIMITS: CallLimits = { cpuSeconds: 2, wallSeconds: 20, memoryBytes: 768 * 2 ** 20, timeouts: 2 }

/**
 * What `solution.py` of the sandbox's work directory answers. Expected values stay here: the sandbox gets arguments only, every run is a
 * process of its own, and a process that never imports the candidate collects the answers. Throws SandboxInfraError.
 */
export async function answersOf(sandbox: Sandbox, request: AnswersRequest): Promise<readonly RunAnswers[]> {
  const { entry, runs, nonce } = request
  const limits = { ...CALL_LIMITS, ...request.limits }
  const job = JSON.stringify({ entry, runs, limits })
  const { end, lines } = await runPython(sandbox, {
    name: 'runner.py',
    stdin: `${String(Buffer.byteLength(job)).padStart(8, '0')}${job}${nonce}`,
    limits: runnerLimits(limits, runs.length),
  })
  const ours = lines.flatMap((line) => signedLine(line, nonce))
  return runs.map(({ calls }, index) => {
    const line = ours.find(({ run }) => run === index)
    if (line?.outcomes?.length === calls.length) return readAnswers(line)
    // The candidate ended the process that collects: that is its doing, and no answer.
    const lost: CallOutcome = { kind: 'crashed', detail: `the run ended by ${end.kind} and left no answer` }
    return { outcomes: calls.map(() => lost) }
  })
}

/** Room for the process beside the candidate's, and time for as many runs as may take long. */
function runnerLimits({ wallSeconds, cpuSeconds, memoryBytes, timeouts }: CallLimits, runs: number): Partial<Limits> {
  return {
    wallMs: 1000 * (30 + wallSeconds * timeouts + runs * cpuSeconds),
    cpuSeconds: 30 + cpuSeconds * 4,
    memoryBytes: memoryBytes + 256 * 2 ** 20,
    processes: 64,
    keepOutputBytes: 8 * 2 ** 20,
  }
}

interface SignedLine {
  readonly run?: number
  readonly outcomes?: readonly CallOutcome[]
  readonly ms?: number
  readonly passMs?: number | null
}

function signedLine(line: string, nonce: string): SignedLine[] {
  try {
    const value = JSON.parse(line) as SignedLine & { nonce?: string }
    return value.nonce === nonce ? [value] : []
  } catch {
    return []
  }
}

function readAnswers({ outcomes = [], ms, passMs }: SignedLine): RunAnswers {
  return {
    outcomes: outcomes.map(canonicalOutcome),
    ...(typeof ms === 'number' && { ms }),
    ...(typeof passMs === 'number' && { passMs }),
  }
}

/** The candidate's process wrote the text: it is read as strictly as any other. */
function canonicalOutcome(outcome: CallOutcome): CallOutcome {
  if (outcome.kind !== 'answer') return outcome
  try {
    return { kind: 'answer', text: canonicalText(parseLiteral(outcome.text)) }
  } catch (error) {
    if (error instanceof LiteralError || error instanceof TypeError) return { kind: 'notLiteral', type: 'unreadable' }
    throw error
  }
}
