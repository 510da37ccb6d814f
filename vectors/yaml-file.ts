import { readFileSync } from 'node:fs'
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { InputError } from './errors.ts'

/** Reads one YAML file of ours and checks it against a schema. Throws InputError with `file:line: key: what is wrong`, one line for each fault. */
export function readYaml<T>(file: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter()
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false })
  const fault = document.errors[0]
  if (fault) throw new InputError(`${file}:${lines.linePos(fault.pos[0]).line}: not YAML: ${fault.message}`)
  const result = schema.safeParse(toPlain(document, file))
  if (result.success) return result.data
  const text = inOrder(result.error.issues).map((issue) => {
    const path = pathOf(issue)
    return `${file}:${lines.linePos(offsetOf(document, path)).line}: ${path.join('.') || 'file'}: ${messageOf(issue)}`
  })
  throw new InputError(text.join('\n'))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(
      `${file}: cannot read this file; check the folder that was given, or install the package again`,
      {
        cause,
      },
    )
  }
}

/** An alias without an anchor shows only here, not among the document's errors. */
function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw new InputError(`${file}: not YAML: ${String(cause)}`, { cause })
  }
}

/** A misspelt key is one too many and one missing: the first says more. */
const inOrder = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] =>
  [...issues].toSorted((a, b) => Number(b.code === 'unrecognized_keys') - Number(a.code === 'unrecognized_keys'))

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'is not a key of this file; take it out or correct its spelling'
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
}

/** zod names the parent of an unknown key; the reader wants the key. */
function pathOf(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  return [...issue.path, ...unknown]
}

/** Where a path starts in the text: its key inside a map, its value inside a list, else the nearest parent that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  if (path.length === 0) return 0
  const parent = document.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  if (isMap(parent)) {
    const key = parent.items.map((pair) => pair.key).find((key) => isScalar(key) && key.value === last)
    if (isScalar(key) && key.range) return key.range[0]
  }
  const node = document.getIn(path, true)
  if (isRanged(node)) return node.range[0]
  return offsetOf(document, path.slice(0, -1))
}

function isRanged(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
