/** Code in a reply, and where it stands there: [start, end) in UTF-16 units, without the fences. */
export interface CodeBlock {
  readonly code: string
  readonly start: number
  readonly end: number
  /** `reply`: there was no fence, and the whole reply is code. */
  readonly kind: 'fenced' | 'unclosed' | 'reply'
}

/**
 * The code a reply gives: the last fenced block by its place, whatever its fence says, and even if it is never closed; without any fence,
 * a reply that is code as a whole. (Taking the last block of one language first would run an older draft or a quoted line instead.)
 */
export function findCode(reply: string): CodeBlock | undefined {
  const fenced = fencedBlocks(reply).findLast(({ code }) => code.trim() !== '')
  if (fenced !== undefined) return fenced
  return hasFence(reply) || !isCode(reply) ? undefined : { code: reply, start: 0, end: reply.length, kind: 'reply' }
}

/** The text around the fenced blocks: what a reply says beside its code. */
export function textBesideCode(reply: string): string {
  const blocks = fencedBlocks(reply)
  if (blocks.length === 0) return findCode(reply) === undefined ? reply : ''
  const starts = [0, ...blocks.map(({ outerEnd }) => outerEnd)]
  const parts = starts.map((start, index) => reply.slice(start, blocks[index]?.outerStart ?? reply.length))
  return parts.join('\n').trim()
}

interface Block extends CodeBlock {
  /** With the fences. */
  readonly outerStart: number
  readonly outerEnd: number
}

/** Fences after CommonMark 0.31, 4.5, but indented as deep as it likes: models put blocks into lists. */
const opening = /^[ \t]*(?:[-*+] +|\d+[.)] +)?(`{3,}|~{3,})(?!.*`{3})[^\n]*$/
const hasFence = (reply: string): boolean => reply.split('\n').some((line) => opening.test(line))

function fencedBlocks(reply: string): Block[] {
  const blocks: Block[] = []
  let open: { readonly fence: string; readonly outerStart: number; readonly start: number } | undefined
  let offset = 0
  for (const line of reply.split('\n')) {
    const next = Math.min(reply.length, offset + line.length + 1)
    if (open === undefined) {
      const fence = opening.exec(line.replace(/\r$/, ''))?.[1]
      if (fence !== undefined) open = { fence, outerStart: offset, start: next }
    } else if (closes(line, open.fence)) {
      blocks.push({ ...within(reply, open.start, offset), kind: 'fenced', outerStart: open.outerStart, outerEnd: next })
      open = undefined
    }
    offset += line.length + 1
  }
  if (open !== undefined) {
    const { outerStart, start } = open
    blocks.push({ ...within(reply, start, reply.length), kind: 'unclosed', outerStart, outerEnd: reply.length })
  }
  return blocks
}

function closes(line: string, fence: string): boolean {
  const trimmed = line.trim()
  return trimmed.length >= fence.length && trimmed.replaceAll(fence[0] ?? '', '') === ''
}

const within = (reply: string, start: number, end: number) => ({ code: reply.slice(start, end), start, end })

const statement =
  /^(?:(?:async )?def |class |import |from \S+ import |@\w|#|return\b|if\b|elif\b|else:|for |while |try:|except\b|finally:|with |raise\b|pass\b|assert |print\(|[A-Za-z_][\w.[\]'", ]* ?(?:=|[-+*/|&]=) ?\S|[)\]}]|'''|""")/

/** Begins like a module, defines a function, and every line at the margin could be a statement. */
function isCode(reply: string): boolean {
  const lines = reply.split('\n').filter((line) => line.trim() !== '')
  if (!/^(?:(?:async )?def |class |import |from \S+ import |@\w|#)/.test(lines[0] ?? '')) return false
  return (
    lines.some((line) => /^(?:async )?def \w+\(/.test(line)) &&
    lines.every((line) => /^[ \t]/.test(line) || statement.test(line))
  )
}
