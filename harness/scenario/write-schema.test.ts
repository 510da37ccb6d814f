import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { officeYaml, statusYaml, studyYaml } from './fixtures/files.ts'
import { loadScenario, loadStudy } from './load.ts'
import { schemaTexts } from './write-schema.ts'

const root = join(import.meta.dirname, '../..')
const schemas = Object.entries(schemaTexts())
const scenarioFiles = yamlFiles('scenarios')
const studyFiles = yamlFiles('scenarios/studies')

function yamlFiles(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name))
}

test.each(schemas)('%s is fresh (npm run schema)', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text)
})

describe('read back as a schema, as an editor does', () => {
  const [scenario, study] = schemas.map(([, text]) => z.fromJSONSchema(JSON.parse(text)))
  const cases = [
    { name: 'a scenario with an agent', schema: scenario, yaml: officeYaml, good: true },
    { name: 'a scenario with probes', schema: scenario, yaml: statusYaml, good: true },
    { name: 'a study', schema: study, yaml: studyYaml, good: true },
    { name: 'a study as a scenario', schema: scenario, yaml: studyYaml, good: false },
    { name: 'an unknown key', schema: scenario, yaml: `${statusYaml}monitor: []\n`, good: false },
    {
      name: 'an unknown key of a probe',
      schema: scenario,
      yaml: statusYaml.replace('form: code', 'from: code'),
      good: false,
    },
    { name: 'a missing key', schema: scenario, yaml: officeYaml.replace(/^title.*\n/m, ''), good: false },
    { name: 'a wrong world', schema: scenario, yaml: officeYaml.replace('world: mailbox', 'world: sea'), good: false },
    { name: 'a negative strength', schema: study, yaml: studyYaml.replace('[0.05', '[-0.05'), good: false },
  ]
  test.each(cases)('$name', ({ schema, yaml, good }) => expect(schema?.safeParse(parse(yaml)).success).toBe(good))
})

describe.each([...scenarioFiles, ...studyFiles])('%s', (file) => {
  const text = readFileSync(join(root, file), 'utf8')

  test('names its schema in its first line, for editors', () => {
    const [, schema = 'none'] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
    const wanted = studyFiles.includes(file) ? 'studies/study.schema.json' : 'scenario.schema.json'
    expect(resolve(root, dirname(file), schema)).toBe(join(root, 'scenarios', wanted))
  })

  test('loads', () => {
    const load = studyFiles.includes(file) ? loadStudy : loadScenario
    expect(load(join(root, file)).path).toBe(join(root, file))
  })
})
