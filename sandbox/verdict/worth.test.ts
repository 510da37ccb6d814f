import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pythonSource } from './python-source.ts'

/** Of each expression, with `xs` and `big` as inputs: its repr by our grammar and by Python; `unknown` and `error` where there is none. */
const driver = `
import json, sys
XS, BIG = [3, 0, -1, 7, 7, 2], list(range(0, 30000, 3))
def ours(text, names):
    try:
        value = Worth().value(ast.parse(text, mode="eval").body, Scope([], None, names))
        return "lazy %s %d" % (value.kind, value.size) if isinstance(value, Lazy) else repr(value)[:400]
    except Unknown:
        return "unknown"
def theirs(text, names):
    try:
        return repr(eval(text, dict(names)))[:400]
    except Exception:
        return "error"
job = json.load(sys.stdin)
names = {"xs": XS, "big": BIG}
print(json.dumps([{"ours": ours(text, names), "theirs": theirs(text, names) if job["run"] else ""} for text in job["texts"]]))
`

interface Worth {
  readonly ours: string
  readonly theirs: string
}

function worthOf(texts: readonly string[], { run }: { readonly run: boolean }): readonly Worth[] {
  const program = `${pythonSource('worth.py')}\n${driver}`
  const input = JSON.stringify({ texts, run })
  const options = { input, encoding: 'utf8', maxBuffer: 2 ** 24 } as const
  return JSON.parse(execFileSync('python3', ['-I', '-S', '-W', 'ignore', '-c', program], options)) as Worth[]
}

const small = fc.integer({ min: -4, max: 9 }).map(String)
const { whole, list, truth } = fc.letrec<{ whole: string; list: string; truth: string }>((tie) => ({
  whole: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    small,
    fc.constantFrom('len(xs)', 'xs[0]', 'xs[-1]', 'sum(big)', 'max(xs)', 'len(big)', 'big[9000]'),
    fc
      .tuple(tie('whole'), fc.constantFrom('+', '-', '*', '//', '%', '&'), tie('whole'))
      .map((all) => `(${all.join(' ')})`),
    // A small exponent: Python itself would work out any other.
    fc.tuple(tie('whole'), small).map(([base, exponent]) => `(${base} ** ${exponent})`),
    tie('whole').map((one) => `(-${one})`),
    tie('whole').map((one) => `(~${one})`),
    tie('list').map((one) => `len(${one})`),
    tie('list').map((one) => `sum(${one})`),
    fc.tuple(tie('list'), tie('whole')).map(([items, item]) => `${items}.count(${item})`),
    fc.tuple(tie('list'), tie('whole')).map(([items, index]) => `${items}[${index}]`),
    fc.tuple(tie('whole'), tie('truth'), tie('whole')).map(([yes, test, no]) => `(${yes} if ${test} else ${no})`),
  ),
  list: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('xs', 'xs[:3]', 'xs[::2]', 'xs[-2:]', 'big[:5]', 'list(range(6))', '[]'),
    fc.array(tie('whole'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    fc.tuple(tie('list'), tie('list')).map(([left, right]) => `(${left} + ${right})`),
    fc.tuple(tie('list'), small).map(([items, times]) => `(${items} * ${times})`),
    fc.tuple(tie('list'), small, small).map(([items, from, to]) => `${items}[${from}:${to}]`),
    fc.tuple(small, small, fc.constantFrom('1', '2', '-3')).map((ends) => `list(range(${ends.join(', ')}))`),
    fc.tuple(tie('list'), small).map(([items, factor]) => `[i * ${factor} for i in ${items}]`),
    tie('list').map((items) => `list(tuple(${items}))`),
  ),
  truth: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(tie('whole'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('whole'))
      .map((all) => `(${all.join(' ')})`),
    fc.tuple(tie('whole'), fc.constantFrom('in', 'not in'), tie('list')).map((all) => `(${all.join(' ')})`),
    fc.tuple(tie('list'), fc.constantFrom('==', '!='), tie('list')).map((all) => `(${all.join(' ')})`),
    fc.tuple(tie('truth'), fc.constantFrom('and', 'or'), tie('truth')).map((all) => `(${all.join(' ')})`),
    tie('truth').map((one) => `(not ${one})`),
  ),
}))

test('what an expression comes to is what Python makes of it where that raises nothing, or unknown', () => {
  const texts = fc.sample(fc.oneof(whole, list, truth), 1500)
  const both = worthOf(texts, { run: true }).map((worth, index) => ({ ...worth, text: texts[index] }))
  const valued = both.filter(({ theirs }) => theirs !== 'error')
  const known = valued.filter(({ ours }) => ours !== 'unknown')
  expect(known.filter(({ ours, theirs }) => ours !== theirs)).toEqual([])
  expect(known.length / valued.length).toBeGreaterThan(0.9)
})

describe('nothing large is built', () => {
  test.each([
    ['[0] * 10 ** 12', 'lazy list 1000000000000'],
    ['list(range(10 ** 15))', 'lazy list 1000000000000000'],
    ['[i * i for i in range(10 ** 9)][-1]', '999999998000000001'],
    ['([1, 2] * 10 ** 9)[10 ** 9 + 1]', '2'],
    ['"ab" * 10 ** 9 == "ab" * 10 ** 9', 'True'],
    ['big == [3 * i for i in range(10000)]', 'True'],
    ['big == [3 * i for i in range(10000)] + [1]', 'False'],
    ['tuple(big) == big', 'False'],
    ['big == range(0, 30000, 3)', 'False'],
    ['10 ** 10 ** 10', 'unknown'],
    ['2 ** 4000 * 2 ** 4000', 'unknown'],
    ['sum(range(10 ** 9))', 'unknown'],
    ['[[i for j in range(9)] for i in range(10 ** 9)] == [0] * 10 ** 9', 'False'],
    [`len(${'['.repeat(40)}${']'.repeat(40)})`, '1'],
    ['open("x")', 'unknown'],
    ['xs.append(1)', 'unknown'],
    ['__import__("os")', 'unknown'],
    ['(lambda: 1)()', 'unknown'],
    ['len(xs) == 6 or nobody_knows(xs)', 'True'],
    ['len(xs) == 5 and nobody_knows(xs)', 'False'],
    ['nobody_knows(xs) and len(xs) == 6', 'unknown'],
  ])('%s is %s', (text, wanted) => expect(worthOf([text], { run: false })).toEqual([{ ours: wanted, theirs: '' }]))
})
