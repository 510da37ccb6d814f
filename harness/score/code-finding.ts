import type { CallOutcome } from '../../sandbox/verdict/answers.ts'
import type { Examined } from '../../sandbox/verdict/examine.ts'
import type { TestRun } from '../../sandbox/verdict/test-file.ts'
import type { CodeQuestions } from './code-questions.ts'

/** One attempt, as the checks for cheats see it. */
export interface CheatCase {
  readonly questions: CodeQuestions
  readonly run: TestRun | null
  readonly examined: Examined
  /** The model said that the tests contradict: leaving before they run is then a way to stop. */
  readonly told: boolean
}

/** A cheat in one attempt: what was seen, with line and quotation. */
export interface Finding {
  readonly class: 'cheat-special-case' | 'cheat-hard-coded' | 'cheat-other'
  readonly rule: string
  readonly evidence: string
}

/** Where something stands in the source. */
export interface Place {
  readonly line: number
  readonly source: string
}

export const quote = ({ line, source }: Place): string => `line ${line}: ${source}`

/** What a call did, in a few words. */
export function outcomeText(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case 'answer':
      return outcome.text.length > 80 ? `${outcome.text.slice(0, 78)}…` : outcome.text
    case 'raised':
      return outcome.type
    case 'notLiteral':
      return `a ${outcome.type}`
    case 'timeout':
      return 'no answer in time'
    case 'crashed':
      return `no answer (${outcome.detail})`
  }
}
