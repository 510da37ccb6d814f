export const OPEN_TAG = '<tool_call>'
export const CLOSE_TAG = '</tool_call>'

/** A stretch of text that tries to be a call: [start, end) with tags or code fence, in UTF-16 code units, and what should be its JSON. */
export interface Attempt {
  readonly json: string
  readonly start: number
  readonly end: number
}

/** Finds what looks like calls: objects between tags, or in a text without tags bare or fenced objects with a call's keys. */
export function findAttempts(text: string): Attempt[] {
  return text.includes(OPEN_TAG) ? taggedAttempts(text) : bareAttempts(text)
}

/** End of the JSON object at a position, by its braces; undefined when there is none or it does not close. */
export function objectEnd(text: string, at: number): number | undefined {
  if (text[at] !== '{') return undefined
  let depth = 0
  let isInString = false
  for (let i = at; i < text.length; i++) {
    const character = text[i]
    if (isInString && character === '\\') i++
    else if (character === '"') isInString = !isInString
    else if (!isInString && character === '{') depth++
    else if (!isInString && character === '}') depth--
    if (depth === 0) return i + 1
  }
  return undefined
}

/** The JSON value of a text; undefined when it is none. The engine's own message is not used: it differs between Node versions, and models read ours. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

function taggedAttempts(text: string): Attempt[] {
  const attempts: Attempt[] = []
  let start = text.indexOf(OPEN_TAG)
  while (start >= 0) {
    attempts.push(...attemptsOfTag(text, start))
    start = text.indexOf(OPEN_TAG, attempts.at(-1)?.end)
  }
  return attempts
}

/** One attempt an object: some models write several after one tag. A missing end tag is forgiven. */
function attemptsOfTag(text: string, tagStart: number): Attempt[] {
  const attempts: Attempt[] = []
  let start = tagStart
  let at = tagStart + OPEN_TAG.length
  for (;;) {
    const end = readableObjectEnd(text, skipSpace(text, at))
    if (end === undefined) break
    const next = skipSpace(text, end)
    const isClosed = text.startsWith(CLOSE_TAG, next)
    const attempt = { json: text.slice(at, end), start, end: isClosed ? next + CLOSE_TAG.length : end }
    attempts.push(attempt)
    if (isClosed) return attempts
    start = at = attempt.end
  }
  const isBroken = attempts.length === 0 || text[skipSpace(text, at)] === '{'
  return isBroken ? [...attempts, brokenAttempt(text, { start, at })] : attempts
}

/** End of a readable object. The end tag counts only after it (it may hold the tag's text), and an unreadable one must not swallow the next call. */
function readableObjectEnd(text: string, at: number): number | undefined {
  const end = objectEnd(text, at)
  return end !== undefined && parseJson(text.slice(at, end)) !== undefined ? end : undefined
}

/** What cannot be read as an object reaches to the end tag, the next start tag or the end of the text. */
function brokenAttempt(text: string, { start, at }: { start: number; at: number }): Attempt {
  const close = text.indexOf(CLOSE_TAG, at)
  const open = text.indexOf(OPEN_TAG, at)
  if (close >= 0 && (open < 0 || close < open))
    return { json: text.slice(at, close), start, end: close + CLOSE_TAG.length }
  const end = open < 0 ? text.length : open
  return { json: text.slice(at, end), start, end }
}

/** A call without arguments, as small models write it; a longer name could be anybody's. */
const NAME_ONLY = /^\{\s*"name"\s*:\s*"[a-z]+(?:_[a-z]+)*"\s*\}$/

function bareAttempts(text: string): Attempt[] {
  const attempts: Attempt[] = []
  let reached = 0
  for (const { index } of text.matchAll(/\{\s*"(?:name|arguments|parameters)"\s*:/g)) {
    if (index < reached) continue
    const end = objectEnd(text, index) ?? endOfBlock(text, index)
    const json = text.slice(index, end)
    const looksLikeCall =
      (/"name"\s*:/.test(json) && /"(?:arguments|parameters)"\s*:/.test(json)) || NAME_ONLY.test(json)
    if (!looksLikeCall) continue
    attempts.push({ json, ...withFence(text, index, end) })
    reached = end
  }
  return attempts
}

/** Where an object that never closes is taken to end: at the next fence or empty line. */
function endOfBlock(text: string, at: number): number {
  const length = text.slice(at).search(/\n```|\n\s*\n/)
  return length < 0 ? text.length : at + length
}

function withFence(text: string, start: number, end: number): { start: number; end: number } {
  const before = /```\w*\s*$/.exec(text.slice(0, start))
  const after = /^\s*```/.exec(text.slice(end))
  return before !== null && after !== null ? { start: before.index, end: end + after[0].length } : { start, end }
}

function skipSpace(text: string, at: number): number {
  let i = at
  while (i < text.length && /\s/.test(text[i] ?? '')) i++
  return i
}
