/** A value that Python code can write down, of exactly these builtin types: `True` is no `1`, a tuple no list. */
export type Literal =
  | { readonly kind: 'none' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  /** Code points: Python tells a pair of surrogates from the character they would make. */
  | { readonly kind: 'str'; readonly points: readonly number[] }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Literal[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Literal, Literal])[] }

/** The text is no literal of ours; `offset` in UTF-16 units of it. */
export class LiteralError extends Error {
  override readonly name = 'LiteralError'
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/**
 * Reads a Python literal: None, bools, whole numbers, floats, texts, lists, tuples and dicts (grammar: The Python Language Reference, 2.4 and 6.2).
 * Left out on purpose: bytes, sets, complex numbers, texts put together by standing side by side.
 * @throws LiteralError
 */
export function parseLiteral(text: string): Literal {
  const reader = { text, at: 0, depth: 0 }
  const value = readValue(reader)
  expectEnd(reader)
  return value
}

/** Reads what stands between the brackets of a call without keywords: `'a', [1, 2]`. Throws LiteralError. */
export function parseArguments(text: string): readonly Literal[] {
  const reader = { text, at: 0, depth: 0 }
  if (skipBlanks(reader) === '') return []
  const items = [readValue(reader)]
  while (take(reader, ',')) {
    if (skipBlanks(reader) === '') break
    items.push(readValue(reader))
  }
  expectEnd(reader)
  return items
}

/** One text a value: equal values of equal types have equal texts, all others different ones. ASCII, and Python again. */
export function canonicalText(value: Literal): string {
  switch (value.kind) {
    case 'none':
      return 'None'
    case 'bool':
      return value.value ? 'True' : 'False'
    case 'int':
      return value.value.toString()
    case 'float':
      return floatText(value.value)
    case 'str':
      return `"${value.points.map(pointText).join('')}"`
    case 'list':
      return `[${value.items.map(canonicalText).join(', ')}]`
    case 'tuple':
      return `(${value.items.map(canonicalText).join(', ')}${value.items.length === 1 ? ',' : ''})`
    case 'dict':
      return `{${value.entries
        .map(([key, entry]) => `${canonicalText(key)}: ${canonicalText(entry)}`)
        .toSorted()
        .join(', ')}}`
  }
}

interface Reader {
  readonly text: string
  at: number
  depth: number
}

/** Python's own parser gives up near 100 brackets as well. */
const deepest = 60

function readValue(reader: Reader): Literal {
  const sign = skipBlanks(reader)
  if (sign === '[' || sign === '(' || sign === '{') return readNested(reader, sign)
  if (sign === '-' || sign === '+') return readSigned(reader, sign)
  const text = /^[rRuU]?(?:'''|"""|'|")/.exec(reader.text.slice(reader.at, reader.at + 4))
  if (text) return readText(reader, text[0])
  if (/[\d.]/.test(sign)) return readNumber(reader)
  return readWord(reader)
}

function readNested(reader: Reader, open: string): Literal {
  if (++reader.depth > deepest)
    throw new LiteralError(reader.at, `expected at most ${deepest} brackets inside each other`)
  reader.at++
  const value = open === '{' ? readDict(reader) : readItems(reader, open)
  reader.depth--
  return value
}

function readItems(reader: Reader, open: string): Literal {
  const close = open === '[' ? ']' : ')'
  const items: Literal[] = []
  let comma = false
  while (!take(reader, close)) {
    if (items.length > 0 && !comma) throw new LiteralError(reader.at, `expected , or ${close}`)
    items.push(readValue(reader))
    comma = take(reader, ',')
  }
  if (open === '[') return { kind: 'list', items }
  const [only] = items
  // (1) is 1 in brackets, (1,) is a tuple.
  return items.length === 1 && !comma && only ? only : { kind: 'tuple', items }
}

function readDict(reader: Reader): Literal {
  const entries: [Literal, Literal][] = []
  const seen = new Set<string>()
  let comma = true
  while (!take(reader, '}')) {
    if (!comma) throw new LiteralError(reader.at, 'expected , or }')
    const at = reader.at
    const key = readValue(reader)
    if (!take(reader, ':')) throw new LiteralError(reader.at, 'expected : after the key (sets are left out)')
    if (!hashable(key)) throw new LiteralError(at, 'a list or a dict cannot be a key')
    const name = keyText(key)
    if (seen.has(name)) throw new LiteralError(at, 'expected each key once')
    seen.add(name)
    entries.push([key, readValue(reader)])
    comma = take(reader, ',')
  }
  return { kind: 'dict', entries }
}

function hashable(key: Literal): boolean {
  return key.kind === 'tuple' ? key.items.every(hashable) : key.kind !== 'list' && key.kind !== 'dict'
}

/** 1, 1.0 and True are one key to Python. */
function keyText(key: Literal): string {
  if (key.kind === 'bool') return key.value ? '1' : '0'
  if (key.kind === 'float' && Number.isInteger(key.value)) return BigInt(key.value).toString()
  return key.kind === 'tuple' ? `(${key.items.map(keyText).join(',')})` : canonicalText(key)
}

function readSigned(reader: Reader, sign: string): Literal {
  reader.at++
  if (!/[\d.]/.test(skipBlanks(reader))) throw new LiteralError(reader.at, `expected a number after ${sign}`)
  const number = readNumber(reader)
  if (sign === '+') return number
  if (number.kind === 'int') return { kind: 'int', value: -number.value }
  return number.kind === 'float' ? { kind: 'float', value: -number.value } : number
}

const digits = String.raw`\d(?:_?\d)*`
const floatShape = new RegExp(
  `^(?:(?:${digits})?\\.${digits}|${digits}\\.)(?:[eE][+-]?${digits})?|^${digits}[eE][+-]?${digits}`,
)
const wholeShape = /^(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*)/

function readNumber(reader: Reader): Literal {
  const rest = reader.text.slice(reader.at)
  const float = floatShape.exec(rest)?.[0]
  const shape = float ?? wholeShape.exec(rest)?.[0]
  if (shape === undefined || /^[\w.]/.test(rest.slice(shape.length)))
    throw new LiteralError(reader.at, 'expected a number as Python writes it')
  reader.at += shape.length
  const plain = shape.replaceAll('_', '')
  return float === undefined ? { kind: 'int', value: BigInt(plain) } : { kind: 'float', value: Number(plain) }
}

const words: Readonly<Record<string, Literal>> = {
  None: { kind: 'none' },
  True: { kind: 'bool', value: true },
  False: { kind: 'bool', value: false },
}

function readWord(reader: Reader): Literal {
  const word = /^\w+/.exec(reader.text.slice(reader.at))?.[0] ?? ''
  const value = Object.hasOwn(words, word) ? words[word] : undefined
  if (value === undefined) {
    const what = word === '' ? (reader.text[reader.at] ?? 'the end') : word
    throw new LiteralError(reader.at, `no literal begins with ${what}`)
  }
  reader.at += word.length
  return value
}

function readText(reader: Reader, opening: string): Literal {
  const isRaw = /^[rR]/.test(opening)
  const quote = opening.replace(/^[rRuU]/, '')
  const start = reader.at
  const points: number[] = []
  reader.at += opening.length
  while (!reader.text.startsWith(quote, reader.at)) {
    const point = reader.text.codePointAt(reader.at)
    if (point === undefined || (quote.length === 1 && point === 10))
      throw new LiteralError(start, `expected the text to end with ${quote}`)
    if (point === 92) points.push(...(isRaw ? readRaw(reader) : readEscape(reader)))
    else {
      points.push(point)
      reader.at += point > 0xffff ? 2 : 1
    }
  }
  reader.at += quote.length
  if (/^['"]$/.test(skipBlanks(reader))) throw new LiteralError(reader.at, 'expected one text, not two side by side')
  return { kind: 'str', points }
}

/** In a raw text the backslash stays, and still guards the quote after it. */
function readRaw(reader: Reader): number[] {
  const next = reader.text.codePointAt(reader.at + 1)
  if (next === undefined) throw new LiteralError(reader.at, 'expected the text to go on after \\')
  reader.at += next > 0xffff ? 3 : 2
  return [92, next]
}

const shortEscapes: Readonly<Record<string, number>> = {
  '\\': 92,
  "'": 39,
  '"': 34,
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
}

function readEscape(reader: Reader): number[] {
  const rest = reader.text.slice(reader.at + 1, reader.at + 10)
  const letter = rest[0] ?? ''
  const short = Object.hasOwn(shortEscapes, letter) ? shortEscapes[letter] : undefined
  const coded = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/.exec(rest)
  const octal = /^[0-7]{1,3}/.exec(rest)?.[0]
  if (letter === '\n') return advance(reader, 2, [])
  if (short !== undefined) return advance(reader, 2, [short])
  if (octal !== undefined) return advance(reader, 1 + octal.length, [Number.parseInt(octal, 8)])
  const point = coded ? Number.parseInt(coded[1] ?? coded[2] ?? coded[3] ?? '', 16) : Number.NaN
  if (!coded || point > 0x10ffff)
    throw new LiteralError(reader.at, `no escape that Python knows begins with \\${letter} (\\N{…} is left out)`)
  return advance(reader, 1 + coded[0].length, [point])
}

function advance(reader: Reader, by: number, points: number[]): number[] {
  reader.at += by
  return points
}

/** The character after blanks; empty at the end. */
function skipBlanks(reader: Reader): string {
  while (/^[ \t\n\r\f]$/.test(reader.text[reader.at] ?? '')) reader.at++
  return reader.text[reader.at] ?? ''
}

function take(reader: Reader, sign: string): boolean {
  if (skipBlanks(reader) !== sign) return false
  reader.at++
  return true
}

function expectEnd(reader: Reader): void {
  const rest = skipBlanks(reader)
  if (rest !== '') throw new LiteralError(reader.at, `expected the end before ${rest}`)
}

/** As Python's repr writes floats: the shortest digits that read back the same, with an exponent from 1e16 on and below 1e-4. */
function floatText(value: number): string {
  // Not numbers of the source: 1e999 is how Python code can write infinity, and -0.0 == 0.0.
  if (value === Number.POSITIVE_INFINITY) return '1e999'
  if (value === Number.NEGATIVE_INFINITY) return '-1e999'
  if (value === 0) return '0.0'
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= 16 || power < -4)
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const minus = value < 0 ? '-' : ''
  const all = mantissa.replace('-', '').replace('.', '')
  if (power < 0) return `${minus}0.${'0'.repeat(-power - 1)}${all}`
  const whole = all.slice(0, power + 1).padEnd(power + 1, '0')
  return `${minus}${whole}.${all.slice(power + 1) || '0'}`
}

function pointText(point: number): string {
  if (point === 34 || point === 92) return `\\${String.fromCodePoint(point)}`
  if (point >= 32 && point < 127) return String.fromCodePoint(point)
  const hex = point.toString(16)
  if (point < 0x100) return `\\x${hex.padStart(2, '0')}`
  return point < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
