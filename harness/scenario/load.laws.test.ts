import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { InputError } from '../errors.ts'
import { FileProblems } from './frame.ts'
import { officeYaml, statusYaml, temporaryFolder } from './fixtures/files.ts'
import { loadScenario } from './load.ts'
import { scenarioSchema, type ScenarioInput } from './schema.ts'

const id = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const yamlTraps = [
  'yes',
  'null',
  '~',
  '1.50',
  '007',
  'a: b',
  '# no',
  '- a',
  '|',
  '15:40',
  '2025-03-13',
  '<<',
  '*a',
  '\t',
  ' x ',
  'x\n\n y\n',
  '\r\n',
  '%',
  "'",
  '"',
]
const text = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom(...yamlTraps))
  .filter((text) => !text.includes('${'))
const words = text.map((text) => `w${text}`)
const filled = text.map((text) => `${text}\${given}`)
const variable = fc.oneof(text, fc.integer(), fc.boolean())
const variables = fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,5}$/), variable, { maxKeys: 3 })

/** The axis `fixed` gives `given`, which texts use. */
const variants = fc
  .tuple(fc.dictionary(id, fc.dictionary(id, variables, { minKeys: 1, maxKeys: 3 }), { maxKeys: 2 }), variable)
  .map(([axes, given]) => ({ ...axes, fixed: { one: { given } } }))

const item = fc.record({ id, kept: variable, changed: variable }).map(({ id, kept, changed }) => ({
  id,
  set: { kept, line: changed },
  twin: { line: `${String(changed)}!` },
}))

/** Equally long and different, so none begins with another. */
const answers = fc
  .uniqueArray(fc.stringMatching(/^[A-Z]{3}$/), { minLength: 2, maxLength: 5 })
  .map(([first = '', ...rest]) => ({ bad: [first], good: rest }))
const fiveTexts = fc.uniqueArray(words, { minLength: 10, maxLength: 10 }).map((all) => ({
  behaviour: { 'side-a': all.slice(0, 5) },
  control: { 'side-b': all.slice(5) },
}))
const probe = fc.oneof(
  fc.record(
    { kind: fc.constant('answer' as const), id, answers, prefix: filled },
    { requiredKeys: ['kind', 'id', 'answers'] },
  ),
  fc.tuple(id, fiveTexts).map(([id, texts]) => ({ kind: 'contrast' as const, id, ...texts })),
  fc.record({
    kind: fc.constant('choice' as const),
    id,
    ask: filled,
    options: fc.record({ stay: words, go: words }),
    bad: fc.constant<string[]>(['go']),
  }),
)

const clock = fc.integer({ min: 0, max: 17 * 60 }).map((minutes) => {
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
  return `${hour}:${minute}`
})
const mail = fc.record(
  {
    id,
    at: clock,
    from: fc.constant('a@b.example'),
    to: fc.constantFrom<string | string[]>('Ann <a@b.example>', ['a@b.example']),
    subject: text,
    body: filled,
    when: fc.constantFrom<Record<string, string | string[]>>({ fixed: 'one' }, { fixed: ['one'] }),
  },
  { requiredKeys: ['id', 'at', 'from', 'to', 'subject', 'body'] },
)
const byId = { selector: ({ id }: { id: string }) => id }
const mailbox = fc.uniqueArray(mail, { minLength: 1, maxLength: 3, ...byId }).map((mails) => ({
  world: 'mailbox' as const,
  tools: ['list_mail' as const],
  points: { here: [{ call: 'list_mail' as const }] },
  mailbox: { address: 'a@b.example', day: '2025-03-13', start: '08:00', end: '17:30', people: {}, mails },
}))

const written: fc.Arbitrary<ScenarioInput> = fc
  .record({
    scenario: fc.constant('made'),
    title: text,
    source: text,
    variants,
    system: filled,
    turns: fc.array(fc.record({ role: fc.constantFrom('user' as const, 'assistant' as const), text: filled }), {
      maxLength: 3,
    }),
    items: fc.uniqueArray(item, { maxLength: 3, ...byId }),
    probes: fc.uniqueArray(probe, { maxLength: 3, ...byId }),
    limits: fc.record({ turns: fc.integer({ min: 1, max: 99 }) }),
    sampling: fc.record({ temperature: fc.double({ min: 0, max: 5, noNaN: true }) }),
    world: fc.oneof(fc.constant({ world: 'none' as const }), mailbox),
  })
  .map(({ world, ...rest }) => ({ ...rest, ...world }))

test('any sound scenario is what it was after it is written as YAML and loaded', () => {
  fc.assert(
    fc.property(written, (input) => {
      using folder = temporaryFolder({ 'made.yaml': stringify(input) })
      const { path, hash: _hash, ...scenario } = loadScenario(join(folder.path, 'made.yaml'))
      expect(path).toBe(join(folder.path, 'made.yaml'))
      expect(scenario).toStrictEqual(scenarioSchema.parse(input))
    }),
    { numRuns: 100 },
  )
})

test('a file with any piece cut out or put in is loaded or refused with places inside it, never anything else', () => {
  const base = fc.constantFrom(officeYaml, statusYaml)
  const put = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom('${', '}', '\n', '  ', '- ', ': ', '*a', '&a ', '[', '{', '"', '? ', '!!set ', '---\n', '\t'),
  )
  fc.assert(
    fc.property(base, fc.nat(1500), fc.nat(40), put, (text, at, length, put) => {
      const broken = text.slice(0, at) + put + text.slice(at + length)
      const lines = broken.split('\n')
      for (const { line, column } of problemsOf(broken)) {
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
      }
    }),
    { numRuns: 200 },
  )
})

function problemsOf(text: string): FileProblems['problems'] {
  using folder = temporaryFolder({ 'office.yaml': text })
  try {
    loadScenario(join(folder.path, 'office.yaml'))
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return error instanceof FileProblems ? error.problems : []
  }
}
