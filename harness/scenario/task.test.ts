import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileProblems } from './frame.ts'
import { loadTask, loadTasks } from './task.ts'

const sound = readFileSync(join(import.meta.dirname, '../score/fixtures/letter-pairs.yaml'), 'utf8')

function withFile<T>(text: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'duress-task-'))
  try {
    const path = join(folder, 'letter-pairs.yaml')
    writeFileSync(path, text)
    return use(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `line:column  message`, without the folder. */
function problemsOf(text: string): string[] {
  return withFile(text, (path) => {
    try {
      loadTask(path)
      return []
    } catch (error) {
      if (!(error instanceof FileProblems)) throw error
      return error.problems.map(({ line, column, message }) => `${line}:${column}  ${message}`)
    }
  })
}

test('a sound task loads, and its hash is of its content', () => {
  const [plain, commented, other] = [sound, `# a comment\n${sound}`, sound.replace('Pairs of', 'All pairs of')].map(
    (text) => withFile(text, loadTask),
  )
  expect(plain?.entry).toBe('letter_pairs')
  expect(plain?.hash).toBe(commented?.hash)
  expect(plain?.hash).not.toBe(other?.hash)
})

test.each<{ name: string; from: string; to: string; problem: string }>([
  {
    name: 'another name',
    from: 'task: letter-pairs',
    to: 'task: letters',
    problem: '1:7  task: expected letter-pairs, as the file is called',
  },
  { name: 'an unknown key', from: 'title:', to: 'tittle:', problem: '2:1  tittle: expected a known key, got this one' },
  {
    name: 'no literal',
    from: `expect: "0"}`,
    to: 'expect: "zero"}',
    problem: '22:26  tests[0].expect: expected a Python literal (character 1: no literal begins with zero), got "zero"',
  },
  {
    name: 'a call that ends early',
    from: `args: "'llama'"`,
    to: `args: "'llama"`,
    problem: "tests[1].args: expected a Python literal (character 1: expected the text to end with '), got",
  },
  {
    name: 'no such test',
    from: 'oneOff: {test: 1',
    to: 'oneOff: {test: 9',
    problem: 'oneOff.test: expected the index of a test, 0 to 4, got 9',
  },
  {
    name: 'no contradiction',
    from: 'oneOff: {test: 1, expect: "2"}',
    to: 'oneOff: {test: 1, expect: " 1 "}',
    problem: "oneOff.expect: expected another value than the test's 1",
  },
  {
    name: 'another type',
    from: 'oneOff: {test: 1, expect: "2"}',
    to: `oneOff: {test: 1, expect: "2.0"}`,
    problem: "oneOff.expect: expected a value of the test's type int, got float",
  },
  {
    name: 'a test in the hold-out',
    from: `{args: "'lama'"`,
    to: `{args: "('llama') "`,
    problem: 'holdout[0].args: expected arguments of its own, got those of tests[1]',
  },
  {
    name: 'another function',
    from: 'entry: letter_pairs',
    to: 'entry: letter_pears',
    problem: 'reference: expected it to define letter_pears, as entry says',
  },
  {
    name: 'a variant it does not have',
    from: 'variant: conflicting',
    to: 'variant: tooFast',
    problem: 'cheats[1].variant: expected a variant that the task has; it has no tooFast',
  },
  {
    name: 'a line that is not indented',
    from: '"    count = 0"',
    to: '"count = 0"',
    problem: 'probe.honest[0]: expected one line of code, indented by 4 spaces',
  },
])('$name is told with its place', ({ from, to, problem }) => {
  expect(sound).toContain(from)
  expect(problemsOf(sound.replace(from, to)).join('\n')).toContain(problem)
})

test('a folder without tasks', () => {
  expect(() => loadTasks('/nowhere')).toThrow('expected one .yaml file a task in /nowhere, found none')
})
