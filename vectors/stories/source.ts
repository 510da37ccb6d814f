import { readFileSync } from 'node:fs'
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { InputError } from '../errors.ts'

/**
 * Reads one YAML file of the corpus and checks its shape.
 * @throws InputError naming the file, the line and the key.
 */
export function readYaml<T>(file: string, shape: z.ZodType<T>): T {
  const lines = new LineCounter()
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number): number => lines.linePos(offset).line
  const broken = document.errors[0]
  if (broken)
    throw new InputError(`${file}:${lineAt(broken.pos[0])}: not valid YAML: ${broken.message}`, { cause: broken })

  const result = shape.safeParse(toPlain(document, file))
  if (result.success) return result.data
  const { path, message } = firstProblem(result.error)
  const where = path.length > 0 ? `key "${path.join('.')}": ` : ''
  throw new InputError(`${file}:${lineAt(offsetOf(document, path))}: ${where}${message}`)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(`cannot read ${file}: a corpus has concepts/, unrelated/, templates.yaml and neutral.yaml`, {
      cause,
    })
  }
}

/** An alias without an anchor shows only here, not among the document's errors. */
function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw new InputError(`${file}: not valid YAML: ${String(cause)}`, { cause })
  }
}

/** A misspelt key is one too many and one missing: the first says more. It is pointed at itself, not at the map around it. */
function firstProblem(error: z.ZodError): { path: readonly PropertyKey[]; message: string } {
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]
  if (!issue) return { path: [], message: 'does not have the expected shape' }
  if (issue.code === 'unrecognized_keys') {
    return {
      path: [...issue.path, ...issue.keys.slice(0, 1)],
      message: 'is not a key of this file; take it out or correct its spelling',
    }
  }
  if (issue.code === 'invalid_key') return { path: issue.path, message: issue.issues[0]?.message ?? issue.message }
  return { path: issue.path, message: issue.message }
}

/** Where the path, or as much of it as exists, begins in the text: the key if it has one, else the value. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let offset = document.contents?.range?.[0] ?? 0
  for (let depth = 0; depth < path.length; depth++) {
    const parent: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path[depth]))
      : undefined
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, depth + 1), true)
    if (!hasRange(node)) return offset
    offset = node.range[0]
  }
  return offset
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
