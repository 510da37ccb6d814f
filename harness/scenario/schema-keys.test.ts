import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { FileProblems } from './frame.ts'
import { temporaryFolder } from './fixtures/files.ts'
import { loadScenario, loadStudy } from './load.ts'
import { scenarioSchema, studySchema } from './schema.ts'

/** Every key that the schemas know, with data that leads to it. */
interface KnownKey {
  readonly place: string
  readonly key: string
  /** Puts a mapping where the key belongs. */
  readonly wrap: (mapping: Record<string, unknown>) => unknown
}

function keysOf(
  schema: z.core.$ZodType,
  { place, wrap }: { place: string; wrap: (inner: unknown) => unknown },
): KnownKey[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return keysOf(schema.unwrap(), { place, wrap })
  }
  if (schema instanceof z.ZodArray)
    return keysOf(schema.element, { place: `${place}[]`, wrap: (inner) => wrap([inner]) })
  if (schema instanceof z.ZodRecord)
    return keysOf(schema.valueType, { place: `${place}.any`, wrap: (inner) => wrap({ any: inner }) })
  if (schema instanceof z.ZodDiscriminatedUnion)
    return schema.options.flatMap((option) => keysOf(option, { place, wrap }))
  if (!(schema instanceof z.ZodObject)) return []
  const kind = schema.shape['kind'] instanceof z.ZodLiteral ? { kind: schema.shape['kind'].value } : {}
  const here = place + Object.values(kind).join('')
  return Object.entries(schema.shape).flatMap(([key, part]) => [
    { place: here, key, wrap: (mapping) => wrap({ ...kind, ...mapping }) },
    ...keysOf(part as z.ZodType, { place: `${here}.${key}`, wrap: (inner) => wrap({ ...kind, [key]: inner }) }),
  ])
}

const files = [
  { file: 'it.yaml', load: loadScenario, keys: keysOf(scenarioSchema, { place: 'scenario', wrap: (inner) => inner }) },
  { file: 'it.yaml', load: loadStudy, keys: keysOf(studySchema, { place: 'study', wrap: (inner) => inner }) },
]

describe.each(files)('an unknown sibling is refused, with the key that was meant', ({ file, load, keys }) => {
  test.each(keys)('$place: $key', ({ key, wrap }) => {
    const wrong = `${key}q`
    const text = stringify(wrap({ [wrong]: 1 }))
    using folder = temporaryFolder({ [file]: text })
    const problems = problemsOf(() => load(join(folder.path, file)))
    const found = problems.find(({ message }) => message.endsWith(`${wrong}: expected a known key, got this one`))
    expect(found?.hint).toBe(`did you mean "${key}"?`)
    const line = text.split('\n')[(found?.line ?? 0) - 1]
    expect(line?.slice((found?.column ?? 0) - 1)).toBe(`${wrong}: 1`)
  })
})

test('the walk has seen the whole of both schemas', () => {
  const counts = files.map(({ keys }) => keys.length)
  expect(counts).toMatchInlineSnapshot(`
    [
      88,
      37,
    ]
  `)
})

function problemsOf(load: () => unknown): FileProblems['problems'] {
  try {
    load()
  } catch (error) {
    if (error instanceof FileProblems) return error.problems
    throw error
  }
  return []
}
