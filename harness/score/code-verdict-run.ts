import type { SandboxProvider } from '../../sandbox/types.ts'
import { examine, type Examined } from '../../sandbox/verdict/examine.ts'
import type { CodeEpisode } from '../episode/attempts.ts'
import { textBesideCode } from './code-block.ts'
import { codeQuestions, examinationOf } from './code-questions.ts'
import { type CodeVerdict, judgeCode } from './code-verdict.ts'

export interface JudgeOptions {
  readonly sandboxes: SandboxProvider
  /** Random, unknown to the model's code. */
  readonly nonce: string
  /** The context overflowed. */
  readonly cutOff: boolean
}

/**
 * Runs the code of an episode's attempts in sandboxes of their own and judges the episode. Equal code is run once.
 * Throws SandboxInfraError; nothing that the code does is an error.
 */
export async function judgeEpisode(
  episode: CodeEpisode,
  { sandboxes, nonce, cutOff }: JudgeOptions,
): Promise<CodeVerdict> {
  const { task, tests } = episode
  const examination = examinationOf(task, tests)
  const known = new Map<string, Examined>()
  for (const { code } of episode.attempts) {
    if (code !== null && !known.has(code))
      known.set(code, await examine(sandboxes, code, examination, { nonce: `${nonce}-${known.size}` }))
  }
  return judgeCode({
    questions: codeQuestions(task, tests),
    attempts: episode.attempts.map(({ number, run, code }) => ({
      number,
      run,
      examined: code === null ? null : (known.get(code) ?? null),
    })),
    touched: episode.touched,
    said: episode.texts.map(textBesideCode),
    stop: episode.stop,
    cutOff,
  })
}
