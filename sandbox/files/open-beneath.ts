import { constants, fchmodSync, fchownSync, ftruncateSync, openSync } from 'node:fs'
import { type PathRefusal, SandboxInfraError, SandboxPathError } from '../errors.ts'
import { descend } from './descend.ts'
import { at, entryAt, errnoOf, openRoot, type Owner, permitted, reopen, statOf, withOpen } from './descriptor.ts'
import { partsOf } from './path-bytes.ts'
import { readUpTo, writeAll } from './transfer.ts'
import { refusal } from './refusal.ts'

export interface WriteOptions {
  readonly uid?: number
  readonly gid?: number
  /** Permission bits. @default 0o644 for a new file; those it has for one that is there */
  readonly mode?: number
}

/**
 * Contents of a regular file below `root`, of at most `maxBytes`. No link is followed on the way, and nothing but a file is opened, even
 * while other processes change the tree. Linux only. Throws SandboxPathError, and SandboxInfraError (LOST) when `root` itself is not there.
 */
export function readBeneath(root: string, path: string, maxBytes: number): Uint8Array {
  const { parents, name } = placeOf(path)
  return refusing(path, () =>
    withOpen(directoryOf(root, path, parents), (directory) =>
      withOpen(entryAt(directory, name), (entry) => {
        requireFile(entry, path)
        return withOpen(reopen(entry, constants.O_RDONLY), (file) => readUpTo(file, path, maxBytes))
      }),
    ),
  )
}

/**
 * Writes a regular file below `root`; directories that are missing are made. A file that is there keeps owner and mode, and must have one
 * name only: a second one may lie anywhere. Throws as `readBeneath`.
 */
export function writeBeneath(root: string, path: string, data: Uint8Array, options: WriteOptions = {}): void {
  const { parents, name } = placeOf(path)
  refusing(path, () =>
    withOpen(directoryOf(root, path, parents, options), (directory) => {
      const created = createFile(directory, name)
      if (created !== undefined) return withOpen(created, (file) => fill(file, data, options))
      withOpen(entryAt(directory, name), (entry) => overwrite(entry, path, data, options))
    }),
  )
}

function placeOf(path: string): { readonly parents: readonly Buffer[]; readonly name: Buffer } {
  const parts = partsOf(path)
  return { parents: parts.slice(0, -1), name: parts.at(-1) ?? Buffer.alloc(0) }
}

/** A handle on the directory `parents` below `root`. */
function directoryOf(root: string, path: string, parents: readonly Buffer[], create?: Partial<Owner>): number {
  return withOpen(rootOf(root), (from) => descend(from, path, parents, create))
}

function rootOf(root: string): number {
  try {
    return openRoot(root)
  } catch (cause) {
    throw new SandboxInfraError('LOST', `expected the work directory at ${root}, cannot open it`, { cause })
  }
}

/** A new file, open for writing; undefined if something of that name is there. */
function createFile(directory: number, name: Buffer): number | undefined {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  try {
    return permitted(directory, 0o300, () => openSync(at(directory, name), flags, 0o600))
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined
    throw error
  }
}

function fill(file: number, data: Uint8Array, { uid, gid, mode = 0o644 }: WriteOptions): void {
  if (uid !== undefined && gid !== undefined) fchownSync(file, uid, gid)
  fchmodSync(file, mode)
  writeAll(file, data)
}

function overwrite(entry: number, path: string, data: Uint8Array, options: WriteOptions): void {
  requireFile(entry, path)
  withOpen(reopen(entry, constants.O_WRONLY), (file) => {
    if (statOf(file).nlink !== 1) throw refusal('hard-link', path, 'the file has a second name, which may lie anywhere')
    ftruncateSync(file, 0)
    writeAll(file, data)
    if (options.mode !== undefined) fchmodSync(file, options.mode)
  })
}

function requireFile(entry: number, path: string): void {
  const stat = statOf(entry)
  if (stat.isFile()) return
  if (stat.isSymbolicLink()) throw refusal('link', path, 'it is a link, and links are never followed')
  throw refusal('not-a-file', path, stat.isDirectory() ? 'it is a directory' : 'it is a pipe, a socket or a device')
}

/** Runs an action on files; what the system refuses because of what lies in the directory becomes a SandboxPathError. */
function refusing<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof SandboxPathError || error instanceof SandboxInfraError) throw error
    const known = REFUSALS[errnoOf(error) ?? '']
    if (known !== undefined) throw refusal(known.code, path, known.why, error)
    throw new SandboxInfraError('LOST', `the work directory failed at ${JSON.stringify(path)}`, { cause: error })
  }
}

const REFUSALS: Readonly<Record<string, { readonly code: PathRefusal; readonly why: string }>> = {
  ENOENT: { code: 'missing', why: 'it does not exist' },
  ENOTDIR: { code: 'not-a-directory', why: 'what should be a directory on the way is something else' },
  ELOOP: { code: 'link', why: 'it is a link, and links are never followed' },
  ENAMETOOLONG: { code: 'bad-path', why: 'the path is too long for the system' },
  EACCES: { code: 'denied', why: 'permission is denied' },
  EPERM: { code: 'denied', why: 'permission is denied' },
  EROFS: { code: 'denied', why: 'it cannot be written there' },
  ETXTBSY: { code: 'busy', why: 'it is being executed' },
  EAGAIN: { code: 'busy', why: 'another process holds it' },
  ENOSPC: { code: 'no-space', why: 'the work directory is full' },
  EDQUOT: { code: 'no-space', why: 'the work directory is full' },
  EFBIG: { code: 'no-space', why: 'the file would be too large' },
}
