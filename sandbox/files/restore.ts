import {
  chmodSync,
  chownSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  openSync,
  symlinkSync,
} from 'node:fs'
import { SandboxInfraError } from '../errors.ts'
import type { Entry, Snapshot } from '../types.ts'
import { descend } from './descend.ts'
import { at, entryAt, itself, openRoot, type Owner, withOpen } from './descriptor.ts'
import { emptyDirectory } from './empty.ts'
import { encodeName, partsOf } from './path-bytes.ts'
import { writeAll } from './transfer.ts'

/**
 * Makes a directory what a snapshot says, whatever it holds now: it is emptied, filled and given to `owner`; its own mode becomes 0700.
 * What a snapshot has no content of is left out: `other`, and files without sha256. Times are not restored, nor are hard links.
 * Throws SandboxInfraError (TEARDOWN, SNAPSHOT).
 */
export function restoreTo(directory: string, snapshot: Snapshot, owner?: Owner): void {
  emptyDirectory(directory)
  try {
    withOpen(openRoot(directory), (root) => {
      for (const entry of snapshot.entries) make(root, entry, snapshot, owner)
      // Only now, and inside first: a directory may be one that its owner cannot write to or enter.
      for (const entry of snapshot.entries.toReversed()) if (entry.type === 'directory') finish(root, entry, owner)
      if (owner !== undefined) chownSync(itself(root), owner.uid, owner.gid)
      chmodSync(itself(root), 0o700)
    })
  } catch (error) {
    if (error instanceof SandboxInfraError) throw error
    throw new SandboxInfraError('SNAPSHOT', `cannot restore ${directory}`, { cause: error })
  }
}

/** Entries come sorted: a directory before what lies in it. */
function make(root: number, entry: Entry, snapshot: Snapshot, owner: Owner | undefined): void {
  inParent(root, entry.path, (parent, name) => {
    if (entry.type === 'directory') return mkdirSync(at(parent, name), 0o700)
    if (entry.type === 'symlink') return makeLink(parent, name, entry, owner)
    if (entry.type === 'file' && entry.sha256 !== undefined)
      return makeFile(parent, name, entry.mode, contentOf(snapshot, entry.path, entry.sha256), owner)
  })
}

function inParent(root: number, path: string, use: (parent: number, name: Buffer) => void): void {
  const names = partsOf(path)
  const name = names.pop() ?? Buffer.alloc(0)
  withOpen(descend(root, path, names), (parent) => use(parent, name))
}

function makeLink(parent: number, name: Buffer, entry: Entry, owner: Owner | undefined): void {
  symlinkSync(encodeName(entry.linkTarget ?? '', entry.path), at(parent, name))
  if (owner !== undefined) lchownSync(at(parent, name), owner.uid, owner.gid)
}

function contentOf(snapshot: Snapshot, path: string, sha256: string): Uint8Array {
  const data = snapshot.blobs.get(sha256)
  if (data !== undefined) return data
  throw new SandboxInfraError(
    'SNAPSHOT',
    `expected the snapshot to hold the content of ${JSON.stringify(path)}, ${sha256} is missing`,
  )
}

function makeFile(parent: number, name: Buffer, mode: number, data: Uint8Array, owner: Owner | undefined): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  withOpen(openSync(at(parent, name), flags, 0o600), (file) => {
    writeAll(file, data)
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid)
    fchmodSync(file, mode)
  })
}

function finish(root: number, entry: Entry, owner: Owner | undefined): void {
  inParent(root, entry.path, (parent, name) =>
    withOpen(entryAt(parent, name), (made) => {
      if (owner !== undefined) chownSync(itself(made), owner.uid, owner.gid)
      chmodSync(itself(made), entry.mode)
    }),
  )
}
