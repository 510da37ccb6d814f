import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { scenarioSchema, studySchema } from './schema.ts'

/**
 * The JSON Schemas that editors use, by their path from the root of the project. They say what may stand in a file;
 * references and variables are for `loadScenario`.
 */
export function schemaTexts(): Readonly<Record<string, string>> {
  return {
    'scenarios/scenario.schema.json': schemaText(scenarioSchema, 'A scenario of duress'),
    'scenarios/studies/study.schema.json': schemaText(studySchema, 'A study of duress'),
  }
}

function schemaText(schema: z.ZodType, title: string): string {
  // Draft 7 is what the YAML support of editors knows best.
  const content = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => withoutNoise(jsonSchema),
  })
  return `${JSON.stringify({ ...content, title }, undefined, 2)}\n`
}

/** "At most 2^53" says nothing to a person. */
function withoutNoise(jsonSchema: z.core.JSONSchema.BaseSchema): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

function writeSchemas(root: string): void {
  for (const [path, text] of Object.entries(schemaTexts())) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeSchemas(join(import.meta.dirname, '../..'))
