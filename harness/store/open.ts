import { existsSync, statSync } from 'node:fs'
import { endianness } from 'node:os'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { InfraError, InputError } from '../errors.ts'
import { checkVersion, migrate, migrations } from './migrations.ts'
import { storeError } from './sqlite-errors.ts'

export interface OpenOptions {
  /** Reads only: nothing is created or migrated. @default false */
  readonly readonly?: boolean
  /** How long a write waits for another writer. @default 5000 */
  readonly busyTimeoutMs?: number
}

/**
 * Opens a database file, creating and migrating it unless `readonly`.
 * @throws InputError: not ours, newer, missing or not writable. InfraError: locked, full or damaged. Both say what to do.
 */
export const openStore = (path: string, { readonly = false, busyTimeoutMs = 5000 }: OpenOptions = {}): Store => {
  if (endianness() !== 'LE')
    throw new InfraError('expected a little-endian machine: arrays are stored as they lie in memory')
  checkPlace(path, readonly)
  const database = openFile(path, readonly, busyTimeoutMs)
  try {
    prepareFile(database, path, readonly, busyTimeoutMs)
  } catch (error) {
    database.close()
    throw storeError(error, path)
  }
  return new Store(path, database)
}

/** An open database. Statements are prepared once; only files of this folder call its methods. */
export class Store {
  readonly path: string
  readonly #database: Database.Database
  readonly #statements = new Map<string, Database.Statement>()

  constructor(path: string, database: Database.Database) {
    this.path = path
    this.#database = database
  }

  /** Runs `work` as one transaction: all of it is stored, or nothing. Takes the write lock at once. */
  write<T>(work: () => T): T {
    return this.#told(() => this.#database.transaction(work).immediate())
  }

  run(sql: string, values: object = {}): { readonly changes: number; readonly id: number } {
    const { changes, lastInsertRowid } = this.#told(() => this.#statement(sql).run(values))
    return { changes, id: Number(lastInsertRowid) }
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the statement's text fixes the row, the caller names it
  get<Row>(sql: string, values: object = {}): Row | undefined {
    return this.#told(() => this.#statement(sql).get(values)) as Row | undefined
  }

  all<Row>(sql: string, values: object = {}): Row[] {
    return this.#told(() => this.#statement(sql).all(values)) as Row[]
  }

  pragma(text: string): unknown {
    return this.#told(() => this.#database.pragma(text, { simple: true }))
  }

  /** Closes the file; the write-ahead log is folded in when nobody else has it open. */
  [Symbol.dispose](): void {
    this.#database.close()
  }

  #statement(sql: string): Database.Statement {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #told<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw storeError(error, this.path)
    }
  }
}

const checkPlace = (path: string, readonly: boolean): void => {
  if (readonly && !existsSync(path))
    throw new InputError(`${path}: no such database; run a study first, or give its file with --db`)
  if (!existsSync(dirname(path)))
    throw new InputError(`${path}: the folder does not exist; create it, or give another file with --db`)
  if (existsSync(path) && statSync(path).isDirectory())
    throw new InputError(`${path} is a folder; give a file with --db`)
}

const openFile = (path: string, readonly: boolean, timeout: number): Database.Database => {
  try {
    return new Database(path, { readonly, fileMustExist: readonly, timeout })
  } catch (error) {
    throw storeError(error, path)
  }
}

const prepareFile = (database: Database.Database, path: string, readonly: boolean, busyTimeoutMs: number): void => {
  const version = checkVersion(database, path)
  database.pragma('foreign_keys = ON')
  if (readonly && version < migrations.length) {
    throw new InputError(
      `${path} has database version ${version}, expected ${migrations.length}: open it once for writing (duress run) to bring it up to date`,
    )
  }
  if (readonly) return
  useWriteAheadLog(database, Date.now() + busyTimeoutMs)
  database.pragma('synchronous = NORMAL')
  migrate(database, path)
}

/**
 * Changing the journal mode needs the file alone for a moment. SQLite does not wait for that, whatever the busy
 * timeout: two processes that both read and both want to write would wait for each other. So the wait is here.
 */
const useWriteAheadLog = (database: Database.Database, untilMs: number): void => {
  for (;;) {
    try {
      database.pragma('journal_mode = WAL')
      return
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
      if (!busy || Date.now() > untilMs) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
