import { createHash } from 'node:crypto'
import { constants, readlinkSync, type Stats } from 'node:fs'
import { SandboxInfraError, SandboxPathError } from '../errors.ts'
import type { Entry, Snapshot } from '../types.ts'
import { at, entryAt, errnoOf, namesIn, openRoot, permitted, reopen, statOf, withOpen } from './descriptor.ts'
import { decodeName, partsOf } from './path-bytes.ts'
import { readUpTo } from './transfer.ts'

/** What a snapshot may hold. A directory with more is refused: half a snapshot would hide what lies in the other half. */
export interface SnapshotCaps {
  /** @default 20,000 */
  readonly entries: number
  /** Of all files together, by the size they claim. @default 256 MiB */
  readonly bytes: number
  /** Directories inside each other. @default 64 */
  readonly depth: number
  /** @default 1,024 */
  readonly pathBytes: number
}

const DEFAULT_CAPS: SnapshotCaps = { entries: 20_000, bytes: 256 * 2 ** 20, depth: 64, pathBytes: 1024 }

/**
 * What lies below a directory, by content. Nothing is followed, run or changed. Pipes, sockets and devices are `other`; a file that cannot
 * be read, because it is another user's, is a file without sha256. The directory itself has no entry.
 * Throws SandboxPathError (`over-cap`), and SandboxInfraError (SNAPSHOT) when reading fails.
 */
export function snapshotOf(directory: string, caps: Partial<SnapshotCaps> = {}): Snapshot {
  const walk: Walk = { caps: { ...DEFAULT_CAPS, ...caps }, entries: [], blobs: new Map(), bytes: 0 }
  try {
    withOpen(openRoot(directory), (root) => visitDirectory(walk, root, []))
  } catch (error) {
    if (error instanceof SandboxPathError) throw error
    throw new SandboxInfraError('SNAPSHOT', `cannot take a snapshot of ${directory}`, { cause: error })
  }
  return snapshotWith(walk.entries, walk.blobs)
}

/** A snapshot made of texts and bytes by path, with the directories they need. Throws SandboxPathError (`bad-path`). */
export function snapshotFromFiles(files: Readonly<Record<string, string | Uint8Array>>): Snapshot {
  const entries = new Map<string, Entry>()
  const blobs = new Map<string, Uint8Array>()
  const add = (entry: Entry): void => {
    const there = entries.get(entry.path)
    if (there !== undefined && (there.type !== 'directory' || entry.type !== 'directory'))
      throw new SandboxPathError(
        'bad-path',
        entry.path,
        `expected each path once, ${JSON.stringify(entry.path)} is there twice`,
      )
    entries.set(entry.path, entry)
  }
  for (const [path, content] of Object.entries(files)) {
    const names = partsOf(path).map(decodeName)
    for (let depth = 1; depth < names.length; depth++)
      add({ path: names.slice(0, depth).join('/'), type: 'directory', mode: 0o755, size: 0 })
    const data = Buffer.from(typeof content === 'string' ? new TextEncoder().encode(content) : content)
    add(fileEntry(names.join('/'), 0o644, data, blobs))
  }
  return snapshotWith([...entries.values()], blobs)
}

interface Walk {
  readonly caps: SnapshotCaps
  readonly entries: Entry[]
  readonly blobs: Map<string, Uint8Array>
  bytes: number
}

function visitDirectory(walk: Walk, directory: number, above: readonly string[]): void {
  for (const name of readableNames(directory)) {
    const names = [...above, decodeName(name)]
    const path = names.join('/')
    if (Buffer.byteLength(path) > walk.caps.pathBytes) throw overCap(path, `paths of ${walk.caps.pathBytes} bytes`)
    if (walk.entries.length >= walk.caps.entries) throw overCap(path, `${walk.caps.entries} entries`)
    const entry = entryIfThere(directory, name)
    if (entry !== undefined) withOpen(entry, (handle) => visit(walk, { directory, name, handle, names, path }))
  }
}

/** In a fixed order, so that the same cap is met at the same entry. Another user's directory may be closed to us. */
function readableNames(directory: number): Buffer[] {
  try {
    return namesIn(directory).toSorted((a, b) => a.compare(b))
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return []
    throw error
  }
}

/** Undefined if the entry has gone since the directory was read, or its directory may be listed but not entered. */
function entryIfThere(directory: number, name: Buffer): number | undefined {
  try {
    return entryAt(directory, name)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return undefined
    throw error
  }
}

interface Visited {
  readonly directory: number
  readonly name: Buffer
  readonly handle: number
  readonly names: readonly string[]
  readonly path: string
}

function visit(walk: Walk, { directory, name, handle, names, path }: Visited): void {
  const stat = statOf(handle)
  const mode = stat.mode & 0o777
  if (stat.isFile()) {
    walk.entries.push(readFileEntry(walk, handle, path, stat))
  } else if (stat.isDirectory()) {
    if (names.length > walk.caps.depth) throw overCap(path, `${walk.caps.depth} directories inside each other`)
    walk.entries.push({ path, type: 'directory', mode, size: 0 })
    visitDirectory(walk, handle, names)
  } else if (stat.isSymbolicLink()) {
    const target = permitted(directory, 0o100, () => readlinkSync(at(directory, name), 'buffer'))
    walk.entries.push({ path, type: 'symlink', mode, size: target.length, linkTarget: decodeName(target) })
  } else {
    walk.entries.push({ path, type: 'other', mode, size: 0 })
  }
}

function readFileEntry(walk: Walk, handle: number, path: string, stat: Stats): Entry {
  const mode = stat.mode & 0o777
  const left = walk.caps.bytes - walk.bytes
  if (stat.size > left) throw overCap(path, `${walk.caps.bytes} bytes in all files`)
  let file: number
  try {
    file = reopen(handle, constants.O_RDONLY)
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return { path, type: 'file', mode, size: stat.size }
    throw error
  }
  const data = withOpen(file, () => readUpTo(file, path, left))
  walk.bytes += data.length
  return fileEntry(path, mode, data, walk.blobs)
}

function fileEntry(path: string, mode: number, data: Uint8Array, blobs: Map<string, Uint8Array>): Entry {
  const sha256 = createHash('sha256').update(data).digest('hex')
  blobs.set(sha256, data)
  return { path, type: 'file', mode, size: data.length, sha256 }
}

const overCap = (path: string, cap: string): SandboxPathError =>
  new SandboxPathError(
    'over-cap',
    path,
    `expected a work directory of no more than ${cap}, went over it at ${JSON.stringify(path)}`,
  )

/** JSON keeps apart what UTF-8 would not: a name that is not well-formed has its escapes in it. */
function snapshotWith(unsorted: readonly Entry[], blobs: ReadonlyMap<string, Uint8Array>): Snapshot {
  const entries = unsorted.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const rows = entries.map((entry) => [
    entry.path,
    entry.type,
    entry.mode,
    entry.size,
    entry.sha256 ?? null,
    entry.linkTarget ?? null,
  ])
  return { root: createHash('sha256').update(JSON.stringify(rows)).digest('hex'), entries, blobs }
}
