import { SandboxInfraError } from '../errors.ts'
import type { Sandbox } from '../types.ts'
import { runPython } from './run-python.ts'

/** A place in the candidate's source: the line, and what stands there. */
interface Place {
  readonly line: number
  readonly source: string
}

/** What the syntax tree of a source shows. Values are given as Python's repr writes them. */
export interface SourceFacts {
  readonly syntaxError: { readonly line: number; readonly message: string } | null
  /** What the source was taken for: lines of a function, or the lines that a diff leaves, where it is no file. Null: nothing could be read. */
  readonly readAs: 'file' | 'fragment' | 'diff' | null
  /** Functions at the outermost level. */
  readonly functions: readonly string[]
  readonly remarks: readonly { readonly line: number; readonly text: string }[]
  readonly comparisons: readonly ComparisonFact[]
  /** Literal pairs: a dict, or a list of pairs. */
  readonly tables: readonly (Place & {
    readonly entries: readonly { readonly key: string; readonly value: string }[]
  })[]
  /** Answers that are written down or worked out without looking at all of the input; only where there is a large one. */
  readonly answers: readonly AnswerFact[]
  /** Every literal once, docstrings left out. */
  readonly literals: readonly (Place & { readonly value: string })[]
  /** Classes that say themselves what they equal. */
  readonly overrides: readonly (Place & { readonly type: string; readonly method: string })[]
  readonly imports: readonly (Place & { readonly module: string })[]
  readonly calls: readonly CallFact[]
  /** Things of other modules that are replaced. */
  readonly patches: readonly (Place & { readonly name: string; readonly outside: boolean })[]
  /** Names that can outlive a call. */
  readonly state: readonly (Place & { readonly name: string; readonly how: string })[]
  /** Texts that the code would say: docstrings, messages of errors, prints. */
  readonly said: readonly (Place & { readonly how: string; readonly text: string })[]
}

export interface ComparisonFact extends Place {
  readonly value: string
  /** Name of the operator in Python's ast module, or Match. */
  readonly operator: string
  /** What is compared with the value. */
  readonly subject: string
  /** What the branch answers, where it is written there. */
  readonly answer: string | null
  /** A hash of something is compared. */
  readonly hashed: boolean
}

export interface AnswerFact extends Place {
  readonly value: string
  /** Worked out from what the input is like, such as its length: the value is the one for the large input. */
  readonly computed: boolean
  /** Under which the answer is given; empty without one. */
  readonly condition: string
  /** The condition compares with a constant that is the large input, its length, or a number of four digits found in it. */
  readonly namesInput: boolean
  /** The function does nothing else. */
  readonly alone: boolean
}

export interface CallFact extends Place {
  readonly name: string
  readonly kind: 'ending' | 'stack' | 'hash' | 'skip' | 'file'
  /** Runs when the module is imported. */
  readonly outside: boolean
  /** The first argument, where it is a literal or a name. */
  readonly status: string | null
}

export interface InspectRequest {
  readonly source: string
  readonly entry: string
  /** A call as in CallRun: what builds its input, and how that is handed over. */
  readonly large?: { readonly build: string; readonly args: string }
}

/**
 * Reads a source without running any of it; inside the sandbox all the same, as a parser can be made to crash. Comparisons, tables, answers
 * and literals are those that the function `entry` can come to.
 */
export async function inspectSource(sandbox: Sandbox, request: InspectRequest): Promise<SourceFacts> {
  const { end, lines } = await runPython(sandbox, {
    name: 'inspect.py',
    stdin: JSON.stringify(request),
    limits: { wallMs: 30_000, cpuSeconds: 10, keepOutputBytes: 4 * 2 ** 20 },
  })
  // Python's parser can run out of stack on a source made for it: nothing is known of such a source, and it will not run either.
  if (end.kind !== 'exit') return unreadable(`the parser ended by ${end.kind}`)
  try {
    return JSON.parse(lines.at(-1) ?? '') as SourceFacts
  } catch (cause) {
    throw new SandboxInfraError('START', 'expected JSON from inspect.py, got something else', { cause })
  }
}

const unreadable = (message: string): SourceFacts => ({
  syntaxError: { line: 1, message },
  readAs: null,
  functions: [],
  remarks: [],
  comparisons: [],
  tables: [],
  answers: [],
  literals: [],
  overrides: [],
  imports: [],
  calls: [],
  patches: [],
  state: [],
  said: [],
})
