import type { Paint, Tone } from './paint.ts'
import { clean, pad, shorten, wrap, wrapParts } from '../width.ts'

interface ProseOptions {
  readonly width: number
  readonly indent: number
  readonly paint: Paint
}

const LONGEST_LABEL = 22

/** `label   text`, the text wrapped under its own beginning. */
export function labelled(
  { label, labelTone, text, tone }: { label: string; labelTone: Tone; text: string; tone?: Tone },
  { width, indent, paint, column }: ProseOptions & { readonly column: number },
): readonly string[] {
  const room = Math.min(column, LONGEST_LABEL)
  const lines = wrap(clean(text), width - indent - room - 2)
  return lines.map((line, index) => {
    const head = index === 0 ? pad(shorten(clean(label), room), room, 'left') : ' '.repeat(room)
    return `${' '.repeat(indent)}${paint(labelTone, head)}  ${paint(tone ?? 'plain', line)}`.trimEnd()
  })
}

/** Facts joined by ` · `, broken only between facts where that is possible; following lines are indented by two more. */
export function facts(
  parts: readonly string[],
  { width, indent, paint, tone }: ProseOptions & { readonly tone: Tone },
) {
  const told = parts.map(clean).filter((part) => part !== '')
  return wrapParts(told, ' · ', width - indent - 2).map(
    (line, index) => ' '.repeat(index === 0 ? indent : indent + 2) + paint(tone, line),
  )
}
