/** Code in a reply, and where it stands there: [start, end) in UTF-16 units, without the fences. */
export interface CodeBlock {
  /** As it is run: a block that stands deeper, such as in a list, is moved to the margin. */
  readonly code: string
  readonly start: number
  readonly end: number
  /** `reply`: there was no fence, and the whole reply is code. */
  readonly kind: 'fenced' | 'unclosed' | 'reply'
}

/**
 * The code a reply gives: the last fenced block that defines `entry`, else the last one by its place, whatever its fence says, and even if it is
 * never closed; without any fence, a reply that is code as a whole. (A call of the function, its tests or what it prints may stand below it.)
 */
export function findCode(reply: string, entry: string): CodeBlock | undefined {
  const all = fencedBlocks(reply)
  const written = all.filter(({ code }) => code.trim() !== '')
  const fenced = written.findLast(({ code }) => definesEntry(code, entry)) ?? written.at(-1)
  if (fenced !== undefined) return fenced
  return all.length > 0 || !isCode(reply) ? undefined : { code: reply, start: 0, end: reply.length, kind: 'reply' }
}

/** Whether the function stands in the code at the margin. */
export function definesEntry(code: string, entry: string): boolean {
  return code.split('\n').some((line) => /^(?:async )?def (\w+)\s*\(/.exec(line)?.[1] === entry)
}

/** The text around the fenced blocks: what a reply says beside its code. */
export function textBesideCode(reply: string): string {
  const blocks = fencedBlocks(reply)
  if (blocks.length === 0) return isCode(reply) ? '' : reply
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
const opening = /^(?<before>[ \t]*(?:[-*+] +|\d+[.)] +)?)(?<fence>`{3,}|~{3,})(?!.*`{3})/
/** At the end of a line of prose: with a language, or after a colon. "Sure: ```python" */
const openingBehind = /^(?<before>[^`]*?(?:`{1,2}[^`]+`{1,2}[^`]*?)*?)(?<fence>`{3,})(?<info>[ \t]?[A-Za-z]\w*)?[ \t]*$/

interface Opened {
  readonly fence: string
  readonly isIndented: boolean
  readonly outerStart: number
  readonly start: number
}

function fencedBlocks(reply: string): Block[] {
  const blocks: Block[] = []
  let open: Opened | undefined
  let offset = 0
  for (const raw of reply.split('\n')) {
    const next = Math.min(reply.length, offset + raw.length + 1)
    const line = raw.replace(/\r$/, '')
    const closed: number | undefined = open && closingIn(line, open.fence)
    if (open !== undefined && closed !== undefined) {
      const outerEnd = closed < line.length ? offset + closed : next
      blocks.push({ ...within(reply, open, offset), kind: 'fenced', outerStart: open.outerStart, outerEnd })
    }
    if (open === undefined || closed !== undefined) {
      const from: number = closed ?? 0
      const found = openingIn(line.slice(from), from > 0)
      open = found && { ...found, outerStart: offset + from + found.at, start: next }
    }
    offset += raw.length + 1
  }
  if (open !== undefined) {
    const { outerStart } = open
    blocks.push({ ...within(reply, open, reply.length), kind: 'unclosed', outerStart, outerEnd: reply.length })
  }
  return blocks
}

function openingIn(line: string, isBehind: boolean) {
  const { before = '', fence } = (isBehind ? undefined : opening.exec(line)?.groups) ?? {}
  if (fence !== undefined) return { fence, isIndented: before !== '', at: 0 }
  const behind = openingBehind.exec(line)?.groups
  const said = behind?.['before'] ?? ''
  if (behind?.['fence'] === undefined || !/\p{L}/u.test(said)) return undefined
  if (behind['info'] === undefined && !/:[ \t]*$/.test(said)) return undefined
  return { fence: behind['fence'], isIndented: false, at: said.length }
}

/** Where in a line a fence has ended; prose may follow a blank: "``` This works." What names a language opens a block and closes none. */
function closingIn(line: string, fence: string): number | undefined {
  const [mark = ''] = fence
  const [all, rest] = new RegExp(`^[ \\t]*${mark}{${fence.length},}(.*)$`).exec(line) ?? []
  if (all === undefined || rest === undefined) return undefined
  if (rest.trim() === '') return line.length
  const isProse = /^[ \t]+(?!(?:py|python|python3|text|txt|bash|sh|console|output)\b)/i.test(rest) && !isInfo(rest)
  const holdsFence = rest.includes(mark.repeat(3))
  return isProse && (!holdsFence || openingIn(rest, true)) ? line.length - rest.length : undefined
}

const isInfo = (rest: string): boolean => /^[\w+#-]+$/.test(rest.trim())

function within(reply: string, { start, isIndented }: Opened, end: number) {
  const text = reply.slice(start, end)
  return { code: isIndented ? atMargin(text) : text, start, end }
}

/** Without the blanks that all its lines begin with. */
function atMargin(code: string): string {
  const lines = code.split('\n')
  const margins = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0] ?? '')
  const [first = ''] = margins.toSorted((a, b) => a.length - b.length)
  if (first === '' || !margins.every((margin) => margin.startsWith(first))) return code
  return lines.map((line) => (line.startsWith(first) ? line.slice(first.length) : line.trimStart())).join('\n')
}

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
