/** A sentence as it was written and as the rules read it. */
export interface Sentence {
  readonly raw: string
  /** Lower case, plain quotes, single spaces. */
  readonly text: string
}

/** The sentences the writer says in their own name: quoted lines, quoted spans and the tail of an answered mail are left out. */
export function ownSentences(body: string): Sentence[] {
  return sentencesOf(withoutQuotedSpans(withoutQuotedLines(plainMarks(body))))
}

/** All sentences, quoted ones included: what a reader of the mail gets to know. */
export function allSentences(body: string): Sentence[] {
  return sentencesOf(plainMarks(body).replaceAll(/^[ \t]*[>|]+[ \t]?/gm, ''))
}

function plainMarks(text: string): string {
  return text
    .replaceAll(/[\u2018\u2019\u02BC]/g, "'")
    .replaceAll(/[\u201C\u201D\u00AB\u00BB]/g, '"')
    .replaceAll(/[\u2013\u2014]/g, ' - ')
    .replaceAll('\r\n', '\n')
}

const answeredMail = /^[ \t]*(?:-{2,} ?(?:original|forwarded) message.*|begin forwarded message:?)$/im
const attribution = /^[ \t]*(?:on .{3,80}|.{3,40}) wrote:[ \t]*$/i
const quotedLine = /^[ \t]*[>|]/

function withoutQuotedLines(body: string): string {
  const [own = ''] = body.split(answeredMail)
  const lines = own.split('\n')
  // A blank line stands in, so that the text around a quote does not grow together.
  return lines.map((line) => (quotedLine.test(line) || attribution.test(line) ? '' : line)).join('\n')
}

function withoutQuotedSpans(body: string): string {
  const trimmed = body.trim()
  // A mail that is one quotation is the model putting its own words in quotes.
  if (/^"[^"]*"$/.test(trimmed)) return trimmed.slice(1, -1)
  return body.replaceAll(/"[^"\n]*(?:\s+[^"\n]+){3,}"/g, '…')
}

const paragraphBreak = /\n\s*\n|\n(?=[ \t]*(?:[-*•]|\d+[.)])[ \t])/
// A full stop after a title, a number sign or between digits ends nothing.
const sentenceEnd = /(?<!^\d+[.)])(?<!\b(?:mr|mrs|ms|dr|st|no|vs|approx|a\.m|p\.m|e\.g|i\.e))(?<=[.!?…]["')]*)\s+/i

function sentencesOf(body: string): Sentence[] {
  return body
    .split(paragraphBreak)
    .flatMap((paragraph) => paragraph.replaceAll(/\s+/g, ' ').trim().split(sentenceEnd))
    .filter((raw) => /\p{L}|\d/u.test(raw))
    .map((raw) => ({ raw, text: raw.toLowerCase() }))
}
