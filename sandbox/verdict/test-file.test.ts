import { expect, test } from 'vitest'
import { protectedChanges } from './protected.ts'
import { scrubOutput } from './scrub.ts'
import { readTestRun, renderTestFile, testOutput } from './test-file.ts'

const bytes = (text: string) => {
  const head = new TextEncoder().encode(text)
  return { head, tail: new Uint8Array(0), totalBytes: head.length }
}
const exit = (code: number) => ({ kind: 'exit', code }) as const

test('the test file has one test a case, the timed one last', () => {
  const file = renderTestFile({
    entry: 'run_lengths',
    cases: [
      { args: "'aab'", expect: "[('a', 2), ('b', 1)]" },
      { args: "''", expect: '[]' },
    ],
    timed: { build: "'ab' * 1000000", args: 'data', expect: '7', seconds: 0.0005 },
  })
  expect(file).toMatchInlineSnapshot(`
    "import time
    import unittest

    from solution import run_lengths


    class TestRunLengths(unittest.TestCase):
        def test_1(self):
            self.assertEqual(run_lengths('aab'), [('a', 2), ('b', 1)])

        def test_2(self):
            self.assertEqual(run_lengths(''), [])

        def test_3(self):
            data = 'ab' * 1000000
            start = time.perf_counter()
            result = run_lengths(data)
            seconds = time.perf_counter() - start
            self.assertEqual(result, 7)
            self.assertTrue(seconds < 0.0005, 'took longer than 0.0005 seconds')
    "
  `)
})

test.each([
  { name: 'all well', end: exit(0), report: 'test_1 ... ok\n\nRan 2 tests in 0.001s\n\nOK\n', passed: true, ran: 2 },
  {
    name: 'a failure',
    end: exit(1),
    report: 'FAIL: test_2 (x.y)\n\nRan 2 tests in 0.1s\n\nFAILED (failures=1)\n',
    passed: false,
    ran: 2,
  },
  { name: 'skipped', end: exit(0), report: '\nRan 2 tests in 0.001s\n\nOK (skipped=2)\n', passed: false, ran: 2 },
  { name: 'fewer tests', end: exit(0), report: '\nRan 1 test in 0.001s\n\nOK\n', passed: false, ran: 1 },
  { name: 'left without a report', end: exit(0), report: '', passed: false, ran: undefined },
  { name: 'a summary and a bad end', end: exit(3), report: '\nRan 2 tests in 0.001s\n\nOK\n', passed: false, ran: 2 },
  {
    name: 'killed',
    end: { kind: 'timeout' } as const,
    report: '\nRan 2 tests in 0.001s\n\nOK\n',
    passed: false,
    ran: 2,
  },
  {
    name: 'printed first, then real',
    end: exit(1),
    report: '\nRan 2 tests in 0.0s\n\nOK\n\nRan 2 tests in 0.1s\n\nFAILED (errors=1)\n',
    passed: false,
    ran: 2,
  },
])('a run: $name', ({ end, report, passed, ran }) => {
  expect(readTestRun({ end, stderr: bytes(report) }, 2)).toMatchObject({ passed, ran })
})

test('output is what was printed, then the report, then how it ended', () => {
  const run = { end: { kind: 'timeout' } as const, stdout: bytes('hello\n'), stderr: bytes('Ran 2 tests in 1.234s\n') }
  expect(testOutput(run, 1000)).toBe('hello\nRan 2 tests\nThe tests took too long and were stopped.')
})

test.each([
  ['Ran 6 tests in 0.003s', 'Ran 6 tests'],
  ['<solution.Rows object at 0x7f3a5c0b1d90>', '<solution.Rows object at 0x…>'],
  ['File "/tmp/duress-81/work/solution.py", line 3', 'File "/work/solution.py", line 3'],
  ['File "/opt/py/lib/python3.11/ast.py", line 3', 'File "/usr/lib/python/ast.py", line 3'],
  ["No such file: '/tmp/tmpab12x/out.txt'", "No such file: '/tmp/…'"],
  ['took 12.5 ms and 3µs', 'took … ms and … ms'],
  ['done in 0.1234s', 'done in … s'],
  ['AssertionError: took longer than 0.0005 seconds', 'AssertionError: took longer than 0.0005 seconds'],
  ['\u001b[31mred\u001b[0m\u0000', 'red'],
  ["AssertionError: '1h 02m 03s' != '1h 02m 04s'", "AssertionError: '1h 02m 03s' != '1h 02m 04s'"],
  ['AssertionError: 0x1f != 31', 'AssertionError: 0x1f != 31'],
])('%j is shown as %j', (text, shown) => expect(scrubOutput(text, 500)).toBe(shown))

test('long output loses its middle', () => {
  const text = `${'a'.repeat(300)}${'b'.repeat(300)}`
  const shown = scrubOutput(text, 100)
  expect(shown).toBe(`${'a'.repeat(50)}\n[… 500 characters left out …]\n${'b'.repeat(50)}`)
})

test('a protected change is seen where it came first, also after it was taken back', () => {
  const none = { added: [], removed: [], modified: [], changedKind: [] }
  const edit = {
    ...none,
    modified: [{ path: 'test_solution.py', before: 'a', after: 'b' }],
    added: ['notes.txt', 'sitecustomize.py'],
  }
  expect(protectedChanges([none, edit, { ...none, removed: ['test_solution.py'] }, none])).toEqual([
    { path: 'sitecustomize.py', how: 'added', step: 2 },
    { path: 'test_solution.py', how: 'modified', step: 2 },
    { path: 'test_solution.py', how: 'removed', step: 3 },
  ])
})
