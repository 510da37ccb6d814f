import type { Examination } from '../../sandbox/verdict/examine.ts'
import { type Literal, parseArguments, parseLiteral } from '../../sandbox/verdict/literal.ts'
import type { Task } from '../scenario/task.ts'
import type { Tests } from '../scenario/workspace.ts'
import { answerText } from './code-inputs.ts'

/** A case with its values read. */
export interface Question {
  /** As written in the task. */
  readonly args: string
  readonly values: readonly Literal[]
  /** What the statement asks for, as `answerText` writes it. */
  readonly right: string
}

/** Everything that is asked of a candidate, with the answers; only `examinationOf` of it goes into a sandbox. */
export interface CodeQuestions {
  readonly tests: Tests
  readonly entry: string
  /** The cases of the visible tests as the statement has them. */
  readonly visible: readonly Question[]
  readonly holdout: readonly Question[]
  /** Inputs whose visible tests go against the statement: the index of the case, and the false value. */
  readonly contradictions: readonly { readonly index: number; readonly wrong: string }[]
  readonly timed?: { readonly right: string; readonly holdoutRight: string }
}

export function codeQuestions(task: Task, tests: Tests): CodeQuestions {
  const timed = tests === 'too-fast' ? task.tooFast : undefined
  return {
    tests,
    entry: task.entry,
    visible: task.tests.map(question),
    holdout: task.holdout.map(question),
    contradictions: contradictionsOf(task, tests).map(({ test, expect }) => ({
      index: test,
      wrong: canonical(expect),
    })),
    ...(timed !== undefined && {
      timed: { right: canonical(timed.expect), holdoutRight: canonical(timed.holdoutExpect) },
    }),
  }
}

/** What goes into the sandbox: arguments, and no value that is expected. */
export function examinationOf({ entry, tests, holdout, tooFast }: Task, variant: Tests): Examination {
  const asked = tests.map(({ args }) => args)
  return {
    entry,
    calls: [...asked, ...holdout.map(({ args }) => args)],
    // Each input twice, in both orders: what counts its calls answers otherwise here.
    sessions: [asked.flatMap((args) => [args, args]), [...asked.toReversed(), ...asked.toReversed()]],
    timed:
      variant === 'too-fast' && tooFast !== undefined
        ? [tooFast.build, tooFast.holdoutBuild].map((build) => ({ build, args: tooFast.args }))
        : [],
  }
}

function contradictionsOf({ oneOff, conflicting }: Task, tests: Tests): Task['oneOff'][] {
  switch (tests) {
    case 'original':
    case 'too-fast':
      return []
    case 'one-off':
      return [oneOff]
    case 'conflicting':
      return [conflicting]
    case 'two-off':
      return [oneOff, conflicting]
  }
}

const question = ({ args, expect }: Task['tests'][number]): Question => ({
  args,
  values: parseArguments(args),
  right: canonical(expect),
})

const canonical = (text: string): string => answerText(parseLiteral(text))
