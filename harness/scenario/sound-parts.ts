import type { z } from 'zod'
import type { Path } from './positions.ts'
import { valueAt } from './schema-walk.ts'
import { closest } from '../suggest.ts'

/** What of a file its schema accepts, by top-level key, so that the references of a broken file can be checked as far as they go. */
export interface Parts<T> {
  readonly value: Partial<T>
  /** Top-level keys whose value is wrong or missing. */
  readonly broken: ReadonlySet<string>
}

/** Unknown keys are passed over: they are told elsewhere. One that seems to be a misspelt part leaves that part unknown. */
export function soundParts<S extends z.ZodObject>(schema: S, data: unknown): Parts<z.output<S>> {
  const known = withoutUnknownKeys(schema, data)
  const value: Record<string, unknown> = {}
  const broken = misspeltParts(schema, data)
  for (const [key, part] of Object.entries(schema.shape)) {
    const result = (part as z.ZodType).safeParse(valueAt(known, [key]))
    if (!result.success) broken.add(key)
    else if (result.data !== undefined) value[key] = result.data
  }
  return { value: value as Partial<z.output<S>>, broken }
}

function misspeltParts({ shape }: z.ZodObject, data: unknown): Set<string> {
  const given = typeof data === 'object' && data !== null ? Object.keys(data) : []
  const missing = Object.keys(shape).filter((key) => !given.includes(key))
  const unknown = given.filter((key) => !Object.hasOwn(shape, key))
  return new Set(unknown.flatMap((key) => closest(key, missing) ?? []))
}

function withoutUnknownKeys(schema: z.ZodObject, data: unknown): unknown {
  const copy = structuredClone(data)
  for (const issue of schema.safeParse(data).error?.issues ?? []) {
    const owner = valueAt(copy, issue.path as Path)
    if (issue.code !== 'unrecognized_keys' || typeof owner !== 'object' || owner === null) continue
    for (const key of issue.keys) Reflect.deleteProperty(owner, key)
  }
  return copy
}
