import { plainLine, styledLine } from './progress-line.ts'
import { isOver, type Tallies } from './tally.ts'

/** A place where tallies are shown. */
export interface Screen {
  show(): void
  note(line: string): void
  done(): void
}

export interface BlockOptions {
  readonly write: (text: string) => void
  readonly now: () => number
  readonly columns: () => number
  readonly maxGroups: number
  readonly stream: NodeJS.WritableStream
}

const plainEveryMs = 30_000
const countsWidth = 50 // the longest usual tail of a line: counts and ETA
const up = (lines: number) => (lines === 0 ? '' : `\u001B[${lines}A`)
const clearBelow = '\u001B[J'

/** A block at the foot of a terminal, redrawn in place. Lines of finished groups leave it; the last line is for all. */
export function createBlock(tallies: Tallies, options: BlockOptions): Screen {
  let drawn: readonly string[] = []
  const draw = (lines: readonly string[], above = '') => {
    const isSame = above === '' && lines.join('\n') === drawn.join('\n')
    if (isSame) return
    options.write(`${up(drawn.length)}\r${clearBelow}${above}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines
  }
  return {
    show: () => draw(blockLines(tallies, options)),
    note: (line) => draw(drawn, `${line}\n`),
    done: () => draw(blockLines(tallies, options)),
  }
}

function blockLines(tallies: Tallies, { now, columns, maxGroups, stream }: BlockOptions): string[] {
  const underWay = tallies.groups.filter((group) => group.startedMs !== undefined && !isOver(group))
  const shown = [...underWay.slice(0, maxGroups), tallies.all]
  const width = Math.max(20, columns() - 1)
  const longestName = Math.max(...shown.map(({ name }) => name.length))
  const nameWidth = Math.min(longestName, Math.max(8, width - countsWidth))
  return shown.map((tally) => styledLine(tally, { nowMs: now(), nameWidth, width, stream }))
}

/** Plain lines for logs: at most one every 30 s, and one at the end. */
export function createLog(tallies: Tallies, { write, now }: Pick<BlockOptions, 'write' | 'now'>): Screen {
  let lastMs: number | undefined
  let lastLine = ''
  const show = () => {
    const line = `${plainLine(tallies.all, now())}\n`
    if (line !== lastLine) write(line)
    lastLine = line
  }
  return {
    show() {
      lastMs ??= now()
      if (now() - lastMs < plainEveryMs) return
      lastMs = now()
      show()
    },
    note: (text) => write(`${text}\n`),
    done: show,
  }
}
