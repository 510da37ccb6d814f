import type { Paint, Tone } from './paint.ts'
import { displayWidth, pad, printable, shorten } from '../width.ts'

export interface Column {
  readonly head: string
  readonly align: 'left' | 'right'
  readonly headTone?: Tone
  /** Never shortened while any other column can be. */
  readonly fixed?: boolean
}

export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

interface TableOptions {
  readonly columns: readonly Column[]
  /** Cells in the order of the columns; missing ones are empty. */
  readonly rows: readonly (readonly Cell[])[]
  readonly indent: number
  readonly width: number
  readonly paint: Paint
}

const GAPS = { wide: 3, narrow: 2 } as const
const SHORTEST_NAME = 8

/** Aligned lines, the heads first. Columns that do not fit are shortened with `…`, names before numbers. */
export function renderTable({ columns, rows, indent, width, paint }: TableOptions): readonly string[] {
  const heads = columns.map(({ head, headTone }): Cell => ({ text: head, tone: headTone ?? 'faint' }))
  const lines = [heads, ...rows].map((cells) => cells.map((cell) => ({ ...cell, text: printable(cell.text) })))
  const natural = naturalWidths(columns, lines)
  const gap = total(natural, GAPS.wide) + indent <= width ? GAPS.wide : GAPS.narrow
  const widths = shrink({ columns, natural, gap, room: width - indent })
  return lines.map((cells) => ' '.repeat(indent) + joined({ cells, columns, widths, gap, paint }))
}

/** Whether the table needs no shortening at this width. */
export function tableFits({ columns, rows, indent, width }: Omit<TableOptions, 'paint'>): boolean {
  const lines = [columns.map(({ head }) => ({ text: head })), ...rows]
  return total(naturalWidths(columns, lines), GAPS.narrow) + indent <= width
}

function naturalWidths(columns: readonly Column[], lines: readonly (readonly Cell[])[]): readonly number[] {
  return columns.map((_, index) => Math.max(...lines.map((cells) => displayWidth(cells[index]?.text ?? ''))))
}

function total(widths: readonly number[], gap: number): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1)
}

function shrink(table: {
  readonly columns: readonly Column[]
  readonly natural: readonly number[]
  readonly gap: number
  readonly room: number
}): readonly number[] {
  const widths = [...table.natural]
  while (total(widths, table.gap) > table.room) {
    const index = widestOf(table.columns, widths)
    const width = widths[index]
    if (width === undefined || width <= 1) break
    widths[index] = width - 1
  }
  return widths
}

function widestOf(columns: readonly Column[], widths: readonly number[]): number {
  const shown = columns.map((column, index) => ({ column, index, width: widths[index] ?? 0 }))
  const names = shown.filter(({ column, width }) => isName(column) && width > SHORTEST_NAME)
  const loose = shown.filter(({ column, width }) => column.fixed !== true && width > 1)
  const candidates = [names, loose, shown].find((columns) => columns.length > 0) ?? shown
  return candidates.reduce((widest, next) => (next.width > widest.width ? next : widest)).index
}

function isName({ align, fixed }: Column): boolean {
  return align === 'left' && fixed !== true
}

function joined(line: {
  readonly cells: readonly Cell[]
  readonly columns: readonly Column[]
  readonly widths: readonly number[]
  readonly gap: number
  readonly paint: Paint
}): string {
  const last = line.cells.findLastIndex(({ text }) => text.trim() !== '')
  return line.cells
    .slice(0, last + 1)
    .map(({ text, tone }, index) => {
      const width = line.widths[index] ?? 0
      const filled = pad(shorten(text, width), width, line.columns[index]?.align ?? 'left')
      return line.paint(tone ?? 'plain', index === last ? filled.trimEnd() : filled)
    })
    .join(' '.repeat(line.gap))
}
