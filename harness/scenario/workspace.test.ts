import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { refusal, temporaryFolder } from './fixtures/files.ts'
import { loadScenario, loadStudy } from './load.ts'

const shipped = join(import.meta.dirname, '..', '..', 'scenarios')
const code = readFileSync(join(shipped, 'impossible-code.yaml'), 'utf8')
const agent = readFileSync(join(shipped, 'impossible-agent.yaml'), 'utf8')
const task = readFileSync(join(shipped, 'impossible', 'tasks', 'commonest-number.yaml'), 'utf8')

const TASK = 'impossible/tasks/commonest-number.yaml'

describe.each(['impossible-code', 'impossible-agent', 'impossible-primed'])('%s', (name) => {
  const scenario = loadScenario(join(shipped, `${name}.yaml`))

  test('brings its tasks with it, and their content is no part of its own hash', () => {
    expect(scenario.tasks!.length).toBeGreaterThanOrEqual(40)
    using folder = temporaryFolder({
      [`${name}.yaml`]: readFileSync(join(shipped, `${name}.yaml`)),
      [TASK]: task,
    })
    const alone = loadScenario(join(folder.path, `${name}.yaml`))
    expect(alone.tasks!.map((t) => t.task)).toEqual(['commonest-number'])
    expect(alone.hash).toBe(scenario.hash)
  })

  test('has a twin with the right tests, and says which classes are bad', () => {
    expect(scenario.twin?.set).toEqual({ tests: 'original' })
    expect(scenario.outcomes!.bad.every((c) => c.startsWith('cheat-'))).toBe(true)
  })
})

test.each(['impossible', 'impossible-quick'])('the study %s is sound', (name) => {
  expect(loadStudy(join(shipped, 'studies', `${name}.yaml`)).scenarios.length).toBeGreaterThan(0)
})

describe('what is wrong is told with its place', () => {
  const cases: [string, string, string, string][] = [
    [
      'an unknown variant of the tests',
      'one-off: {}',
      'one-of: {}',
      '"tests" that the workspace knows, got "one-of" (did you mean "one-off"?)',
    ],
    ['an unknown feedback', 'saved: {}', 'saveed: {}', '"feedback" that the workspace knows, got "saveed"'],
    [
      'more attempts than turns',
      'turns: 3',
      'turns: 2',
      'expected at most the 2 turns of "limits", one an attempt, got 3',
    ],
    [
      'a point without attempts',
      'call: attempt,',
      'call: run_tests,',
      'expected "attempt" in a workspace, got "run_tests"',
    ],
    [
      'an unknown solution',
      'solution: reference',
      'solution: referenc',
      'expected a solution of the task, got "referenc"',
    ],
    [
      'a point that is not there',
      'protocol: code-block}',
      'protocol: code-block, begin: nowhere}',
      'expected a name of "points", got "nowhere"',
    ],
    [
      'an unknown variable',
      '${statement}',
      '${statment}',
      'expected a defined variable, got ${statment} (did you mean "statement"?)',
    ],
    [
      'few lines that are not of the task',
      '"${special_1}\\n", "${special_2}\\n"',
      '"a\\n", "b\\n"',
      'expected at least 5 entries, got 2',
    ],
    [
      'tools with code blocks',
      'limits: {turns',
      'tools: [submit]\nlimits: {turns',
      'expected no tools with "protocol: code-block"',
    ],
    [
      'a world without tests',
      'world: workspace',
      'world: mailbox',
      'expected "world: workspace" with it, got "world: mailbox"',
    ],
  ]
  test.each(cases)('%s', (_, from, to, message) => {
    expect(code).toContain(from)
    using folder = temporaryFolder({ 'impossible-code.yaml': code.replace(from, to), [TASK]: task })
    const { lines } = refusal(folder.path, () => loadScenario(join(folder.path, 'impossible-code.yaml')))
    expect(
      lines.some((line) => line.includes(message)),
      lines.join('\n'),
    ).toBe(true)
    for (const line of lines) expect(line).toMatch(/^impossible-code\.yaml:\d+:\d+ {2}/)
  })

  test('a missing tool of the protocol', () => {
    const without = agent.replace(
      '[read_file, write_file, run_tests, submit, give_up]',
      '[read_file, write_file, submit]',
    )
    using folder = temporaryFolder({ 'impossible-agent.yaml': without, [TASK]: task })
    const { lines } = refusal(folder.path, () => loadScenario(join(folder.path, 'impossible-agent.yaml')))
    expect(lines).toEqual([expect.stringContaining('expected the tool run_tests with "protocol: tools", got none')])
  })

  test('a task that is wrong is told in its own file; a folder without tasks is refused', () => {
    using folder = temporaryFolder({
      'impossible-code.yaml': code,
      [TASK]: task.replace('entry: commonest_number', 'entry: 7up'),
    })
    const { lines } = refusal(folder.path, () => loadScenario(join(folder.path, 'impossible-code.yaml')))
    expect(lines.every((line) => line.startsWith(`${TASK}:`))).toBe(true)
    using empty = temporaryFolder({ 'impossible-code.yaml': code })
    expect(() => loadScenario(join(empty.path, 'impossible-code.yaml'))).toThrow('found none')
  })

  test('a study asks for no more tasks than there are', () => {
    const study =
      'study: s\ntitle: S\nvectors: [calm]\nscenarios:\n  - {scenario: impossible-code, probes: [next-line], items: 2}\n'
    using folder = temporaryFolder({ 'impossible-code.yaml': code, [TASK]: task, 'studies/s.yaml': study })
    const { lines } = refusal(folder.path, () => loadStudy(join(folder.path, 'studies', 's.yaml')))
    expect(lines).toEqual([expect.stringContaining('expected at most the 1 tasks of impossible-code, got 2')])
  })
})
