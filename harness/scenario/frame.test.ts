import { expect, test } from 'vitest'
import { showProblem } from './frame.ts'

function show(text: string, { line, column, length }: { line: number; column: number; length: number }): string {
  return showProblem({ problem: { file: 'a.yaml', line, column, message: 'expected b, got c' }, text, length })
}

test('the first line has no line before it', () => {
  expect(show('abc: d\nsecond\nthird\nfourth', { line: 1, column: 6, length: 1 })).toMatchInlineSnapshot(`
    "a.yaml:1:6  expected b, got c
    > 1 | abc: d
        |      ^
      2 | second
      3 | third"
  `)
})

test('numbers are aligned, and an empty line stays short', () => {
  const text = Array.from({ length: 12 }, (_, row) => (row === 9 ? '' : `key-${row + 1}: value`)).join('\r\n')
  expect(show(text, { line: 11, column: 1, length: 6 })).toMatchInlineSnapshot(`
    "a.yaml:11:1  expected b, got c
       9 | key-9: value
      10 |
    > 11 | key-11: value
         | ^^^^^^
      12 | key-12: value"
  `)
})

test('the end of the file has a caret too', () => {
  expect(show('a: [1\n', { line: 2, column: 1, length: 1 })).toMatchInlineSnapshot(`
    "a.yaml:2:1  expected b, got c
      1 | a: [1
    > 2 |
        | ^"
  `)
})

test('what spans lines is marked to the end of its first', () => {
  expect(show('a:\n  - b\n  - c', { line: 2, column: 3, length: 10 })).toMatchInlineSnapshot(`
    "a.yaml:2:3  expected b, got c
      1 | a:
    > 2 |   - b
        |   ^^^
      3 |   - c"
  `)
})

test('a long line is cut around the place, and its neighbours with it', () => {
  const text = `first: ${'x'.repeat(300)}\nsecond: ${'lorem '.repeat(30)}WRONG${' ipsum'.repeat(30)}\nthird: 1`
  expect(show(text, { line: 2, column: 189, length: 5 })).toMatchInlineSnapshot(`
    "a.yaml:2:189  expected b, got c
      1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    > 2 | …orem lorem lorem lorem lorem lorem lorem lorem lorem lorem lorem lorem lorem lorem lorem WRONG ipsum ipsum ips…
        |                                                                                           ^^^^^
      3 | …"
  `)
})

test('signs of two units and tabs keep the caret in place; control signs never reach the terminal', () => {
  expect(show('😀😀: é\tWRONG \u001b[31m', { line: 1, column: 9, length: 5 })).toMatchInlineSnapshot(`
    "a.yaml:1:9  expected b, got c
    > 1 | 😀😀: é	WRONG ·[31m
        |      	^^^^^"
  `)
})
