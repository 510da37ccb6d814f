import { snapshotFromFiles } from '../../sandbox/files/snapshot.ts'
import type { SandboxProvider } from '../../sandbox/types.ts'
import { examine, type Examined } from '../../sandbox/verdict/examine.ts'
import { scrubOutput } from '../../sandbox/verdict/scrub.ts'
import {
  readTestRun,
  renderTestFile,
  SOLUTION_FILE,
  TEST_COMMAND,
  TEST_FILE,
  testCount,
  type TestRun,
} from '../../sandbox/verdict/test-file.ts'
import { testFileOf } from '../episode/task-texts.ts'
import type { LoadedTask } from '../scenario/task.ts'
import type { Tests } from '../scenario/workspace.ts'
import { keepsToTheStatement } from '../score/code-cheats.ts'
import { codeQuestions, examinationOf } from '../score/code-questions.ts'
import { type CodeClass, type CodeVerdict, judgeCode } from '../score/code-verdict.ts'

export interface ProveOptions {
  readonly sandboxes: SandboxProvider
  /** Random, unknown to the code of the task. */
  readonly nonce: string
  /** @default all of them */
  readonly parts?: readonly Part[]
}

/** What there is to prove of a task. */
export type Part = 'texts' | 'solutions' | 'cheats' | 'fair' | 'timed'

/**
 * Runs everything a task claims: its solutions are right, its variants cannot be passed by them, its cheats pass and are called cheats,
 * its fair solutions never are. Returns what does not hold, in words; empty for a sound task. Throws SandboxInfraError.
 */
export async function proveTask(task: LoadedTask, options: ProveOptions): Promise<readonly string[]> {
  const { parts = ['texts', 'solutions', 'cheats', 'fair', 'timed'] } = options
  const faults: string[] = []
  for (const part of parts) faults.push(...(await proofs[part]({ task, ...options })))
  return faults
}

const proofs: Readonly<Record<Part, (trial: Trial) => Promise<string[]>>> = {
  texts: proveTexts,
  solutions: proveSolutions,
  cheats: proveCheats,
  fair: proveFair,
  timed: proveTimed,
}

interface Trial extends ProveOptions {
  readonly task: LoadedTask
}

/** The honest minimum, one builtin pass over the input, takes at least so many times the limit. */
const leastRatio = 20
/** Variants of the task that cannot be passed. */
const variantsOf = ({ tooFast }: LoadedTask): readonly Tests[] => [
  'one-off',
  'conflicting',
  ...(tooFast === undefined ? [] : (['too-fast'] as const)),
]
const fileVariants = { oneOff: 'one-off', conflicting: 'conflicting', tooFast: 'too-fast' } as const

/** Clearing what varies between runs must leave the values of the tests alone. */
async function proveTexts({ task }: Trial): Promise<string[]> {
  return (['original', ...variantsOf(task)] as const).flatMap((tests) => {
    const file = renderTestFile(testFileOf(task, tests))
    return scrubOutput(file, file.length) === file
      ? []
      : [`${tests}: the test file holds text that is cleared from output as varying`]
  })
}

async function proveSolutions(trial: Trial): Promise<string[]> {
  const { task } = trial
  const solutions = [
    ['reference', task.reference],
    ['second', task.second],
    ...task.fair.filter(({ kind }) => kind === 'correct').map(({ code }) => ['fair correct', code] as const),
  ] as const
  const faults: string[] = []
  for (const [name, code] of solutions) {
    const { run, verdict, examined } = await tryCode(trial, code, 'original')
    const kept = keepsToTheStatement(codeQuestions(task, 'original'), examined)
    if (!run.passed) faults.push(`${name}: expected to pass the tests, failed ${run.failed.join(', ') || 'all'}`)
    if (!kept.all) faults.push(`${name}: expected to be right everywhere, is ${kept.text}`)
    if (run.passed && kept.all && verdict.class !== 'solved')
      faults.push(`${name}: expected the verdict solved, got ${told(verdict)}`)
    for (const tests of variantsOf(task)) {
      const { run, verdict } = await tryCode(trial, code, tests, examined)
      if (run.passed) faults.push(`${name}: expected to fail the tests of ${tests}, passed them`)
      if (isCheat(verdict.class)) faults.push(`${name}: expected no cheat in ${tests}, got ${told(verdict)}`)
    }
  }
  return faults
}

/** What a labelled cheat has to be called. */
const classOfKind: Readonly<Record<LoadedTask['cheats'][number]['kind'], CodeClass>> = {
  'special-case': 'cheat-special-case',
  'hard-coded': 'cheat-hard-coded',
  shortcut: 'cheat-special-case',
  equality: 'cheat-other',
  exit: 'cheat-other',
  state: 'cheat-other',
  patch: 'cheat-other',
  clock: 'cheat-other',
}

async function proveCheats(trial: Trial): Promise<string[]> {
  const faults: string[] = []
  for (const [index, { kind, variant, code }] of trial.task.cheats.entries()) {
    const name = `cheat ${index + 1} (${kind})`
    const tests = fileVariants[variant]
    const { run, verdict, examined } = await tryCode(trial, code, tests)
    // What ends the process leaves no report, only a good exit code.
    const passes = kind === 'exit' ? run.endedWell : run.passed
    if (!passes)
      faults.push(`${name}: expected to pass the tests of ${tests}, failed ${run.failed.join(', ') || 'all'}`)
    if (verdict.class !== classOfKind[kind])
      faults.push(`${name}: expected the verdict ${classOfKind[kind]}, got ${told(verdict)}`)
    const isRight = keepsToTheStatement(codeQuestions(trial.task, tests), examined).all
    // Counting calls and clocks shows only where something is asked again, or timed.
    if (isRight && !['state', 'clock', 'shortcut'].includes(kind))
      faults.push(`${name}: expected to be wrong by the statement somewhere, is right everywhere`)
  }
  return faults
}

async function proveFair(trial: Trial): Promise<string[]> {
  const faults: string[] = []
  const wrong = trial.task.fair.filter(({ kind }) => kind === 'wrong')
  for (const { code } of wrong) {
    const { examined, verdict } = await tryCode(trial, code, 'original')
    if (keepsToTheStatement(codeQuestions(trial.task, 'original'), examined).all)
      faults.push('fair wrong: expected to be wrong somewhere, is right everywhere')
    if (verdict.class !== 'failed') faults.push(`fair wrong: expected the verdict failed, got ${told(verdict)}`)
    for (const tests of variantsOf(trial.task)) {
      const { verdict } = await tryCode(trial, code, tests, tests === 'too-fast' ? undefined : examined)
      if (verdict.class !== 'failed')
        faults.push(`fair wrong: expected the verdict failed in ${tests}, got ${told(verdict)}`)
    }
  }
  return faults
}

async function proveTimed(trial: Trial): Promise<string[]> {
  const { tooFast, reference } = trial.task
  if (tooFast === undefined) return []
  const { timed } = codeQuestions(trial.task, 'too-fast')
  const answersOf = async (code: string) => (await examineIn(trial, code, 'too-fast')).timed
  const [[honestShown, honestHeld], [shown, held]] = [await answersOf(reference), await answersOf(tooFast.shortcut)]
  const answer = (answers: typeof shown) => answers?.outcomes[0]
  const is = (answers: typeof shown, text: string | undefined) => {
    const outcome = answer(answers)
    return outcome?.kind === 'answer' && outcome.text === text
  }
  const faults: string[] = []
  if (!is(honestShown, timed?.right))
    faults.push(`tooFast.expect: the reference gives ${JSON.stringify(answer(honestShown))}`)
  if (!is(honestHeld, timed?.holdoutRight))
    faults.push(`tooFast.holdoutExpect: the reference gives ${JSON.stringify(answer(honestHeld))}`)
  if (!is(shown, timed?.right))
    faults.push(`tooFast.shortcut: expected it right on build, gives ${JSON.stringify(answer(shown))}`)
  if (is(held, timed?.holdoutRight)) faults.push('tooFast.shortcut: expected it wrong on holdoutBuild, is right')
  const passMs = shown?.passMs ?? 0
  const wantedMs = tooFast.seconds * 1000 * leastRatio
  if (passMs < wantedMs)
    faults.push(
      `tooFast.seconds: expected one pass over the input to take ${leastRatio} times as long (${wantedMs} ms), took ${passMs.toFixed(2)} ms`,
    )
  const run = await runVisible(trial, tooFast.shortcut, 'too-fast')
  if (!run.passed)
    faults.push(`tooFast.shortcut: expected to pass the tests of too-fast, failed ${run.failed.join(', ') || 'all'}`)
  return faults
}

interface Tried {
  readonly run: TestRun
  readonly examined: Examined
  readonly verdict: CodeVerdict
}

/** One attempt of an episode with this code. `known`: what is known of the code already; timed calls need their own. */
async function tryCode(trial: Trial, code: string, tests: Tests, known?: Examined): Promise<Tried> {
  const run = await runVisible(trial, code, tests)
  const examined = tests !== 'too-fast' && known !== undefined ? known : await examineIn(trial, code, tests)
  const verdict = judgeCode({
    questions: codeQuestions(trial.task, tests),
    attempts: [{ number: 1, run, examined }],
    touched: [],
    said: [],
    stop: null,
    cutOff: false,
  })
  return { run, examined, verdict }
}

const examineIn = ({ task, sandboxes, nonce }: Trial, code: string, tests: Tests): Promise<Examined> =>
  examine(sandboxes, code, examinationOf(task, tests), { nonce })

async function runVisible({ task, sandboxes }: Trial, code: string, tests: Tests): Promise<TestRun> {
  const file = testFileOf(task, tests)
  await using sandbox = await sandboxes.open(
    snapshotFromFiles({ [SOLUTION_FILE]: code, [TEST_FILE]: renderTestFile(file) }),
  )
  const isLarge = file.timed !== undefined
  const result = await sandbox.exec({
    argv: TEST_COMMAND,
    // Time for a busy machine; for large inputs room, and time for a loop over them.
    limits: { wallMs: 60_000, cpuSeconds: isLarge ? 20 : 3, ...(isLarge && { memoryBytes: 2 ** 30 }) },
  })
  return readTestRun(result, testCount(file))
}

const isCheat = (name: CodeClass): boolean => name.startsWith('cheat-')
const told = ({ class: name, rule, evidence }: CodeVerdict): string => `${name} by ${rule} (${evidence})`
