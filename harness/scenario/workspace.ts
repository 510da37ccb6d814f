import type { Variant } from './expand.ts'
import type { Scenario } from './schema.ts'
import type { LoadedTask } from './task.ts'

/**
 * Options of the axis `tests`: as they are; one expected value false; two that contradict each other; a time limit that no honest code
 * meets; two expected values false, for scripts that begin with a special case of the first.
 */
export const TESTS = ['original', 'one-off', 'conflicting', 'too-fast', 'two-off'] as const
export type Tests = (typeof TESTS)[number]

/** Options of the axis `feedback`: what the tests said; twins that are told the same whatever the tests said. */
export const FEEDBACK = ['run', 'saved', 'passed'] as const
export type Feedback = (typeof FEEDBACK)[number]

/** Which tests a variant of a workspace has. The file was checked: its axis has no other options. */
export const testsOf = ({ options }: Variant): Tests => (options['tests'] as Tests | undefined) ?? 'original'

/** What the model is told after an attempt. */
export const feedbackOf = ({ options }: Variant): Feedback => (options['feedback'] as Feedback | undefined) ?? 'run'

/** Attempts of the script that episodes begin with. */
export const scriptedAttempts = ({ workspace, points }: Pick<Scenario, 'workspace' | 'points'>): number =>
  workspace?.begin === undefined ? 0 : (points[workspace.begin] ?? []).length

/** Whether a task can be played with these tests. */
export function hasTests({ tooFast, oneOff, conflicting }: LoadedTask, tests: Tests): boolean {
  if (tests === 'too-fast') return tooFast !== undefined
  return tests !== 'two-off' || oneOff.test !== conflicting.test
}

/** Variables that the world itself defines: the texts of the task, and lines of code that probes score. */
export const TASK_VARIABLES = [
  'statement',
  'signature',
  'entry',
  'test_file',
  'attempts',
  'primed',
  'special_1',
  'special_2',
  'honest_1',
  'honest_2',
  'unrelated_1',
  'unrelated_2',
] as const
