import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../store/open.ts'
import { type Desk, openDesk, openStage, type Stage, type StartOptions } from './stage.ts'

const ALEX = [{ scenario: 'alex-replacement', epochs: 1 }]

let stage: Stage
let desk: Desk
beforeAll(async () => {
  stage = await openStage()
  desk = openDesk(stage)
  chmodSync(desk.folder, 0o755)
})
afterAll(() => desk?.[Symbol.dispose]())

/** Runs and expects a refusal that a user can act on: one paragraph, no stack, no result. */
async function refused(args: readonly string[], code: 2 | 3, options: StartOptions = {}) {
  const { exitCode, stderr, stdout } = await desk.start(args, options)
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: code, stdout: '' })
  expect(stderr).not.toMatch(/\n\s+at |bug in duress|node:internal/)
  expect(stderr.trim()).not.toBe('')
  return stderr.trim()
}

describe('a wrong study or model is refused with exit 2', () => {
  const studies: readonly {
    name: string
    parts: object
    args?: readonly string[]
    says: readonly (string | RegExp)[]
  }[] = [
    {
      name: 'unknown-model',
      parts: { scenarios: ALEX },
      args: ['--model', 'qwen2.5-coder-1b'],
      says: ['unknown model "qwen2.5-coder-1b"', 'did you mean "qwen2.5-coder-'],
    },
    {
      name: 'no-such-file',
      parts: { scenarios: ALEX },
      args: ['--model', 'nowhere.gguf'],
      says: ['no model file at', 'nowhere.gguf'],
    },
    {
      name: 'unknown-vector',
      parts: { scenarios: ALEX, vectors: ['desparate'] },
      says: ['desparate', /did you mean .*desperate/i, /unknown-vector\.yaml:\d+:\d+/],
    },
    { name: 'strong', parts: { scenarios: ALEX, strengths: [11] }, says: ['11', '10', /strong\.yaml:\d+:\d+/, '^'] },
    {
      name: 'zero',
      parts: { scenarios: [{ ...ALEX[0], strengths: [0] }] },
      says: ['the baseline is always run', /zero\.yaml:\d+:\d+/],
    },
    { name: 'deep', parts: { scenarios: ALEX, layer: 99 }, says: ['layer 99 is out of range', '0 to 3'] },
    {
      name: 'no-scenario',
      parts: { scenarios: [{ scenario: 'alex-replacment', epochs: 1 }] },
      says: ['alex-replacment', 'alex-replacement', /no-scenario\.yaml:\d+:\d+/],
    },
    {
      name: 'no-probe',
      parts: { scenarios: [{ ...ALEX[0], probes: ['choise'] }] },
      says: ['choise', 'choice', /no-probe\.yaml:\d+:\d+/],
    },
  ]
  test.each(studies)('$name', async ({ name, parts, args = [], says }) => {
    const stderr = await refused(['run', desk.study(name, parts), ...args], 2)
    for (const part of says) expect(stderr).toMatch(part instanceof RegExp ? part : literal(part))
  })

  test('a study that nobody has', async () => {
    expect(await refused(['run', 'first-lok'], 2)).toMatch(/no study "first-lok".*first-look/)
    expect(await refused(['run', 'nowhere.yaml'], 2)).toContain('nowhere.yaml')
  })

  test('a misspelt key: place, line and a caret under it', async () => {
    const text =
      'study: misspelt\ntitle: Misspelt\nvectors: [desperate]\nscenarios:\n  - scenario: alex-replacement\n    probes: [choice]\n    epoch: 2\n'
    writeFileSync(desk.path('misspelt.yaml'), text)
    const stderr = await refused(['run', desk.path('misspelt.yaml')], 2)
    expect(stderr).toMatch(/misspelt\.yaml:7:5\b/)
    expect(stderr).toMatch(/epochs/)
    const lines = stderr.split('\n')
    const caret = lines.findIndex((line) => line.includes('^'))
    expect(lines[caret]!.indexOf('^')).toBe(lines[caret - 1]!.indexOf('epoch: 2'))
  })

  test('options out of range', async () => {
    const study = desk.study('options', { scenarios: ALEX })
    expect(await refused(['run', study, '--epochs', '0'], 2)).toContain('from 1 up')
    expect(await refused(['run', study, '--epoch', '1'], 2)).toContain('--epochs')
    expect(await refused(['run', study, '--report', 'nowhere/report.html'], 2)).toContain('nowhere')
  })

  test.each([
    { name: 'cut', spoil: (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), says: /cut\.gguf/ },
    { name: 'short', spoil: (bytes: Buffer) => bytes.subarray(0, 100), says: /short\.gguf/ },
    {
      name: 'magic',
      spoil: (bytes: Buffer) => Buffer.concat([Buffer.from('GGML'), bytes.subarray(4)]),
      says: /expected a GGUF file.*"GGML"/,
    },
  ])('a corrupt model file: $name', async ({ name, spoil, says }) => {
    const model = desk.path(`${name}.gguf`)
    writeFileSync(model, spoil(readFileSync(stage.model)))
    expect(await refused(['run', desk.study(name, { scenarios: ALEX, model })], 2)).toMatch(says)
  })
})

const literal = (text: string): RegExp => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))

describe('databases', () => {
  let study: string
  beforeAll(() => {
    study = desk.study('plain', { scenarios: ALEX })
  })
  const sqlite = (name: string, work: (db: Database.Database) => void) => {
    openStore(desk.path(name))[Symbol.dispose]()
    const db = new Database(desk.path(name))
    work(db)
    db.close()
  }

  test('of a newer duress', async () => {
    sqlite('newer.db', (db) => db.pragma('user_version = 99'))
    expect(await refused(['run', study, '--db', 'newer.db'], 2)).toMatch(/version 99.*update duress/)
    expect(await refused(['report', '--db', 'newer.db'], 2)).toMatch(/version 99/)
  })

  test('that are none, or not ours', async () => {
    writeFileSync(desk.path('text.db'), 'not a database at all, but long enough to be looked at'.repeat(40))
    expect(await refused(['run', study, '--db', 'text.db'], 2)).toContain('is not a database')
    const other = new Database(desk.path('other.db'))
    other.exec('CREATE TABLE other (a)')
    other.close()
    expect(await refused(['run', study, '--db', 'other.db'], 2)).toContain('not one of duress')
    expect(await refused(['run', study, '--db', 'nowhere/duress.db'], 2)).toContain('folder does not exist')
  })

  test('that another process is writing: infrastructure, exit 3', async () => {
    openStore(desk.path('locked.db'))[Symbol.dispose]()
    using holder = openStore(desk.path('locked.db'))
    holder.run('BEGIN EXCLUSIVE')
    expect(await refused(['run', study, '--db', 'locked.db'], 3)).toMatch(/written by another process/)
    holder.run('ROLLBACK')
  })

  test('that may not be written', async ({ skip }) => {
    // Root may write anything, so it steps down.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {}
    const { failed } = await desk.start(['vectors', 'list'], nobody)
    skip(failed, 'nobody cannot read the folder of the project')
    openStore(desk.path('readonly.db'))[Symbol.dispose]()
    chmodSync(desk.path('readonly.db'), 0o444)
    chmodSync(desk.folder, 0o555)
    expect(await refused(['run', study, '--db', 'readonly.db'], 2, nobody)).toMatch(/readonly\.db .*writable/)
    chmodSync(desk.folder, 0o755)
  })

  test('without a run', async () => {
    openStore(desk.path('empty.db'))[Symbol.dispose]()
    expect(await refused(['report', '--db', 'empty.db'], 2)).toContain('holds no run yet')
    expect(await refused(['report', '--db', 'missing.db'], 2)).toContain('no such database')
    expect(() => statSync(desk.path('missing.db'))).toThrow('ENOENT')
  })
})

describe('a home that cannot be written is infrastructure, exit 3', () => {
  test.each(['graphs', 'vectors'])(
    '%s is a file',
    async (part) => {
      const home = desk.path(`home-${part}`)
      mkdirSync(home)
      writeFileSync(`${home}/${part}`, '')
      const study = desk.study(`home-${part}`, { scenarios: ALEX })
      expect(await refused(['run', study, '--db', `${part}.db`], 3, { env: { DURESS_HOME: home } })).toContain(part)
      rmSync(home, { recursive: true, force: true })
    },
    60_000,
  )
})
