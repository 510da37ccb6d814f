import { execa } from 'execa'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadScenario } from '../scenario/load.ts'
import { scenarioSchema } from '../scenario/schema.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const unique = (words: readonly string[]): string[] => [...new Set(words)].toSorted()

function filesIn(folder: string, endings: RegExp): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.test(name))
    .map((name) => join(folder, name).split(sep).join('/'))
}

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'harness', 'reports', 'sandbox', 'scenarios', 'vectors'].flatMap((folder) => filesIn(folder, /\.md$/)),
]
const ourPages = ['README.md', 'AGENTS.md', ...filesIn('docs', /\.md$/)]
const everything = ourPages.map(read).join('\n')

/** What stands in code spans and code blocks. */
const codeIn = (text: string): string[] =>
  Array.from(text.matchAll(/^```[^\n]*\n(.*?)^```|`([^`\n]+)`/gms), ([, block, span]) => block ?? span ?? '')

/** Names of the commands that the program lists in its help. */
async function commandsOf(group: readonly string[]): Promise<Set<string>> {
  const command = ['--import', 'tsx', 'harness/cli/main.ts', ...group, '--help']
  const { stdout } = await execa(process.execPath, command, { cwd: root })
  const [, list = ''] = stdout.split('\nCommands:\n')
  return new Set(Array.from(list.matchAll(/^  ([a-z][a-z-]*)/gm), ([, name = '']) => name))
}

describe('links', () => {
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
  const anchorsOf = (text: string): string[] =>
    Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => slug(heading))

  test.each(pages)('of %s lead to files and headings that exist', (page) => {
    const text = read(page).replaceAll(/^```.*?^```/gms, '')
    const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
    const dead = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      if (!existsSync(file)) return true
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor)
    })
    expect(dead).toEqual([])
  })
})

describe('names in the pages', () => {
  test.each(ourPages)('files that %s names exist', (page) => {
    const paths = codeIn(read(page)).filter((code) => /^(docs|harness|reports|scenarios|vectors)\/[\w./-]+$/.test(code))
    expect(unique(paths).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('npm scripts exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = Array.from(everything.matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g), ([, a, b]) => a ?? b ?? '')
    expect(named).toContain('start')
    expect(unique(named).filter((name) => !(name in scripts))).toEqual([])
  })

  test('commands exist', { timeout: 120_000 }, async () => {
    const called = codeIn(everything).flatMap((code) =>
      Array.from(code.matchAll(/(?:duress|main\.js)(?: --)? ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/g), ([, a = '', b]) => ({
        first: a,
        second: b,
      })),
    )
    const top = await commandsOf([])
    const groups = unique(
      called.flatMap(({ first, second }) => (second !== undefined && top.has(first) ? [first] : [])),
    )
    const below = new Map(await Promise.all(groups.map(async (name) => [name, await commandsOf([name])] as const)))
    const isKnown = ({ first, second = '' }: (typeof called)[number]) => {
      const subcommands = below.get(first)
      return top.has(first) && (subcommands === undefined || subcommands.size === 0 || subcommands.has(second))
    }
    expect(called.length).toBeGreaterThan(10)
    expect(called.filter((call) => !isKnown(call))).toEqual([])
  })

  test('every dependency has its reason', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, object>
    const page = read('docs/dependencies.md')
    const named = new Set(Array.from(page.matchAll(/^\| ([^|]+) \|/gm), ([, cell = '']) => cell.split(', ')).flat())
    const packages = Object.keys({ ...dependencies, ...devDependencies })
    const isNamed = (name: string) => [...named].some((cell) => cell === name || cell.startsWith(`${name} `))
    expect(packages.filter((name) => !isNamed(name))).toEqual([])
  })
})

describe('the guide to scenarios', () => {
  const guide = read('docs/scenarios.md')

  test('has an example that loads', () => {
    const [, example = ''] = /^```yaml\n(.*?)^```/ms.exec(guide) ?? []
    const id = /^scenario: (.+)$/m.exec(example)?.[1] ?? 'missing'
    const folder = mkdtempSync(join(tmpdir(), 'duress-docs-'))
    try {
      writeFileSync(join(folder, `${id}.yaml`), example)
      const scenario = loadScenario(join(folder, `${id}.yaml`))
      expect(scenario.items.length).toBeGreaterThan(1)
      expect(scenario.probes.length).toBeGreaterThan(1)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('explains every key', () => {
    const explained = codeIn(guide.slice(guide.indexOf('## Keys')))
    expect(Object.keys(scenarioSchema.shape).filter((key) => !explained.includes(key))).toEqual([])
  })
})

describe('imports', () => {
  const sources = ['harness', 'vectors', 'sandbox', 'reports'].flatMap((folder) => filesIn(folder, /\.tsx?$/))
  const isTest = (file: string): boolean => /\.(test|models)\.tsx?$|\/(test|fixtures)\//.test(file)
  const edges = sources.flatMap((file) =>
    Array.from(read(file).matchAll(/^(?:import|export|\} from)\b.*?'([^']+)'$|\bimport\('([^']+)'\)/gm), ([, a, b]) => {
      const name = a ?? b ?? ''
      const to = name.startsWith('.')
        ? relative(root, resolve(root, dirname(file), name))
            .split(sep)
            .join('/')
        : name
      return { file, to, isOurs: name.startsWith('.') }
    }),
  )
  const wrong = (rule: (edge: (typeof edges)[number]) => boolean): string[] =>
    edges.filter(rule).map(({ file, to }) => `${file} -> ${to}`)

  test.each(['vectors', 'sandbox', 'reports'])('of %s stay inside it', (area) => {
    expect(
      wrong(({ file, to, isOurs }) => isOurs && file.startsWith(`${area}/`) && !to.startsWith(`${area}/`)),
    ).toEqual([])
  })

  test.each(['stats', 'scenario'])(
    'of harness/%s reach random numbers, errors, suggestions and the literal reader only',
    (name) => {
      const folder = `harness/${name}/`
      const allowed = new Set([
        'vectors/random.ts',
        'harness/errors.ts',
        'harness/suggest.ts',
        'sandbox/verdict/literal.ts',
      ])
      const leaves = (to: string) => !to.startsWith(folder) && !allowed.has(to)
      expect(wrong(({ file, to, isOurs }) => isOurs && !isTest(file) && file.startsWith(folder) && leaves(to))).toEqual(
        [],
      )
    },
  )

  test.each([
    { name: 'onnxruntime-node', by: /^vectors\/engine\/ort[\w-]*\.ts$/ },
    { name: '@vitest/runner', by: /^harness\/run\/vitest\.ts$/ },
    { name: 'better-sqlite3', by: /^harness\/store\// },
  ])('$name is imported by its wrapper', ({ name, by }) => {
    const users = edges.filter(({ to }) => to === name).map(({ file }) => file)
    expect(users.length).toBeGreaterThan(0)
    expect(users.filter((file) => !by.test(file) && !isTest(file))).toEqual([])
  })

  test('SQL stands in harness/store', () => {
    const sql = /\b(?:SELECT\s+[\w*(][^\n]*\bFROM\b|INSERT (?:OR \w+ )?INTO|DELETE FROM|CREATE (?:TABLE|VIEW|INDEX))\b/
    const holders = sources.filter((file) => !isTest(file) && sql.test(read(file)))
    expect(holders.length).toBeGreaterThan(0)
    expect(holders.filter((file) => !file.startsWith('harness/store/'))).toEqual([])
  })
})
