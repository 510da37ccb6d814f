import { z } from 'zod'
import type { Path } from './positions.ts'

type Schema = z.core.$ZodType

/** The keys that a mapping at this path of a file may have; undefined where any key is good. */
export function keysAt(schema: Schema, { path, data }: { path: Path; data: unknown }): readonly string[] | undefined {
  let here = bare(schema, data)
  let value = data
  for (const step of path) {
    value = memberOf(value, step)
    here = bare(inside(here, step), value)
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : undefined
}

/** The mapping of the top level that has this key, for a key that stands one level too high. */
export function ownerOf(schema: z.ZodObject, key: string): string | undefined {
  return Object.keys(schema.shape).find((name) => {
    const part = bare(schema.shape[name], undefined)
    return part instanceof z.ZodObject && Object.hasOwn(part.shape, key)
  })
}

/** What the data has at a path; undefined where it has nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce(memberOf, data)
}

function memberOf(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  return (value as Record<string | number, unknown>)[step]
}

function inside(schema: Schema | undefined, step: string | number): Schema | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[step] as Schema | undefined
  if (schema instanceof z.ZodArray) return schema.element
  if (schema instanceof z.ZodRecord) return schema.valueType
  return undefined
}

/** Without what wraps it; of a union told apart by `kind`, the one that the data names. */
function bare(schema: Schema | undefined, data: unknown): Schema | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return bare(schema.unwrap(), data)
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const { discriminator } = schema.def
  return schema.options.find((option) => {
    const tag = option instanceof z.ZodObject ? option.shape[discriminator] : undefined
    return tag instanceof z.ZodLiteral && tag.value === memberOf(data, discriminator)
  })
}
