import { InputError } from '../errors.ts'

/** One thing that is wrong in a file. Lines and columns count from 1, columns in UTF-16 units, as editors do. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint?: string
}

/** Everything that is wrong with a file; the message shows each problem with its place in the text. */
export class FileProblems extends InputError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], frames: readonly string[]) {
    super(frames.join('\n\n'))
    this.problems = problems
  }
}

interface Shown {
  readonly problem: Problem
  /** The whole file. */
  readonly text: string
  /** UTF-16 units to underline; never beyond the line. */
  readonly length: number
}

const contextLines = 2
const widest = 110

/** `file:line:column  message`, the line with two around it, carets under the offending token, and the hint. */
export function showProblem({ problem, text, length }: Shown): string {
  const { file, line, column, message, hint } = problem
  const lines = text.split('\n').map((row) => row.replace(/\r$/, ''))
  const first = Math.max(1, line - contextLines)
  const last = Math.min(lines.length, line + contextLines)
  const gutter = String(last).length
  const rows = [`${file}:${line}:${column}  ${message}`]
  // One window for all rows, so that the columns stay aligned where lines are long.
  const from = Math.max(0, column + 20 - widest)
  for (let number = first; number <= last; number++) {
    const row = crop(lines[number - 1] ?? '', from)
    rows.push(`${number === line ? '>' : ' '} ${String(number).padStart(gutter)} | ${row}`.trimEnd())
    if (number === line)
      rows.push(`  ${' '.repeat(gutter)} | ${carets(lines[number - 1] ?? '', { from, column, length })}`)
  }
  if (hint !== undefined) rows.push(`  ${hint.replaceAll('\n', '\n  ')}`)
  return rows.join('\n')
}

function crop(row: string, from: number): string {
  const cut = printable(row.slice(from, from + widest))
  return `${from > 0 ? '…' : ''}${cut}${row.length > from + widest ? '…' : ''}`
}

/** Pads by code points and keeps tabs, so that the carets stand under what they mean. */
function carets(row: string, { from, column, length }: { from: number; column: number; length: number }): string {
  const before = printable(row.slice(from, column - 1))
  const pad = Array.from(before, (sign) => (sign === '\t' ? '\t' : ' ')).join('')
  const end = Math.min(column - 1 + length, row.length, from + widest)
  const marked = Array.from(row.slice(column - 1, end)).length
  return `${from > 0 ? ' ' : ''}${pad}${'^'.repeat(Math.max(1, marked))}`
}

/** A terminal must not act on what stands in a file. */
function printable(row: string): string {
  // oxlint-disable-next-line no-control-regex
  return row.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '·')
}
