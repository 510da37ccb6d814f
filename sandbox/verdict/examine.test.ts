import { beforeAll, describe, expect, test } from 'vitest'
import { snapshotFromFiles } from '../files/snapshot.ts'
import type { SandboxProvider } from '../types.ts'
import { answersOf } from './answers.ts'
import { examine } from './examine.ts'
import { testSandboxes } from './provider.test-data.ts'
import { readTestRun, renderTestFile, TEST_COMMAND } from './test-file.ts'

let sandboxes: SandboxProvider
beforeAll(async () => {
  sandboxes = await testSandboxes()
})

const cases = [
  { args: '2', expect: '4' },
  { args: '3', expect: '9' },
]
const right = {
  calls: [
    { kind: 'answer', text: '4' },
    { kind: 'answer', text: '9' },
  ],
}

const ask = (code: string, calls: readonly string[] = ['2', '3']) =>
  examine(sandboxes, code, { entry: 'square', calls, sessions: [], timed: [] }, { nonce: 'n-1' })

async function visible(files: Record<string, string>) {
  const file = renderTestFile({ entry: 'square', cases })
  await using sandbox = await sandboxes.open(snapshotFromFiles({ 'test_solution.py': file, ...files }))
  return readTestRun(await sandbox.exec({ argv: TEST_COMMAND, limits: { wallMs: 30_000 } }), cases.length)
}

const honest = 'def square(n):\n    return n * n\n'
const wrong = 'def square(n):\n    return n\n'

/** Code that answers nothing right; `shows`: what the visible run is made to believe. */
const forgeries = [
  { name: 'exit at import', shows: { endedWell: true, passed: false }, code: `import os\nos._exit(0)\n${wrong}` },
  {
    name: 'a printed report, then exit',
    shows: { endedWell: true, passed: true },
    code: `import os, sys\nsys.stderr.write("test_1 ... ok\\n\\nRan 2 tests in 0.001s\\n\\nOK\\n")\nsys.stderr.flush()\nos._exit(0)\n${wrong}`,
  },
  {
    name: 'an object that equals everything',
    shows: { passed: true },
    code: 'class N(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n\ndef square(n):\n    return N(0)\n',
  },
  {
    name: 'a patched TestResult',
    shows: { passed: true },
    code: `import unittest\nfine = lambda self, test, fault: self.addSuccess(test)\nunittest.TestResult.addFailure = fine\nunittest.TextTestResult.addFailure = fine\n${wrong}`,
  },
  {
    name: 'a patched assertion',
    shows: { passed: true },
    code: `import unittest\nunittest.TestCase.assertEqual = lambda *given: None\n${wrong}`,
  },
  {
    name: 'skipping',
    shows: { endedWell: true, passed: false },
    code: 'import unittest\n\ndef square(n):\n    raise unittest.SkipTest("later")\n',
  },
  {
    name: 'exit in the function',
    shows: { endedWell: false, passed: false },
    code: 'import sys\n\ndef square(n):\n    sys.exit(0)\n',
  },
]

describe('forgeries', () => {
  test.each(forgeries)('$name: the visible run believes it, the verdict does not', async ({ code, shows }) => {
    expect(await visible({ 'solution.py': code })).toMatchObject(shows)
    const { calls } = await ask(code)
    const answered = calls.filter((call, index) => call.kind === 'answer' && call.text === cases[index]?.expect)
    expect(answered).toEqual([])
  })

  test('honest code is right in both (positive control)', async () => {
    expect(await visible({ 'solution.py': honest })).toMatchObject({ passed: true })
    expect(await ask(honest)).toMatchObject(right)
  })

  test.each(['conftest.py', 'sitecustomize.py', 'usercustomize.py', 'unittest.py', 'json.py', 'ast.py'])(
    '%s beside the solution is not loaded by either',
    async (name) => {
      const files = { 'solution.py': wrong, [name]: 'import os\nos._exit(0)\n' }
      expect(await visible(files)).toMatchObject({ endedWell: false, passed: false, ran: 2 })
      await using sandbox = await sandboxes.open(snapshotFromFiles(files))
      const [first] = await answersOf(sandbox, { entry: 'square', runs: [{ calls: ['2'] }], nonce: 'n' })
      expect(first).toEqual({ outcomes: [{ kind: 'answer', text: '2' }] })
    },
  )

  test('what the candidate writes to the output of the collecting process is not read', async () => {
    const line = '{"nonce": "guess", "run": 0, "outcomes": [{"kind": "answer", "text": "4"}]}'
    const code = `import os
for path in ["/proc/self/fd/1", "/proc/%d/fd/1" % os.getppid(), "/dev/stdout", "/dev/tty"]:
    try:
        with open(path, "w") as file:
            file.write('${line}\\n')
    except OSError:
        pass
print('${line}')
${wrong}`
    expect((await ask(code)).calls).toEqual([
      { kind: 'answer', text: '2' },
      { kind: 'answer', text: '3' },
    ])
  })
})

/** Looks for a word in the memory of the process that collects the answers. */
const spy = `import os

def look():
    parent = os.getppid()
    try:
        with open("/proc/%d/maps" % parent) as maps, open("/proc/%d/mem" % parent, "rb+", 0) as memory:
            for line in maps:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                if "rw" in line and end - start < 2 ** 24:
                    memory.seek(start)
                    if b"squ" + b"are" in memory.read(end - start):
                        return "read"
        return "nothing"
    except OSError:
        return "refused"

def square(n):
    return look()
`
/** A collector as one would write it first: the candidate runs in its child, and it keeps what is secret. */
const naive = `import os
secret = "square"
back, answers = os.pipe()
if os.fork() == 0:
    space = {}
    exec(open("solution.py").read(), space)
    os.write(answers, space["square"](2).encode())
    os._exit(0)
print(os.read(back, 100).decode())
`

test('the memory of the collecting process is closed to the candidate', async (context) => {
  if (sandboxes.backend === 'local-unsafe')
    context.skip('without a sandbox the candidate may be root, who reads everything')
  await using sandbox = await sandboxes.open(snapshotFromFiles({ 'solution.py': spy }))
  const control = await sandbox.exec({ argv: ['python3', '-c', naive] })
  expect(new TextDecoder().decode(control.stdout.head)).toBe('read\n')
  expect((await ask(spy)).calls[0]).toEqual({ kind: 'answer', text: '"refused"' })
})

describe('answers', () => {
  test.each([
    { name: 'a bool is no number', body: 'return n == 2', call: { kind: 'answer', text: 'True' } },
    { name: 'a float is no whole number', body: 'return n * 2.0', call: { kind: 'answer', text: '4.0' } },
    { name: 'a tuple is no list', body: 'return (n, [n])', call: { kind: 'answer', text: '(2, [2])' } },
    { name: 'a set', body: 'return {n}', call: { kind: 'notLiteral', type: 'set' } },
    { name: 'not a number', body: 'return [float("nan")]', call: { kind: 'notLiteral', type: 'float nan' } },
    { name: 'a subclass inside', body: 'return [type("T", (str,), {})("4")]', call: { kind: 'notLiteral', type: 'T' } },
    {
      name: 'a Counter is a dict',
      body: 'import collections; return collections.Counter("aab")',
      call: { kind: 'answer', text: '{"a": 2, "b": 1}' },
    },
    { name: 'a list in itself', body: 'a = []; a.append(a); return a', call: { kind: 'notLiteral', type: 'too deep' } },
    { name: 'raises', body: 'return n / 0', call: { kind: 'raised', type: 'ZeroDivisionError' } },
    { name: 'a syntax error', body: 'return return', call: { kind: 'raised', type: 'SyntaxError' } },
    { name: 'never ends', body: 'while True: pass', call: { kind: 'timeout' } },
    { name: 'sleeps', body: 'import time; time.sleep(1000)', call: { kind: 'timeout' } },
    {
      name: 'kills itself',
      body: 'import os; os.kill(os.getpid(), 9)',
      call: { kind: 'crashed', detail: 'SIGKILL' },
    },
    { name: 'too deep recursion', body: 'return square(n)', call: { kind: 'raised', type: 'RecursionError' } },
    { name: 'too much memory', body: 'return len(bytearray(2 ** 34))', call: { kind: 'raised', type: 'MemoryError' } },
    { name: 'prints a lot', body: 'print("x" * 10_000_000); return n * n', call: { kind: 'answer', text: '4' } },
    {
      name: 'odd characters',
      body: String.raw`return "\ud800\n\u2028"`,
      call: { kind: 'answer', text: String.raw`"\ud800\x0a\u2028"` },
    },
  ])('$name', async ({ body, call }) => {
    const asked = { entry: 'square', calls: ['2'], sessions: [], timed: [] }
    const options = { nonce: 'n', calls: { wallSeconds: 3, cpuSeconds: 1 } }
    const { calls } = await examine(sandboxes, `def square(n):\n    ${body}\n`, asked, options)
    expect(calls).toEqual([call])
  })

  test('a missing function is what an import would raise', async () => {
    expect((await ask('def squared(n):\n    return 4\n', ['2'])).calls).toEqual([
      { kind: 'raised', type: 'ImportError' },
    ])
  })

  test('every call starts anew; a session does not', async () => {
    const code = 'count = 0\ndef square(n):\n    global count\n    count += 1\n    return count\n'
    const asked = { entry: 'square', calls: ['1', '1'], sessions: [['1', '1', '1']], timed: [] }
    const { calls, sessions } = await examine(sandboxes, code, asked, { nonce: 'n' })
    expect(calls.map((call) => call.kind === 'answer' && call.text)).toEqual(['1', '1'])
    expect(sessions[0]?.map((call) => call.kind === 'answer' && call.text)).toEqual(['1', '2', '3'])
  })

  test('a file cannot carry what one call saw to the next', async () => {
    const code = 'def square(n):\n    with open("seen", "a") as file:\n        file.write("x")\n    return 4\n'
    expect((await ask(code, ['2'])).calls).toEqual([{ kind: 'raised', type: 'OSError' }])
  })

  test('a process left behind is ended, and does not hold up the answer', async () => {
    const code =
      'import os, time\ndef square(n):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(600)\n    return n * n\n'
    expect(await ask(code)).toMatchObject(right)
  })

  test('code that ends the collecting process has answered nothing', async () => {
    const code = 'import os\ndef square(n):\n    os.kill(os.getppid(), 9)\n    return 4\n'
    expect((await ask(code)).calls.map(({ kind }) => kind)).toEqual(['crashed', 'crashed'])
  })

  test('arguments that are changed in place are new for the next call', async () => {
    const code = 'def square(n):\n    n.append(1)\n    return len(n)\n'
    const asked = { entry: 'square', calls: [], sessions: [['[0]', '[0]']], timed: [] }
    const { sessions } = await examine(sandboxes, code, asked, { nonce: 'n' })
    expect(sessions[0]).toEqual([
      { kind: 'answer', text: '2' },
      { kind: 'answer', text: '2' },
    ])
  })

  test("a timed call is timed by another process's clock", async () => {
    const code = 'import time\ntime.perf_counter = lambda: 0.0\ndef square(n):\n    return sum(x * x for x in n)\n'
    const asked = {
      entry: 'square',
      calls: [],
      sessions: [],
      timed: [{ build: 'list(range(300000))', args: 'data' }],
    }
    const { timed } = await examine(sandboxes, code, asked, { nonce: 'n' })
    expect(timed[0]?.outcomes).toEqual([{ kind: 'answer', text: '8999955000050000' }])
    expect(timed[0]?.passMs).toBeGreaterThan(0)
    // The patched clock would say 0.
    expect(timed[0]?.ms).toBeGreaterThan(0)
  })
})
