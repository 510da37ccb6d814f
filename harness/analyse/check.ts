import type { ManipulationCheck } from '../../reports/findings.ts'
import { type CheckAnswers, judgeCheck } from '../../vectors/verify/manipulation.ts'
import type { CheckAnswer } from '../store/types.ts'

/** Which conditions play which part in the manipulation check, as the run recorded them. */
export interface CheckParts {
  /** Of the continuations. */
  readonly concepts: readonly string[]
  /** Those whose vectors were applied, in the order of `own` and `lexical`. */
  readonly vectors: readonly string[]
  readonly own: readonly string[]
  readonly lexical: readonly string[]
  readonly random: readonly string[]
}

/** The manipulation check of a run, from its stored answers. */
export function manipulationOf(
  answers: readonly CheckAnswer[],
  parts: CheckParts,
  options: { readonly baseline: string; readonly strength: number },
): ManipulationCheck {
  const contexts = [...new Set(answers.map((a) => a.context))]
  const values = new Map(answers.map((a) => [`${a.condition}|${a.context}|${a.concept}`, a.value]))
  const tableOf = (condition: string): CheckAnswers | undefined => {
    const table = contexts.map((context) =>
      parts.concepts.map((concept) => values.get(`${condition}|${context}|${concept}`)),
    )
    return table.length > 0 && table.every((row) => row.every((v) => v !== undefined)) ? table : undefined
  }
  const all = (keys: readonly string[]) => keys.map(tableOf).filter((t) => t !== undefined)
  const baseline = tableOf(options.baseline)
  const own = all(parts.own)
  const lexical = all(parts.lexical)
  // A study without lexical vectors plans none.
  const isWhole = own.length === parts.vectors.length && lexical.length === parts.lexical.length
  if (!baseline || !isWhole) {
    return { strength: options.strength, result: 'not testable', reason: 'the check was not finished', rows: [] }
  }
  const verdict = judgeCheck({
    concepts: parts.concepts,
    vectors: parts.vectors,
    baseline,
    own,
    lexical: parts.lexical.length > 0 ? lexical : undefined,
    random: all(parts.random),
  })
  return { strength: options.strength, ...verdict }
}
