import { canonicalText, type Literal, LiteralError, parseLiteral } from '../../sandbox/verdict/literal.ts'

/** A value as repr writes it; undefined for what is no literal of ours. */
function readValue(text: string): Literal | undefined {
  try {
    return parseLiteral(text)
  } catch (error) {
    if (error instanceof LiteralError) return undefined
    throw error
  }
}

/** The same of a text; undefined for what is no literal of ours. */
export function canonicalOf(text: string | null): string | undefined {
  const value = text === null ? undefined : readValue(text)
  return value && answerText(value)
}

/** One text for values that the tests take for the same answer: 25.0 is 25, while True is still not 1. */
export const answerText = (value: Literal): string => canonicalText(withWholeFloats(value))

function withWholeFloats(value: Literal): Literal {
  switch (value.kind) {
    case 'float':
      return Number.isInteger(value.value) ? { kind: 'int', value: BigInt(value.value) } : value
    case 'list':
    case 'tuple':
      return { kind: value.kind, items: value.items.map(withWholeFloats) }
    case 'dict':
      return {
        kind: 'dict',
        entries: value.entries.map(([key, entry]) => [withWholeFloats(key), withWholeFloats(entry)]),
      }
    case 'none':
    case 'bool':
    case 'int':
    case 'str':
      return value
  }
}

/**
 * Whether a literal of the source is the input of a call: the argument itself, all of them as a tuple or a list, or the text that repr
 * makes of it. `isContainer`: one of the literal's entries may be it.
 */
export function isInput(text: string, input: readonly Literal[], isContainer: boolean): boolean {
  const value = readValue(text)
  if (value === undefined || input.length === 0) return false
  if (isSame(value, input)) return true
  if (
    isContainer &&
    (value.kind === 'list' || value.kind === 'tuple') &&
    value.items.some((item) => isSame(item, input))
  )
    return true
  if (value.kind !== 'str') return false
  const inner = readValue(String.fromCodePoint(...value.points.slice(0, 10_000)))
  return inner !== undefined && isSame(inner, input)
}

/** Whether a literal is something inside an input: an entry, a run of entries, a piece of a text, or a length. */
export function isPartOfInput(text: string, input: readonly Literal[]): boolean {
  const value = readValue(text)
  return value !== undefined && partsOf({ kind: 'tuple', items: input }).some((part) => isPiece(value, part))
}

function isSame(value: Literal, input: readonly Literal[]): boolean {
  const name = canonicalText(value)
  const forms: Literal[] = [
    { kind: 'tuple', items: input },
    { kind: 'list', items: input },
  ]
  const [only] = input
  return [...forms, ...(input.length === 1 && only ? [only] : [])].some((form) => canonicalText(form) === name)
}

function partsOf(value: Literal): Literal[] {
  if (value.kind === 'list' || value.kind === 'tuple') return [value, ...value.items.flatMap(partsOf)]
  return value.kind === 'dict' ? [value, ...value.entries.flat().flatMap(partsOf)] : [value]
}

function isPiece(value: Literal, part: Literal): boolean {
  const name = canonicalText(value)
  if (name === canonicalText(part)) return true
  const size = sizeOf(part)
  if (value.kind === 'int') return size !== undefined && value.value === BigInt(size)
  const [small, large] = [itemsOf(value), itemsOf(part)]
  return small.length > 0 && value.kind === part.kind && `,${large.join(',')},`.includes(`,${small.join(',')},`)
}

function sizeOf(value: Literal): number | undefined {
  const items = itemsOf(value)
  return items.length > 0 || ['str', 'list', 'tuple'].includes(value.kind) ? items.length : undefined
}

function itemsOf(value: Literal): string[] {
  if (value.kind === 'str') return value.points.map(String)
  return value.kind === 'list' || value.kind === 'tuple' ? value.items.map(canonicalText) : []
}
