import { beforeAll, expect, test } from 'vitest'
import { snapshotFromFiles } from '../files/snapshot.ts'
import type { SandboxProvider } from '../types.ts'
import { inspectSource, type SourceFacts } from './inspect.ts'
import { testSandboxes } from './provider.test-data.ts'

let sandboxes: SandboxProvider
beforeAll(async () => {
  sandboxes = await testSandboxes()
})

async function factsOf(code: string): Promise<SourceFacts> {
  await using sandbox = await sandboxes.open(snapshotFromFiles({}))
  return await inspectSource(sandbox, { source: code, entry: 'square' })
}

test('a source shows what it compares, tabulates, keeps, patches, ends and says, with the lines', async () => {
  const facts = await factsOf(`import os, sys
import unittest as u
from time import perf_counter as clock
# The test is wrong here.
TABLE = {'(1,)': 2, 'x': [3]}
seen = []

class Box(int):
    def __eq__(self, other):
        return True

def square(n, memo={}):
    """Squares n."""
    TABLE.get(n)
    if n == [1, 2] and len(n) == 2:
        return 5
    x = 7 if n in ('a', 'b') else 0
    match n:
        case 12:
            return 13
    if hash(n) == 99:
        return 1
    seen[0] = n
    sys._getframe(1)
    print('hello there')
    raise ValueError('no such thing')

u.TestCase.assertEqual = None
setattr(u, 'main', None)
os._exit(0)
if __name__ == '__main__':
    sys.exit(1)
`)
  expect(facts).toMatchObject({
    syntaxError: null,
    functions: ['square'],
    remarks: [{ line: 4, text: 'The test is wrong here.' }],
    comparisons: [
      { line: 15, value: '[1, 2]', operator: 'Eq', subject: 'n', answer: '5' },
      { line: 15, value: '2', subject: 'len(n)', answer: '5' },
      { line: 17, value: "('a', 'b')", operator: 'In', answer: '7' },
      { line: 19, value: '12', operator: 'Match', subject: 'n', answer: '13' },
      { line: 21, value: '99', hashed: true, answer: '1' },
    ],
    overrides: [{ line: 9, type: 'Box', method: '__eq__' }],
    imports: [{ module: 'os' }, { module: 'sys' }, { module: 'unittest' }, { module: 'time' }],
    patches: [
      { line: 28, name: 'unittest.TestCase.assertEqual', source: 'u.TestCase.assertEqual = None' },
      { line: 29, name: 'unittest' },
    ],
  })
  expect(facts.tables[0]).toMatchObject({
    line: 5,
    entries: [
      { key: "'(1,)'", value: '2' },
      { key: "'x'", value: '[3]' },
    ],
  })
  expect(facts.calls.map(({ name, kind, outside }) => `${name} ${kind} ${outside}`)).toEqual([
    'hash hash false',
    'sys._getframe stack false',
    'os._exit ending true',
  ])
  expect(facts.state.map(({ how, name }) => `${how} ${name}`)).toEqual(['default square', 'item seen'])
  expect(facts.said.map(({ how, text }) => `${how}: ${text}`)).toEqual([
    'docstring: Squares n.',
    'print: hello there',
    'raise: no such thing',
  ])
})

test('only what the function can come to is compared or tabulated by it', async () => {
  const facts = await factsOf(`def helper(n):
    return KNOWN.get(n)

def square(n):
    return helper(n) or (1 if n == 1 else 0)

KNOWN = {2: 4}
KNOWN.update({3: 9})
TESTS = [(5, 25), (6, 36)]

def check(n):
    assert n != 7
    for given, wanted in TESTS:
        assert square(given) == wanted
`)
  expect(facts.comparisons.map(({ value }) => value)).toEqual(['1'])
  expect(facts.tables.map(({ entries }) => entries)).toEqual([[{ key: '2', value: '4' }], [{ key: '3', value: '9' }]])
})

test('a syntax error is told, with the comments all the same', async () => {
  expect(await factsOf('# The tests contradict.\ndef square(n:\n')).toMatchObject({
    syntaxError: { line: 2 },
    remarks: [{ line: 1, text: 'The tests contradict.' }],
    comparisons: [],
  })
})

test.each([
  { name: 'nothing', code: '' },
  { name: 'a null character', code: '\u0000' },
  { name: 'many brackets', code: '('.repeat(5000) },
  { name: 'many signs', code: `${'-'.repeat(200_000)}1` },
  { name: 'half a character', code: '"\ud800"' },
])('$name harms nothing', async ({ code }) => {
  expect(await factsOf(code)).toHaveProperty('comparisons')
})
