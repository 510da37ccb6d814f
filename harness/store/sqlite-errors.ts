import Database from 'better-sqlite3'
import { InfraError, InputError } from '../errors.ts'

type Kind = typeof InfraError | typeof InputError

/** First word of SQLite's result code -> who is to blame, what is wrong, what to do. https://www.sqlite.org/rescode.html */
const causes: Readonly<Record<string, { readonly kind: Kind; readonly text: string }>> = {
  NOTADB: { kind: InputError, text: 'is not a database: give another file with --db' },
  CANTOPEN: {
    kind: InputError,
    text: 'cannot be opened; it must be a file in a writable folder: give another with --db, or copy it to one',
  },
  READONLY: { kind: InputError, text: 'may not be written: give a writable file in a writable folder with --db' },
  PERM: { kind: InputError, text: 'may not be accessed: check its permissions, or give another file with --db' },
  BUSY: {
    kind: InfraError,
    text: 'is being written by another process that did not let go in time: wait for it or stop it, then run the same command again',
  },
  FULL: {
    kind: InfraError,
    text: 'cannot grow, the disk is full: free some space and run the same command again; what was stored is kept',
  },
  IOERR: {
    kind: InfraError,
    text: 'could not be read or written by the disk: check the disk, then run the same command again',
  },
  CORRUPT: { kind: InfraError, text: 'is damaged: restore a copy, or give a new file with --db' },
  CONSTRAINT: { kind: InfraError, text: 'refused a row that breaks its rules' },
}

/** Turns what SQLite throws into InputError or InfraError that says what to do; anything else passes unchanged. */
export const storeError = (error: unknown, path: string): unknown => {
  if (!(error instanceof Database.SqliteError)) return error
  const known = causes[error.code.split('_')[1] ?? '']
  const Kind = known?.kind ?? InfraError
  return new Kind(`${path} ${known?.text ?? 'failed'} (${error.code}: ${error.message})`, { cause: error })
}
