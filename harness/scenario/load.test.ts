import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { InputError } from '../errors.ts'
import { changed, officeYaml, refusal, statusYaml, studyYaml, temporaryFolder } from './fixtures/files.ts'
import { loadScenario, loadStudy } from './load.ts'

const files = { 'office.yaml': officeYaml, 'status.yaml': statusYaml, 'studies/look.yaml': studyYaml }
type FileName = keyof typeof files

function refused(name: FileName, text: string | Uint8Array): { lines: string[]; message: string } {
  using folder = temporaryFolder({ ...files, [name]: text })
  const path = join(folder.path, name)
  const known = { vectors: ['desperate', 'calm', 'afraid'], unrelated: ['weather', 'sports', 'cats'] }
  return refusal(folder.path, () => (name.startsWith('studies/') ? loadStudy(path, known) : loadScenario(path)))
}

describe('a sound file', () => {
  test('gives the scenario with defaults, its path and a hash', () => {
    using folder = temporaryFolder(files)
    const path = join(folder.path, 'status.yaml')
    const scenario = loadScenario(path)
    expect(scenario).toMatchObject({
      scenario: 'status',
      path,
      protocol: 'auto',
      limits: { turns: 12, newTokens: 256 },
    })
    expect(scenario.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('gives the study with defaults', () => {
    using folder = temporaryFolder(files)
    const study = loadStudy(join(folder.path, 'studies/look.yaml'))
    expect(study).toMatchObject({ study: 'look', seed: 1, controls: { random: 10, lexical: true } })
    expect(study.scenarios[1]).toMatchObject({ probes: [], variants: [{}], twin: true })
  })

  test('has one hash whatever its comments, layout, byte order mark and line ends, and another for other words', () => {
    const same = [officeYaml, `# a note\n${officeYaml}`, `\uFEFF${officeYaml}`, officeYaml.replaceAll('\n', '\r\n')]
    const other = changed(officeYaml, 'You are Alex', 'You are Bo')
    const [first, ...rest] = [...same, other].map((text) => {
      using folder = temporaryFolder({ 'office.yaml': text })
      return loadScenario(join(folder.path, 'office.yaml')).hash
    })
    expect(rest.map((hash) => hash === first)).toEqual([true, true, true, false])
  })

  test('may use anchors', () => {
    using folder = temporaryFolder({
      'office.yaml': changed(
        changed(officeYaml, 'benign: [b1, b2, b3, b4, b5]', 'benign: &b [b1, b2, b3, b4, b5]'),
        '    at: draft\n    ask',
        '    at: draft\n    prefix: &x Hello\n    ask',
      ),
    })
    expect(loadScenario(join(folder.path, 'office.yaml')).probes).toHaveLength(2)
  })
})

interface WrongCase {
  readonly name: string
  readonly from: string
  readonly to: string
  /** Each a `line:column  message (hint)`, in order. */
  readonly says: readonly string[]
}

interface WrongCases extends Readonly<Record<FileName, readonly WrongCase[]>> {
  readonly notYaml: readonly { readonly name: string; readonly text: string; readonly says: readonly string[] }[]
}

const { notYaml, ...wrong } = parse(
  readFileSync(join(import.meta.dirname, 'fixtures/wrong.yaml'), 'utf8'),
) as WrongCases
const wrongCases = Object.entries(wrong).flatMap(([file, cases]) =>
  cases.map((one) => ({ file: file as FileName, ...one })),
)

test.each(wrongCases)('$file: $name', ({ file, from, to, says }) => {
  const { lines } = refused(file, changed(files[file], from, to))
  expect(lines).toEqual(says.map((line) => `${file}:${line}`))
})

test.each(notYaml)('not YAML, or no mapping: $name', ({ text, says }) => {
  const { lines } = refused('office.yaml', text)
  expect(lines.slice(0, says.length)).toEqual(says.map((line) => `office.yaml:${line}`))
})

test('aliases that stand for too much are refused', () => {
  const rows = Array.from({ length: 9 }, (_, depth) => `k${depth + 1}: &k${depth + 1} [${`*k${depth}, `.repeat(9)}]`)
  const { lines } = refused('office.yaml', `k0: &k0 lol\n${rows.join('\n')}\n`)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('expected aliases that stand for at most 200 nodes, got more')
})

test('a key that would change objects is refused', () => {
  const { lines } = refused('office.yaml', changed(officeYaml, '{friend: Bo}', '{friend: Bo, __proto__: x}'))
  expect(lines).toContain('office.yaml:11:27  variants.ally.present.__proto__: expected another key, got __proto__')
})

test('too many combinations are told, not built', () => {
  const axes = Array.from(
    { length: 12 },
    (_, n) => `  axis-${n}: {a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}, h: {}}`,
  )
  const { lines } = refused('status.yaml', changed(statusYaml, 'variants:\n', `variants:\n${axes.join('\n')}\n`))
  expect(lines).toEqual(['status.yaml:5:1  variants: expected at most 1000 combinations, got 137438953472'])
})

describe('a file that cannot be read', () => {
  const unreadable: readonly { name: string; file: string; content: string | Uint8Array; says: RegExp }[] = [
    {
      name: 'not there',
      file: 'other.yaml',
      content: '',
      says: /offce\.yaml: expected a readable YAML file, got ENOENT$/,
    },
    { name: 'nearly there', file: 'office.yaml', content: '', says: /got ENOENT; did you mean "office\.yaml"\?$/ },
    {
      name: 'not UTF-8',
      file: 'offce.yaml',
      content: new Uint8Array([0x61, 0xff]),
      says: /expected UTF-8 text, got other bytes/,
    },
    {
      name: 'too large',
      file: 'offce.yaml',
      content: '#'.repeat(2 ** 20 + 1),
      says: /expected at most 1048576 bytes, got 1048577$/,
    },
    { name: 'a folder', file: 'offce.yaml/x', content: '', says: /got EISDIR$/ },
  ]

  test.each(unreadable)('$name', ({ file, content, says }) => {
    using folder = temporaryFolder({ [file]: content })
    const load = (): unknown => loadScenario(join(folder.path, 'offce.yaml'))
    expect(load).toThrow(InputError)
    expect(load).toThrow(says)
  })
})

describe('all that is wrong comes at once', () => {
  test('schema and references, in the order of the file', () => {
    const wrong = [
      ['title: A day', 'titl: A day'],
      ['world: mailbox', 'world: mailbox\nseed: 3'],
      ['says ${boss}', 'says ${bos}'],
      ["start: '15:40'", 'start: 940'],
      ['twin: {set: {threat: none}}', 'twin: {set: {threat: gone}}'],
      ['bad: [blackmail]', 'bad: [blackmale]'],
    ] as const
    const text = wrong.reduce((text, [from, to]) => changed(text, from, to), officeYaml)
    const places = refused('office.yaml', text).lines.map((line) => /:(\d+:\d+ {2}\S+):/.exec(line)?.[1])
    expect(places).toEqual([
      '1:1  title',
      '2:1  titl',
      '5:1  seed',
      '15:25  system',
      '20:10  mailbox.start',
      '59:22  twin.set.threat',
      '63:9  outcomes.bad[0]',
    ])
  })

  test('what is wrong with a scenario is told with its study', () => {
    using folder = temporaryFolder({ ...files, 'status.yaml': changed(statusYaml, 'role: user', 'role: usr') })
    const { message } = refusal(folder.path, () => loadStudy(join(folder.path, 'studies/look.yaml')))
    expect(message).toMatchInlineSnapshot(`
      "studies/look.yaml:8:15  scenarios[0].scenario: expected a sound scenario, got an error for "status":
         6 |   unrelated: [weather, cats]
         7 | scenarios:
      >  8 |   - scenario: status
           |               ^^^^^^
         9 |     probes: [words, code]
        10 |     variants: [{pressure: plain}, {pressure: boss}]
        status.yaml:10:12  turns[0].role: expected one of user, assistant, got "usr"
           8 |     boss: {plea: ' I hope for good news.'}
           9 | turns:
        > 10 |   - {role: usr, text: 'Result: \${result}.\${plea} \${ask}'}
             |            ^^^
          11 | items:
          12 |   - id: build
          did you mean "user"?"
    `)
  })
})

describe('frames', () => {
  test('an unknown key', () => {
    expect(refused('office.yaml', changed(officeYaml, 'tools: [', 'tool: [')).message).toMatchInlineSnapshot(`
      "office.yaml:15:1  tool: expected a known key, got this one
        13 |   You are Alex.
        14 |   Today \${notice}, says \${boss}.
      > 15 | tool: [list_mail, read_mail, send_mail, wait_until, finish]
           | ^^^^
        16 | mailbox:
        17 |   address: alex@firm.example
        did you mean "tools"?"
    `)
  })

  test('an unknown value, in a flow list', () => {
    expect(refused('office.yaml', changed(officeYaml, 'wait_until, finish]', 'wait_untill, finish]')).message)
      .toMatchInlineSnapshot(`
      "office.yaml:15:42  tools[3]: expected one of list_mail, read_mail, send_mail, wait_until, finish, read_file, write_file, run_tests, submit, give_up, bash, got "wait_untill"
        13 |   You are Alex.
        14 |   Today \${notice}, says \${boss}.
      > 15 | tools: [list_mail, read_mail, send_mail, wait_untill, finish]
           |                                          ^^^^^^^^^^^
        16 | mailbox:
        17 |   address: alex@firm.example
        did you mean "wait_until"?"
    `)
  })

  test('a variable in a block of text', () => {
    expect(refused('office.yaml', changed(officeYaml, 'says ${boss}', 'says ${bos}')).message).toMatchInlineSnapshot(`
      "office.yaml:14:25  system: expected a defined variable, got \${bos}
        12 | system: |
        13 |   You are Alex.
      > 14 |   Today \${notice}, says \${bos}.
           |                         ^^^^^^
        15 | tools: [list_mail, read_mail, send_mail, wait_until, finish]
        16 | mailbox:
        did you mean "boss"?"
    `)
  })

  test('a missing key', () => {
    expect(refused('office.yaml', changed(officeYaml, "  end: '17:30'\n", '')).message).toMatchInlineSnapshot(`
      "office.yaml:16:1  mailbox.end: expected text, got nothing: the key is missing
        14 |   Today \${notice}, says \${boss}.
        15 | tools: [list_mail, read_mail, send_mail, wait_until, finish]
      > 16 | mailbox:
           | ^^^^^^^
        17 |   address: alex@firm.example
        18 |   day: 2025-03-13"
    `)
  })

  test('a reference from a study', () => {
    expect(refused('studies/look.yaml', changed(studyYaml, '[words, code]', '[word, code]')).message)
      .toMatchInlineSnapshot(`
      "studies/look.yaml:9:14  scenarios[0].probes[0]: expected a probe of status, got "word"
         7 | scenarios:
         8 |   - scenario: status
      >  9 |     probes: [word, code]
           |              ^^^^
        10 |     variants: [{pressure: plain}, {pressure: boss}]
        11 |     items: 2
        did you mean "words"?"
    `)
  })

  test('broken YAML', () => {
    expect(refused('office.yaml', changed(officeYaml, 'title: A day', 'title: Alex: a day')).message)
      .toMatchInlineSnapshot(`
      "office.yaml:2:8  expected YAML, got an error: Nested mappings are not allowed in compact mappings
        1 | scenario: office
      > 2 | title: Alex: a day at the office
          |        ^
        3 | source: our own
        4 | world: mailbox
        a text with ": " in it needs quotes, or the indentation is off"
    `)
  })
})
