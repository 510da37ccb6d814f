import type { Findings } from './findings.ts'
import { createPaint, type Screen } from './terminal/paint.ts'
import { facts } from './terminal/prose.ts'
import { checkLines } from './terminal/check.ts'
import { claimLines, warningLines } from './terminal/claims.ts'
import { headLines } from './terminal/head.ts'
import { movedLines } from './terminal/moved.ts'
import { verdictLines } from './terminal/verdict-lines.ts'

interface TerminalOptions {
  /** Columns of the terminal; fewer than 80 count as 80. */
  readonly width: number
  readonly colour: boolean
  /** The last line's parts: where the report and the database are, what to run next. */
  readonly footer: readonly string[]
}

/**
 * The last screen of a run: did the dose work, what moved, is it the emotion, what may be claimed.
 * No line is wider than `width`; the text ends in a newline.
 */
export function renderTerminal(findings: Findings, { width, colour, footer }: TerminalOptions): string {
  const screen: Screen = { width: Math.max(80, Math.floor(width)), paint: createPaint(colour) }
  const blocks = [
    headLines(findings.run, screen),
    checkLines(findings, screen),
    movedLines(findings, screen),
    verdictLines(findings, screen),
    claimLines(findings, screen),
    warningLines(findings.warnings, screen),
    facts(footer, { ...screen, indent: 0, tone: 'faint' }),
  ]
  const told = blocks.filter((lines) => lines.length > 0)
  return `${told.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
