import type { z } from 'zod'
import type { Fault, Path } from './positions.ts'
import { keysAt, ownerOf, valueAt } from './schema-walk.ts'
import { closest, hintFor, list } from '../suggest.ts'

type Issue = z.core.$ZodIssue
interface Read {
  readonly schema: z.ZodObject
  readonly data: unknown
}

/** zod's issues in our words: what was expected, what came, what was perhaps meant. */
export function issueFaults(issues: readonly Issue[], read: Read): Fault[] {
  return issues.flatMap((issue) => faultsOf(issue, read))
}

/** A value as a message shows it: short, and without its content where it is a list or a mapping. */
export function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined) return 'nothing: the key is missing'
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value !== 'string') return 'a mapping'
  return value.length > 40 ? `${JSON.stringify(value.slice(0, 38))}…` : JSON.stringify(value)
}

function faultsOf(issue: Issue, read: Read): Fault[] {
  const path = issue.path as Path
  const value = valueAt(read.data, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, read))
    case 'invalid_key':
      return [{ path, on: 'key', message: `${issue.issues[0]?.message}, got ${shown(path.at(-1))}` }]
    case 'invalid_value':
      return [valueFault({ path, value, words: issue.values.map(String) })]
    case 'invalid_union':
      return unionFaults(issue, read)
    case 'invalid_type':
      return [{ path, message: `expected ${typeWord(issue)}, got ${shown(value)}`, ...quotesHint(issue, value) }]
    case 'too_small':
      return [{ path, message: sizeMessage(value, `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`) }]
    case 'too_big':
      return [{ path, message: sizeMessage(value, `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`) }]
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      break
  }
  return [{ path, message: `${issue.message}, got ${shown(value)}` }]
}

function typeWord({ expected }: z.core.$ZodIssueInvalidType): string {
  return typeWords[expected] ?? expected
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function unknownKey(key: string, path: Path, { schema, data }: Read): Fault {
  const known = keysAt(schema, { path, data }) ?? []
  const fault: Fault = {
    path: [...path, key],
    on: 'key',
    message: 'expected a known key, got this one',
    hint: hintFor(key, known),
  }
  const owner = path.length === 0 && closest(key, known) === undefined ? ownerOf(schema, key) : undefined
  return owner === undefined ? fault : { ...fault, hint: `it belongs in "${owner}"` }
}

function valueFault({ path, value, words }: { path: Path; value: unknown; words: readonly string[] }): Fault {
  const message = `expected ${words.length > 1 ? 'one of ' : ''}${list(words, 12)}, got ${shown(value)}`
  const near = typeof value === 'string' ? closest(value, words) : undefined
  return { path, message, ...(near !== undefined && { hint: `did you mean "${near}"?` }) }
}

/** Of several shapes: the faults inside the one that the value has, or else all shapes by name. */
function unionFaults(issue: z.core.$ZodIssueInvalidUnion, read: Read): Fault[] {
  const path = issue.path as Path
  const value = valueAt(read.data, path)
  const { options } = issue as { options?: readonly unknown[] }
  if (options !== undefined) return [valueFault({ path, value, words: options.map(String) })]
  const branch = issue.errors.find((inner) =>
    inner.every(({ path, code }) => path.length > 0 || code !== 'invalid_type'),
  )
  if (branch !== undefined)
    return branch.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, read))
  const wanted = issue.errors.flat().map((inner) => (inner.code === 'invalid_type' ? typeWord(inner) : inner.message))
  return [{ path, message: `expected ${wanted.join(' or ')}, got ${shown(value)}` }]
}

function quotesHint({ expected }: z.core.$ZodIssueInvalidType, value: unknown): { hint?: string } {
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  return expected === 'string' && isPlain ? { hint: `put it in quotes: "${String(value)}"` } : {}
}

function sizeMessage(value: unknown, bound: string): string {
  if (!Array.isArray(value)) return `expected a number, ${bound}, got ${shown(value)}`
  return `expected ${bound} ${bound.endsWith(' 1') ? 'entry' : 'entries'}, got ${value.length}`
}
