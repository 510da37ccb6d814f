import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { InfraError, InputError } from '../errors.ts'
import { sampleStore, tempFolder } from './fixtures/sample.ts'
import { migrations } from './migrations.ts'
import { openStore } from './open.ts'
import { runs } from './read.ts'

const errorOf = (work: () => unknown): Error => {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('expected an error, got none')
}

/** Runs `work` without root's right to write everywhere. */
const asNobody = (work: () => void): void => {
  if (process.getuid?.() !== 0) return work()
  process.seteuid?.(65_534)
  try {
    work()
  } finally {
    process.seteuid?.(0)
  }
}

describe('openStore', () => {
  it('makes a file with the newest schema, in WAL mode, with foreign keys, all tables strict', () => {
    using folder = tempFolder()
    using store = openStore(folder.file)
    expect(
      ['user_version', 'journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map((name) => store.pragma(name)),
    ).toEqual([migrations.length, 'wal', 1, 1, 5000])
    const loose = store.all(
      `SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'`,
    )
    expect(loose).toEqual([])
    expect(store.all(`SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name`)).toEqual([
      { name: 'rates' },
      { name: 'vitals' },
      { name: 'vitals_by_attempt' },
    ])
  })

  it('keeps what was stored when it is opened again', () => {
    using folder = tempFolder()
    sampleStore(folder.file).store[Symbol.dispose]()
    using again = openStore(folder.file)
    expect(runs(again)).toHaveLength(1)
  })

  // Two races were found here, in one opening of 30 and one of 900: a change to WAL mode is refused at once while another
  // process holds the file, and a file that is filled between two reads looks like another program's.
  it('eight processes that open a new file at once all succeed, forty times', async () => {
    using folder = tempFolder()
    const script = join(import.meta.dirname, 'fixtures', 'opener.ts')
    const start = String(Date.now() + 4000)
    const children = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['--import', 'tsx', script, folder.path, '40', start], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    )
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown))
    expect(codes).toEqual(Array.from({ length: 8 }, () => 0))
    for (let n = 0; n < 40; n += 1) {
      using store = openStore(join(folder.path, `${n}.db`), { readonly: true })
      expect(runs(store)).toHaveLength(8)
    }
  })

  it('opens an empty file as a new database', () => {
    using folder = tempFolder()
    writeFileSync(folder.file, '')
    using store = openStore(folder.file)
    expect(store.pragma('user_version')).toBe(migrations.length)
  })

  it('refuses a newer version and leaves it as it was', () => {
    using folder = tempFolder()
    openStore(folder.file)[Symbol.dispose]()
    const raw = new Database(folder.file)
    raw.pragma('user_version = 99')
    raw.close()
    const error = errorOf(() => openStore(folder.file))
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toContain(
      `has database version 99, this duress knows versions up to ${migrations.length}: update duress`,
    )
    const after = new Database(folder.file)
    expect(after.pragma('user_version', { simple: true })).toBe(99)
    after.close()
  })

  it('refuses to read an older version without writing', () => {
    using folder = tempFolder()
    writeFileSync(folder.file, '')
    expect(errorOf(() => openStore(folder.file, { readonly: true })).message).toContain(
      `has database version 0, expected ${migrations.length}: open it once for writing`,
    )
    expect(readFileSync(folder.file)).toHaveLength(0)
  })

  it('refuses a database of something else', () => {
    using folder = tempFolder()
    const raw = new Database(folder.file)
    raw.exec('CREATE TABLE bookmark (id INTEGER PRIMARY KEY)')
    raw.close()
    const error = errorOf(() => openStore(folder.file))
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toContain('is an SQLite database, but not one of duress')
  })

  it.each([
    ['text', (file: string) => writeFileSync(file, 'scenario: alex\n'.repeat(200)), {}, 'is not a database'],
    ['a folder', (file: string) => mkdirSync(file), {}, 'is a folder'],
    ['a missing file, read only', () => {}, { readonly: true }, 'no such database'],
  ])('refuses %s', (_, prepare, options, text) => {
    using folder = tempFolder()
    prepare(folder.file)
    const error = errorOf(() => openStore(folder.file, options))
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toContain(text)
    expect(error.message).toContain('--db')
  })

  it('refuses a folder that does not exist', () => {
    using folder = tempFolder()
    expect(errorOf(() => openStore(join(folder.path, 'no', 'a.db'))).message).toContain('the folder does not exist')
  })

  it('refuses a read-only file, and a folder that may not be written, where SQLite cannot keep its log', () => {
    using folder = tempFolder()
    openStore(folder.file)[Symbol.dispose]()
    chmodSync(folder.file, 0o444)
    chmodSync(folder.path, 0o555)
    asNobody(() => {
      const file = errorOf(() => openStore(folder.file))
      const fresh = errorOf(() => openStore(join(folder.path, 'new.db')))
      const reader = errorOf(() => openStore(folder.file, { readonly: true }))
      for (const error of [file, fresh, reader]) {
        expect(error).toBeInstanceOf(InputError)
        expect(error.message).toMatch(/in a writable folder.*--db/)
      }
    })
    chmodSync(folder.path, 0o755)
  })

  it('a read-only store reads and refuses writes', () => {
    using folder = tempFolder()
    sampleStore(folder.file).store[Symbol.dispose]()
    using store = openStore(folder.file, { readonly: true })
    expect(runs(store)).toHaveLength(1)
    expect(errorOf(() => store.run('DELETE FROM run')).message).toContain('may not be written')
  })

  it('says who is in the way when another writer holds the lock', () => {
    using folder = tempFolder()
    const { store: mine } = sampleStore(folder.file, { busyTimeoutMs: 20 })
    using store = mine
    const other = new Database(folder.file)
    other.exec('BEGIN IMMEDIATE')
    const error = errorOf(() => store.run(`UPDATE run SET title = 'x'`))
    expect(error).toBeInstanceOf(InfraError)
    expect(error.message).toContain('is being written by another process')
    other.close()
    expect(store.run(`UPDATE run SET title = 'x'`).changes).toBe(1)
  })
})
