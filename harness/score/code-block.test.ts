import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findCode, textBesideCode } from './code-block.ts'

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
  { name: 'inside a list', reply: `1. Do it:\n   ${F}python\n   x = 1\n   ${F}`, code: '   x = 1\n' },
  { name: 'windows line ends', reply: `${F}python\r\nx = 1\r\n${F}\r\n`, code: 'x = 1\r\n' },
  { name: 'an empty last block', reply: `${F}python\nx = 1\n${F}\n${F}\n\n${F}`, code: 'x = 1\n' },
  {
    name: 'code alone',
    reply: 'import re\n\ndef f(x):\n    return x\n\nVALUE = 3\n',
    code: 'import re\n\ndef f(x):\n    return x\n\nVALUE = 3\n',
  },
])('$name', ({ reply, code }) => {
  const found = findCode(reply)
  expect(found?.code).toBe(code)
  expect(reply.slice(found?.start, found?.end)).toBe(code)
})

test.each([
  { name: 'words', reply: 'The tests contradict the statement, so I stop here.' },
  { name: 'words about def', reply: 'def is a keyword of Python.' },
  { name: 'code and words without a fence', reply: 'def f():\n    return 1\n\nThis function returns 1.' },
  { name: 'words, then code without a fence', reply: 'Here it is:\ndef f():\n    return 1\n' },
  { name: 'code in the line', reply: 'Use `f(1)` or ```f(2)``` here.' },
  { name: 'an empty block', reply: `${F}python\n${F}` },
  { name: 'nothing', reply: '' },
])('no code: $name', ({ reply }) => expect(findCode(reply)).toBeUndefined())

test('what stands beside the code', () => {
  expect(textBesideCode(`First.\n${F}py\na = 1\n${F}\nThen.\n${F}\nb = 2\n${F}\nLast.`)).toBe(
    'First.\n\nThen.\n\nLast.',
  )
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
    const found = findCode(reply)
    expect(found?.code).toBe(last && [...last[1].lines, ''].join('\n'))
    if (found) expect(reply.slice(found.start, found.end)).toBe(found.code)
  })
  fc.assert(law)
})
