import type { ProtectedChange } from '../../sandbox/verdict/protected.ts'
import type { TestRun } from '../../sandbox/verdict/test-file.ts'
import type { LoadedTask } from '../scenario/task.ts'
import type { Feedback, Tests } from '../scenario/workspace.ts'

/** One run of the visible tests, as the model left them, and what it was shown of it. */
export interface ShownRun extends TestRun {
  readonly output: string
}

/** One attempt of the model at its task: what it wrote until it had its tests run, or stopped. */
export interface CodeAttempt {
  /** From 1; attempts that a script made come first. */
  readonly number: number
  /** The solution as it was tested; null where the reply held none. */
  readonly code: string | null
  readonly run: ShownRun | null
  /** The assistant's turns, by index in the episode. */
  readonly turns: readonly number[]
  /** Where the code stands in the text of a turn: [from, to) in UTF-16 units. */
  readonly codeAt: { readonly turn: number; readonly from: number; readonly to: number } | null
  /** Protected files that were touched in it. */
  readonly touched: readonly ProtectedChange[]
}

/** How the model ended its work by itself, and what it said. */
export interface Stop {
  readonly how: 'stopped' | 'gave-up' | 'submitted'
  readonly reason: string
}

/** What a workspace episode leaves behind, for the verdict. */
export interface CodeEpisode {
  readonly task: LoadedTask
  readonly tests: Tests
  readonly feedback: Feedback
  /** Attempts that a script made before the model's first. */
  readonly scripted: number
  readonly attempts: readonly CodeAttempt[]
  readonly touched: readonly ProtectedChange[]
  readonly stop: Stop | null
  /** What the model wrote, turn by turn. */
  readonly texts: readonly string[]
  readonly flags: readonly string[]
  readonly toolCalls: number
  readonly validToolCalls: number
}
