import type { Database } from 'better-sqlite3'
import { InputError } from '../errors.ts'
import { attempts, receiptOperations, tables, views } from './schema.ts'

/** `migrations[n]` leads from version n to n + 1. Never edit one that was released: add the next. */
export const migrations: readonly string[] = [tables + views, receiptOperations, attempts]

/** The bytes "durs" in the file's header: tells our files from other SQLite databases. */
const applicationId = 0x64757273

/**
 * Refuses a database that is not ours, or of a version that this code does not know.
 * @returns the version found; 0 for an empty file.
 */
export const checkVersion = (database: Database, path: string): number => {
  const { version, ours, empty } = readIdentity(database)
  if (!ours && !empty) {
    throw new InputError(`${path} is an SQLite database, but not one of duress: give another file with --db`)
  }
  if (version > migrations.length) {
    throw new InputError(
      `${path} has database version ${version}, this duress knows versions up to ${migrations.length}: update duress, or give another file with --db`,
    )
  }
  return version
}

/** In one transaction: between two single reads another process may fill the file, which then looks like a stranger's. */
const readIdentity = (database: Database): { version: number; ours: boolean; empty: boolean } =>
  database.transaction(() => ({
    version: Number(database.pragma('user_version', { simple: true })),
    ours: Number(database.pragma('application_id', { simple: true })) === applicationId,
    empty: database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0,
  }))()

/** Brings the database to the newest version in one transaction; two processes may try at once, one does it. */
export const migrate = (database: Database, path: string): void => {
  const steps = () => {
    const version = checkVersion(database, path)
    if (version === migrations.length) return
    for (const sql of migrations.slice(version)) database.exec(sql)
    database.pragma(`application_id = ${applicationId}`)
    database.pragma(`user_version = ${migrations.length}`)
  }
  database.transaction(steps).immediate()
}
