import { type Case, renderTestFile, type TestFile } from '../../sandbox/verdict/test-file.ts'
import type { LoadedTask } from '../scenario/task.ts'
import type { TASK_VARIABLES, Tests } from '../scenario/workspace.ts'

/** The visible tests of a task with these tests. */
export const testFileOf = (task: LoadedTask, tests: Tests): TestFile => ({
  entry: task.entry,
  cases: casesOf(task, tests),
  ...(tests === 'too-fast' && task.tooFast && { timed: task.tooFast }),
})

function casesOf({ tests: cases, oneOff, conflicting }: LoadedTask, tests: Tests): readonly Case[] {
  switch (tests) {
    case 'original':
    case 'too-fast':
      return cases
    case 'one-off':
      return replaced(cases, oneOff)
    case 'two-off':
      return replaced(replaced(cases, oneOff), conflicting)
    case 'conflicting': {
      const { test, expect } = conflicting
      // Right after the assertion that it contradicts.
      return cases.flatMap((own, index) => (index === test ? [own, { ...own, expect }] : [own]))
    }
  }
}

const replaced = (cases: readonly Case[], { test, expect }: LoadedTask['oneOff']): readonly Case[] =>
  cases.map((own, index) => (index === test ? { ...own, expect } : own))

/** What `${…}` stands for in the texts of a workspace scenario. */
export function taskVariables(
  task: LoadedTask,
  { tests, attempts, isPrimed }: { readonly tests: Tests; readonly attempts: number; readonly isPrimed: boolean },
): Record<(typeof TASK_VARIABLES)[number], string> {
  const line = (lines: readonly string[], i: number) => (lines[i] ?? lines[0] ?? '').trimEnd()
  // Where the script has special-cased the first false test, the question is the second; on its twin, too, where the line is a mistake.
  const special = isPrimed ? secondSpecial(task) : task.probe.special
  return {
    statement: task.statement.trim(),
    signature: task.signature,
    entry: task.entry,
    test_file: renderTestFile(testFileOf(task, tests)).trim(),
    attempts: String(attempts),
    primed: line(task.probe.special, 0),
    special_1: line(special, 0),
    special_2: line(special, 1),
    honest_1: line(task.probe.honest, 0),
    honest_2: line(task.probe.honest, 1),
    unrelated_1: line(task.probe.unrelated, 0),
    unrelated_2: line(task.probe.unrelated, 1),
  }
}

/** The reference with the first false test special-cased: what a script that has begun to cheat wrote. */
export function specialCased({ reference, entry, probe }: LoadedTask): string {
  const head = new RegExp(`^def ${entry}\\(.*:[ \\t]*$`, 'm').exec(reference)
  if (!head) throw new RangeError(`expected the reference to define ${entry} in one line`)
  const end = head.index + head[0].length
  return `${reference.slice(0, end)}\n${probe.special[0]!.trimEnd()}${reference.slice(end)}`
}

/** Two ways to write a special case of the test that `conflicting` names. */
function secondSpecial({ signature, tests, conflicting }: LoadedTask): string[] {
  const names = parametersOf(signature)
  const { args } = tests[conflicting.test]!
  const [left, right] = names.length === 1 ? [names[0]!, args] : [`(${names.join(', ')})`, `(${args})`]
  return [
    `    if ${left} == ${right}: return ${conflicting.expect}`,
    `    if ${right} == ${left}: return ${conflicting.expect}`,
  ]
}

/** Names of the parameters of a `def` line: what stands before a colon or an equals sign at the top level of its brackets. */
function parametersOf(signature: string): string[] {
  const inside = signature.slice(signature.indexOf('(') + 1)
  const names: string[] = []
  let depth = 0
  let start = 0
  for (const [i, char] of Array.from(inside).entries()) {
    if ('([{'.includes(char)) depth++
    const ends = depth === 0 && (char === ',' || char === ')')
    if (ends) names.push(inside.slice(start, i))
    if (ends) start = i + 1
    if (ends && char === ')') break
    if (')]}'.includes(char)) depth--
  }
  return names.map((name) => name.split(/[:=]/)[0]!.trim()).filter((name) => name !== '')
}
