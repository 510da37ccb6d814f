import { beforeAll, describe, expect, test } from 'vitest'
import { snapshotFromFiles } from '../files/snapshot.ts'
import type { SandboxProvider } from '../types.ts'
import { type InspectRequest, inspectSource, type SourceFacts } from './inspect.ts'
import { testSandboxes } from './provider.test-data.ts'

let sandboxes: SandboxProvider
beforeAll(async () => {
  sandboxes = await testSandboxes()
})

async function factsOf(code: string, large?: InspectRequest['large']): Promise<SourceFacts> {
  await using sandbox = await sandboxes.open(snapshotFromFiles({}))
  return await inspectSource(sandbox, { source: code, entry: 'square', ...(large && { large }) })
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
    readAs: 'file',
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

describe('what is no file is read all the same', () => {
  const compared = { value: '3', answer: '5' }
  test.each([
    {
      name: 'lines of a function',
      code: '    if n == 3:  # here\n        return 5\n',
      facts: { readAs: 'fragment', remarks: [{ line: 1, text: 'here' }], comparisons: [{ line: 1, ...compared }] },
    },
    {
      name: 'lines of which the first has lost its blanks',
      code: '\nif n == 3:\n        return 5\n    return n * n\n',
      facts: { readAs: 'fragment', comparisons: [{ line: 2, source: 'if n == 3:', ...compared }] },
    },
    {
      name: 'a branch that goes on from another',
      code: '    elif n == 3:\n        return 5\n    else:\n        return n * n\n',
      facts: { readAs: 'fragment', comparisons: [{ line: 1, ...compared }] },
    },
    {
      name: 'a diff',
      code: '--- a/solution.py\n+++ b/solution.py\n@@ -1,3 +1,3 @@ def square(n):\n def square(n):\n-    if n == 4: return 6  # before\n+    if n == 3: return 5  # after\n     return n * n\n',
      facts: {
        readAs: 'diff',
        functions: ['square'],
        remarks: [{ line: 6, text: 'after' }],
        comparisons: [{ line: 6, source: '+    if n == 3: return 5  # after', ...compared }],
      },
    },
    {
      name: 'a diff without signs before the lines that stay',
      code: 'def square(n):\n-    if n == 4: return 6\n+    if n == 3: return 5\n    return n * n\n',
      facts: { readAs: 'diff', comparisons: [{ line: 3, ...compared }] },
    },
    {
      name: 'a diff with signs in place of a blank',
      code: 'def square(n):\n+   if n == 3:\n+       return 5\n    return n * n\n',
      facts: { readAs: 'diff', comparisons: [{ line: 2, ...compared }] },
    },
    {
      name: 'added lines alone, and lines that fit nowhere',
      code: '+    if n == 3:\n+        return 5\n            and so on\n',
      facts: { readAs: 'diff', comparisons: [{ line: 1, ...compared }] },
    },
    {
      name: 'removed lines alone',
      code: '-    if n == 3:\n-        return 5\n',
      facts: { readAs: null, comparisons: [] },
    },
    {
      name: 'prose',
      code: '- The first test expects 5.\n- It contradicts the second one.\n',
      facts: { readAs: null, comparisons: [] },
    },
  ])('$name', async ({ code, facts }) => {
    const found = await factsOf(code)
    expect(found).toMatchObject(facts)
    expect(found.comparisons).toHaveLength(facts.comparisons.length)
    // It stays what Python makes of it.
    expect(found.syntaxError).not.toBeNull()
  })
})

describe('answers to a large input', () => {
  const large = { build: 'list(range(5000))', args: '7, data' }
  const code = `def square(n, xs):
    if len(xs) == 5000:
        total = xs[-1] * n
    elif xs[0] == 0:
        total = xs[-1] * n
    else:
        total = sum(xs)
    if n == 7 and len(xs) > 3:
        total = 2
    if xs != list(range(5000)):
        return total
    return 1
`

  test('have their condition, and whether it names the input', async () => {
    const { answers } = await factsOf(code, large)
    const literal = { computed: false, alone: false }
    expect(answers).toEqual([
      {
        line: 3,
        source: 'total = xs[-1] * n',
        value: '34993',
        computed: true,
        condition: 'len(xs) == 5000',
        namesInput: true,
        alone: false,
      },
      { line: 9, source: 'total = 2', value: '2', condition: 'n == 7 and len(xs) > 3', namesInput: false, ...literal },
      {
        line: 12,
        source: 'return 1',
        value: '1',
        condition: 'not xs != list(range(5000))',
        namesInput: true,
        ...literal,
      },
    ])
  })

  test('are read only where there is one that can be built', async () => {
    expect((await factsOf(code)).answers).toEqual([])
    expect((await factsOf(code, { build: 'no_such_name', args: 'data' })).answers).toEqual([])
  })
})

test('a source that would take for ever to work out still shows what it compares', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `    a${i} = [${`a${i + 1}, `.repeat(40)}]\n`).join('')
  const deep = '[0] * 10 ** 9'
  const code = `def square(xs):
${names}    a60 = [${deep}, [${deep}], [[${deep}] * 10 ** 9] * 10 ** 9]
    if a0 == a1 or [a60] * 10 ** 9 == [a60] * 10 ** 9:
        return [[[0] * 2000] * 2000] * 2000
    if xs == [10 // (4000 - i) for i in range(5000)]:
        return 1
    if xs == [sum(xs[:2000]) for i in range(10 ** 9)] or len(xs) == 3:
        return 5
`
  const facts = await factsOf(code, { build: 'list(range(5000))', args: 'data' })
  expect(facts).toMatchObject({ syntaxError: null, readAs: 'file' })
  expect(facts.comparisons.find(({ value }) => value === '3')).toMatchObject({ answer: '5' })
})

test('literals are listed once, docstrings left out', async () => {
  const { literals } = await factsOf('def square(n):\n    "Squares."\n    return n * 3 + 3 if n in [-1, 3] else "x"\n')
  expect(literals.map(({ value }) => value)).toEqual(['[-1, 3]', '-1', '1', '3', "'x'"])
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
  { name: 'a huge number', code: 'def square(n):\n    if n == 10 ** 10 ** 10:\n        return [0] * 10 ** 12\n' },
  { name: 'a name that is itself', code: 'def square(n):\n    a = b\n    b = a\n    if n == a:\n        return b\n' },
])('$name harms nothing', async ({ code }) => {
  expect(await factsOf(code)).toHaveProperty('comparisons')
  expect(await factsOf(code, { build: 'list(range(5000))', args: 'data' })).toHaveProperty('comparisons')
})
