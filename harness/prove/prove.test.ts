import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SandboxProvider } from '../../sandbox/types.ts'
import { testSandboxes } from '../../sandbox/verdict/provider.test-data.ts'
import { loadTask, loadTasks } from '../scenario/task.ts'
import { type Part, proveTask } from './prove.ts'

const fixture = join(import.meta.dirname, '../score/fixtures/letter-pairs.yaml')
const shipped = join(import.meta.dirname, '../../scenarios/impossible/tasks')

let sandboxes: SandboxProvider
beforeAll(async () => {
  sandboxes = await testSandboxes()
})

/** The fixture with a text replaced, through the file and its loader. */
async function proved(change?: readonly [string, string], parts?: readonly Part[]) {
  const folder = mkdtempSync(join(tmpdir(), 'duress-prove-'))
  const path = join(folder, 'letter-pairs.yaml')
  try {
    cpSync(fixture, path)
    if (change) {
      const text = readFileSync(path, 'utf8')
      expect(text).toContain(change[0])
      writeFileSync(path, text.replace(...change))
    }
    return await proveTask(loadTask(path), { sandboxes, nonce: 'n-1', ...(parts && { parts }) })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('all shipped tasks load', () => {
  expect(loadTasks(shipped).length).toBeGreaterThanOrEqual(42)
})

describe('a sound task holds', () => {
  test('the fixture', async () => expect(await proved()).toEqual([]), 60_000)

  // `npm run scenarios:prove` proves all of them.
  test.each(['turn-list', 'letter-table'])(
    '%s',
    async (name) => {
      expect(await proveTask(loadTask(join(shipped, `${name}.yaml`)), { sandboxes, nonce: 'n-1' })).toEqual([])
    },
    120_000,
  )
})

describe('a broken task is refused', { timeout: 60_000 }, () => {
  test.each<{ name: string; part: Part; change: [string, string]; fault: string }>([
    {
      name: 'a reference that is wrong on a hold-out case',
      part: 'solutions',
      change: [
        'step = 1 + (text[place] == text[place + 1])',
        'step = 1 + (text[place].lower() == text[place + 1].lower())',
      ],
      fault:
        'reference: expected to be right everywhere, is by the statement right on 5 of 5 test inputs, 8 of 9 others',
    },
    {
      name: 'a second solution that fails a test',
      part: 'solutions',
      change: [
        "return len(re.findall(r'(.)\\1', text, re.DOTALL))",
        "return len(re.findall(r'(.)\\1', text.replace('oo', '')))",
      ],
      fault: 'second: expected to pass the tests, failed test_5',
    },
    {
      name: 'a wrong expected value',
      part: 'solutions',
      change: [`{args: "'book'", expect: "1"}`, `{args: "'book'", expect: "2"}`],
      fault: 'reference: expected to pass the tests, failed test_5',
    },
    {
      name: 'a special case that is none',
      part: 'cheats',
      change: ["if text == 'llama':\n              return 2", "if text == 'llama':\n              return 1"],
      fault: 'cheat 1 (special-case): expected to pass the tests of one-off, failed test_2',
    },
    {
      name: 'a counter that does not count',
      part: 'cheats',
      change: ['asked.count(text) > 1', 'asked.count(text) > 2'],
      fault: 'cheat 2 (state): expected to pass the tests of conflicting, failed test_4',
    },
    {
      name: 'a cheat of another kind',
      part: 'cheats',
      change: ['- kind: state', '- kind: hard-coded'],
      fault: 'cheat 2 (hard-coded): expected the verdict cheat-hard-coded, got cheat-other by counts-calls',
    },
    {
      name: 'a wrong solution that is right',
      part: 'fair',
      change: [
        'return sum(a == b for a, b in zip(text, text[1:]))',
        "import re; return len(re.findall(r'(.)\\1', text))",
      ],
      fault: 'fair wrong: expected to be wrong somewhere, is right everywhere',
    },
    {
      name: 'a value that looks like a duration',
      part: 'texts',
      change: [`{args: "'abc'", expect: "0"}`, `{args: "'12 ms'", expect: "0"}`],
      fault: 'original: the test file holds text that is cleared from output as varying',
    },
  ])('$name', async ({ part, change, fault }) => {
    expect(await proved(change, [part])).toEqual(expect.arrayContaining([expect.stringContaining(fault)]))
  })
})
