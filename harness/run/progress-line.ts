import { stripVTControlCharacters, styleText } from 'node:util'
import { remainingMs, type Tally } from './tally.ts'

export interface LineStyle {
  readonly nowMs: number
  /** Width of the name, padded or cut at its front (the end of a cell's name tells it from the next). */
  readonly nameWidth: number
  /** Most characters of the line. */
  readonly width: number
  /** Decides on colours together with NO_COLOR and FORCE_COLOR. */
  readonly stream: NodeJS.WritableStream
}

/** `name  12/40 done  1 failed  2 retried  ETA 1 min 20 s`, coloured, never wider than the terminal. */
export function styledLine(tally: Tally, { nowMs, nameWidth, width, stream }: LineStyle): string {
  const paint = (style: 'red' | 'yellow' | 'dim', text: string) => styleText(style, text, { stream })
  const parts = [
    fitted(tally.name, nameWidth),
    `${tally.done}/${tally.total} done`,
    tally.failed > 0 ? paint('red', `${tally.failed} failed`) : '',
    tally.retried > 0 ? paint('yellow', `${tally.retried} retried`) : '',
    tally.skipped > 0 ? `${tally.skipped} skipped` : '',
    paint('dim', etaText(tally, nowMs)),
  ]
  const line = parts.filter((part) => stripVTControlCharacters(part) !== '').join('  ')
  const plain = stripVTControlCharacters(line)
  return plain.length <= width ? line : plain.slice(0, width) // a line that wraps would break the redraw
}

/** `12/40 done, 1 failed, 2 retried, ETA 1 min 20 s`, for logs. */
export function plainLine(tally: Tally, nowMs: number): string {
  const { done, failed, retried, skipped, total } = tally
  const counts = [`${done}/${total} done`, `${failed} failed`, `${retried} retried`, `${skipped} skipped`]
  const shown = counts.filter((count, index) => index === 0 || !count.startsWith('0 '))
  return [...shown, etaText(tally, nowMs)].filter((part) => part !== '').join(', ')
}

function fitted(name: string, width: number): string {
  return name.length <= width ? name.padEnd(width) : `…${name.slice(name.length - width + 1)}`
}

function etaText(tally: Tally, nowMs: number): string {
  const leftMs = remainingMs(tally, nowMs)
  return leftMs === undefined || leftMs === 0 ? '' : `ETA ${durationText(leftMs)}`
}

function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}
