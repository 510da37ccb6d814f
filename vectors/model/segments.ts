/** A message as far as segments need it. */
export interface Spoken<Role extends string> {
  readonly role: Role
  readonly content: string
}

/** A stretch of the rendered text, [start, end) in UTF-16 code units. */
export interface Segment<Role extends string = string> {
  readonly role: Role
  readonly start: number
  readonly end: number
}

/**
 * Says which stretch of a rendered conversation belongs to which message: one segment a message, in order and without gaps, and a last one
 * with role `assistant-start` for the generation prompt if there is one. `renderPrefix(n)` renders the first n messages without a
 * generation prompt, or gives undefined where the template refuses that.
 * Most templates write messages one after the other, and then the boundaries are exact. Where a template looks ahead (drops thoughts of
 * earlier turns, joins neighbouring tool results) the boundary is the end of what the two renderings share, or the place that looks most
 * like the end of the message.
 */
export function segmentsOf<Role extends string>(
  text: string,
  messages: readonly Spoken<Role>[],
  renderPrefix: (count: number) => string | undefined,
): Segment<Role | 'assistant-start'>[] {
  const prefixes = messages.map((_, i) => renderPrefix(i + 1))
  const ends = boundaries(text, messages, prefixes)
  const segments: Segment<Role | 'assistant-start'>[] = messages.map(({ role }, i) => ({
    role,
    start: ends[i - 1] ?? 0,
    end: ends[i] ?? 0,
  }))
  const last = ends.at(-1) ?? 0
  return last < text.length ? [...segments, { role: 'assistant-start', start: last, end: text.length }] : segments
}

/** End of each message in the text, found from the last to the first so that each search knows where it must stop. */
function boundaries(
  text: string,
  messages: readonly Spoken<string>[],
  prefixes: readonly (string | undefined)[],
): number[] {
  const ends: number[] = []
  let limit = text.length
  for (let i = messages.length - 1; i >= 0; i--) {
    const prefix = prefixes[i]
    const content = messages[i]?.content.trim() ?? ''
    limit = prefix === undefined ? endOfContent(text, content, limit) : endOfMessage(text, { prefix, content, limit })
    ends.unshift(limit)
  }
  return ends
}

function endOfMessage(
  text: string,
  { prefix, content, limit }: { prefix: string; content: string; limit: number },
): number {
  const shared = Math.min(sharedPrefix(text, prefix), limit)
  const contentAt = prefix.lastIndexOf(content)
  const hasContent = content === '' || (contentAt >= 0 && contentAt + content.length <= shared)
  return hasContent ? shared : mostAlikeEnd(text, { prefix, from: shared, to: limit })
}

/** The template refuses to end here: the message ends with its content. */
function endOfContent(text: string, content: string, limit: number): number {
  const at = content === '' ? -1 : text.slice(0, limit).lastIndexOf(content)
  return at < 0 ? limit : at + content.length
}

/** The place between `from` and `to` before which the text ends most like the rendering that ended with this message. */
function mostAlikeEnd(text: string, { prefix, from, to }: { prefix: string; from: number; to: number }): number {
  let best = { end: from, shared: 0 }
  for (let end = from; end <= to; end++) {
    const shared = sharedSuffix(text, end, prefix)
    if (shared > best.shared) best = { end, shared }
  }
  return best.end
}

function sharedPrefix(a: string, b: string): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

function sharedSuffix(text: string, end: number, prefix: string): number {
  let length = 0
  while (length < end && length < prefix.length && text[end - 1 - length] === prefix[prefix.length - 1 - length])
    length++
  return length
}
