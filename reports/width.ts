const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** East Asian wide and full-width blocks, and whatever a terminal draws as an emoji. Source: Unicode UAX #11. */
const WIDE =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Regional_Indicator}|\u{fe0f}/u

/** Text that a terminal can only print: controls, escape codes, line breaks, lone surrogates and direction overrides become spaces. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu, ' ')
}

/** Printable text in one piece: runs of spaces become one, none at the ends. */
export function clean(text: string): string {
  return printable(text).replaceAll(/ +/g, ' ').trim()
}

/** Columns that a terminal needs for the text. */
export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The text if it fits, else its beginning and `…`. */
export function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 1
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment)
    if (used > width) break
    kept += segment
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`
}

/** Fills up with spaces to the width; longer text is returned as it is. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'left' ? text + gap : gap + text
}

/** Lines of at most `width` columns, broken at spaces; a longer word is cut. */
export function wrap(text: string, width: number): readonly string[] {
  return wrapParts(text.split(' '), ' ', width)
}

/** As `wrap`, with breaks only between parts; a separator at a break is dropped. */
export function wrapParts(parts: readonly string[], separator: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const part of parts.flatMap((part) => pieces(part, width))) {
    const longer = line === '' ? part : line + separator + part
    if (displayWidth(longer) <= width) {
      line = longer
    } else {
      if (line !== '') lines.push(line)
      line = part
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}

/** A part that fits stays whole; a longer one is wrapped at its spaces, and a long word cut. */
function pieces(part: string, width: number): readonly string[] {
  if (displayWidth(part) <= width) return [part]
  if (part.includes(' ')) return wrap(part, width)
  const cut: string[] = []
  let piece = ''
  for (const { segment } of graphemes.segment(part)) {
    if (displayWidth(piece + segment) > width) {
      cut.push(piece)
      piece = ''
    }
    piece += segment
  }
  return [...cut, piece]
}

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}
