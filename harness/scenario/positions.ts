import { isAlias, isMap, isPair, isScalar, isSeq, type Document, type Node, type Pair, type ParsedNode } from 'yaml'

export type Path = readonly (string | number)[]

/** Something wrong at a place of the data; the loader turns the place into a line and a column. */
export interface Fault {
  readonly path: Path
  /** `expected …, got …`. */
  readonly message: string
  readonly hint?: string
  /** Point at the key, not at its value. */
  readonly on?: 'key'
  /** Point at this part of the text, e.g. `${name}`. */
  readonly part?: string
}

/** Offsets in UTF-16 units; `end` may lie on a later line. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Where a fault stands in the text. What is missing is placed at the nearest parent that exists: its key, or its first token. */
export function spanOf({ document, text, fault }: { document: Document; text: string; fault: Fault }): Span {
  const found = walk(document, fault.path)
  const value = spanOfNode(found.node)
  const beside = found.whole && fault.on === undefined ? value : undefined
  const span = beside ?? spanOfNode(found.key) ?? value ?? { start: 0, end: 1 }
  return fault.part === undefined ? span : partOf(text, span, fault.part)
}

interface Found {
  readonly node: unknown
  /** The key whose value `node` is; none for the root and for entries of a list. */
  readonly key: unknown
  /** False where the path goes on but the file does not. */
  readonly whole: boolean
}

function walk(document: Document, path: Path): Found {
  let node: unknown = document.contents
  let key: unknown
  for (const name of path) {
    const pair = pairOf(resolved(document, node), name)
    const next = pair === undefined ? entryOf(resolved(document, node), name) : pair.value
    if (pair === undefined && next === undefined) return { node, key, whole: false }
    node = next
    key = pair?.key
  }
  return { node, key, whole: true }
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

/** The last of several equal keys, as its value is the one that counts. */
function pairOf(node: unknown, name: string | number): Pair | undefined {
  return isMap(node) ? node.items.findLast(({ key }) => keyName(key) === String(name)) : undefined
}

function entryOf(node: unknown, name: string | number): unknown {
  return isSeq(node) && typeof name === 'number' ? node.items[name] : undefined
}

/** A key as JavaScript sees it. */
export function keyName(key: unknown): string {
  return isScalar<string | number | boolean | null>(key) ? String(key.value ?? '') : String(key)
}

/** Undefined for what takes no room in the text, such as the value of `title:`. */
function spanOfNode(node: unknown): Span | undefined {
  const range = isPair(node) ? undefined : (node as Node | ParsedNode | null | undefined)?.range
  return range && range[1] > range[0] ? { start: range[0], end: range[1] } : undefined
}

function partOf(text: string, span: Span, part: string): Span {
  const start = text.slice(span.start, span.end).indexOf(part)
  return start < 0 ? span : { start: span.start + start, end: span.start + start + part.length }
}
