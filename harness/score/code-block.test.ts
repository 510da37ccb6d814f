import fc from 'fast-check'
import { expect, test } from 'vitest'
import { definesEntry, findCode, textBesideCode } from './code-block.ts'

const F = '```'

test.each([
  {
    name: 'one block',
    reply: `Here:\n${F}python\ndef f():\n    return 1\n${F}\nDone.`,
    code: 'def f():\n    return 1\n',
  },
  { name: 'no language', reply: `${F}\nx = 1\n${F}`, code: 'x = 1\n' },
  {
    name: 'a plain block after a python block',
    reply: `${F}python\nold = 1\n${F}\nBetter:\n${F}\nnew = 2\n${F}`,
    code: 'new = 2\n',
  },
  {
    name: 'a python block after a plain block',
    reply: `${F}\nassert f() == 2\n${F}\n${F}python\nnew = 2\n${F}`,
    code: 'new = 2\n',
  },
  { name: 'a py3 info string', reply: `${F}py3 title="solution.py"\nx = 1\n${F}`, code: 'x = 1\n' },
  { name: 'tildes', reply: '~~~python\nx = 1\n~~~', code: 'x = 1\n' },
  { name: 'tildes around backticks', reply: `~~~\n${F}\nx = 1\n${F}\n~~~`, code: `${F}\nx = 1\n${F}\n` },
  { name: 'a longer fence', reply: `${F}\`python\ns = """\n${F}\n"""\n${F}\`\n`, code: `s = """\n${F}\n"""\n` },
  { name: 'never closed', reply: `Sure.\n${F}python\ndef f():\n    return`, code: 'def f():\n    return' },
  { name: 'a stray fence at the end', reply: `${F}python\nx = 1\n${F}\n${F}`, code: 'x = 1\n' },
  { name: 'windows line ends', reply: `${F}python\r\nx = 1\r\n${F}\r\n`, code: 'x = 1\r\n' },
  { name: 'an empty last block', reply: `${F}python\nx = 1\n${F}\n${F}\n\n${F}`, code: 'x = 1\n' },
  {
    name: 'code alone',
    reply: 'import re\n\ndef f(x):\n    return x\n\nVALUE = 3\n',
    code: 'import re\n\ndef f(x):\n    return x\n\nVALUE = 3\n',
  },
])('$name', ({ reply, code }) => {
  const found = findCode(reply, 'f')
  expect(found?.code).toBe(code)
  expect(reply.slice(found?.start, found?.end)).toBe(code)
})

test.each([
  {
    name: 'a usage example below it',
    reply: `${F}python\ndef f(x):\n    return x\n${F}\nUse it like this:\n${F}python\nprint(f(3))\n${F}`,
    code: 'def f(x):\n    return x\n',
  },
  {
    name: 'what it prints, without a language',
    reply: `${F}\ndef f(x):\n    return x\n${F}\nOutput:\n${F}\n3\n${F}`,
    code: 'def f(x):\n    return x\n',
  },
  {
    name: 'an older draft above it',
    reply: `${F}python\ndef f(x):\n    return 0\n${F}\n${F}python\ndef f(x):\n    return x\n${F}\n${F}\n3\n${F}`,
    code: 'def f(x):\n    return x\n',
  },
  {
    name: 'a function of another name and one that is deeper do not count',
    reply: `${F}\ndef ff(x):\n    return x\n${F}\n${F}\nclass C:\n    def f(x):\n        return x\n${F}\n${F}\nx = 1\n${F}`,
    code: 'x = 1\n',
  },
  {
    name: 'behind prose',
    reply: `Sure: ${F}python\ndef f(x):\n    return x\n${F}\nDone.`,
    code: 'def f(x):\n    return x\n',
  },
  { name: 'behind prose with code in the line', reply: `Here is \`f\`: ${F}\nx = 1\n${F}`, code: 'x = 1\n' },
  { name: 'before prose', reply: `${F}python\nx = 1\n${F} This works.\nBye.`, code: 'x = 1\n' },
  {
    name: 'before prose and another one',
    reply: `${F}python\nx = 1\n${F} And then: ${F}python\ny = 2\n${F}`,
    code: 'y = 2\n',
  },
  {
    name: 'a language does not close',
    reply: `${F}python\ns = """\n${F} python\n"""\n${F}`,
    code: `s = """\n${F} python\n"""\n`,
  },
])('$name', ({ reply, code }) => {
  const found = findCode(reply, 'f')
  expect(found?.code).toBe(code)
  expect(reply.slice(found?.start, found?.end)).toBe(code)
})

test.each([
  { name: 'in a list', fence: `1. Do it:\n   ${F}python\n`, code: '   def f(x):\n       return x\n\n   y = 2\n' },
  {
    name: 'deeper than its fence',
    fence: `- Do it:\n  ${F}\n`,
    code: '    def f(x):\n        return x\n\n    y = 2\n',
  },
  { name: 'behind a dash', fence: `- ${F}python\n`, code: '  def f(x):\n      return x\n\n  y = 2\n' },
])('a block is moved to the margin, and its place stays: $name', ({ fence, code }) => {
  const reply = `${fence}${code}   ${F}\nDone.`
  const found = findCode(reply, 'f')
  expect(found?.code).toBe('def f(x):\n    return x\n\ny = 2\n')
  expect(reply.slice(found?.start, found?.end)).toBe(code)
})

test('code that is deep by itself stays as it is', () => {
  expect(findCode(`${F}\n    return 1\n${F}`, 'f')?.code).toBe('    return 1\n')
  expect(findCode(`  ${F}\n  s = """\nx"""\n  ${F}`, 'f')?.code).toBe('  s = """\nx"""\n')
})

test.each([
  ['def f(x):', true],
  ['x = 1\nasync def f (x):', true],
  ['def ff(x):', false],
  ['    def f(x):', false],
  ['# def f(x):', false],
  ['f(1)', false],
])('%j defines f: %j', (code, is) => expect(definesEntry(code, 'f')).toBe(is))

test.each([
  { name: 'words', reply: 'The tests contradict the statement, so I stop here.' },
  { name: 'words about def', reply: 'def is a keyword of Python.' },
  { name: 'code and words without a fence', reply: 'def f():\n    return 1\n\nThis function returns 1.' },
  { name: 'words, then code without a fence', reply: 'Here it is:\ndef f():\n    return 1\n' },
  { name: 'code in the line', reply: 'Use `f(1)` or ```f(2)``` here.' },
  { name: 'code at the end of the line', reply: 'Use ```f(2)```' },
  { name: 'an empty block', reply: `${F}python\n${F}` },
  { name: 'nothing', reply: '' },
])('no code: $name', ({ reply }) => expect(findCode(reply, 'f')).toBeUndefined())

test('what stands beside the code', () => {
  expect(textBesideCode(`First.\n${F}py\na = 1\n${F}\nThen.\n${F}\nb = 2\n${F}\nLast.`)).toBe(
    'First.\n\nThen.\n\nLast.',
  )
  expect(textBesideCode(`Sure: ${F}python\na = 1\n${F} This works.\nBye.`)).toBe('Sure: \n This works.\nBye.')
  expect(textBesideCode('def f():\n    return 1\n')).toBe('')
  expect(textBesideCode('I stop.')).toBe('I stop.')
})

test('law: of any blocks the last that is not empty is found, with its place', () => {
  const line = fc.stringMatching(/^[a-z =()]{0,12}$/)
  const block = fc.record({
    info: fc.constantFrom('', 'python', 'py', 'text'),
    lines: fc.array(line, { maxLength: 4 }),
  })
  const law = fc.property(fc.array(fc.tuple(line, block), { minLength: 1, maxLength: 4 }), (parts) => {
    const reply = parts.map(([words, { info, lines }]) => [words, F + info, ...lines, F].join('\n')).join('\n')
    const last = parts.findLast(([, { lines }]) => lines.join('').trim() !== '')
    const found = findCode(reply, 'f')
    expect(found?.code).toBe(last && [...last[1].lines, ''].join('\n'))
    if (found) expect(reply.slice(found.start, found.end)).toBe(found.code)
  })
  fc.assert(law)
})
