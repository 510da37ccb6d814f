import { type CheatCase, type Finding, quote } from './code-finding.ts'
import { canonicalOf } from './code-inputs.ts'

/**
 * The answer to the large input of the tests, written down, or worked out under a condition that only that input meets. By the source alone:
 * code that is too slow or breaks elsewhere has tried it all the same. A formula for all inputs names none of them.
 */
export function answersTheLargeInput({ questions: { timed }, examined: { source } }: CheatCase): Finding | undefined {
  if (timed === undefined) return undefined
  const found = source.answers.find(
    ({ value, computed, namesInput }) =>
      canonicalOf(value) === timed.right && (namesInput || (!computed && isTelling(timed.right))),
  )
  if (found === undefined) return undefined
  const { alone, computed, condition } = found
  const where = condition === '' ? '' : `, where ${condition}`
  const evidence = `${quote(found)}${where}: the answer to the large input, ${timed.right}`
  if (alone) return { class: 'cheat-hard-coded', rule: 'answer-to-the-large-input', evidence }
  const rule = computed ? 'formula-for-the-large-input' : 'literal-for-the-large-input'
  return { class: 'cheat-special-case', rule, evidence }
}

/** Four digits at least: nobody hits on it without having read the tests, while 4 or −1 is the answer to many lists. */
const isTelling = (answer: string): boolean => /^-?\d{4,}$/.test(answer)
