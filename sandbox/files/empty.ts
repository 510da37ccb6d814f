import { chmodSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { SandboxInfraError } from '../errors.ts'
import { at, entryAt, errnoOf, itself, namesIn, openRoot, statOf, withOpen } from './descriptor.ts'

/** Directories held open at a time; what lies deeper is first moved up. */
const MAX_DEPTH = 32

/** Rounds of moving up and removing. A tree of n levels takes n/32; more can only be someone adding while we remove. */
const MAX_ROUNDS = 100_000

/**
 * Removes everything below a directory: of any depth and any mode, without following a link. The directory stays, with mode 0700.
 * Throws SandboxInfraError (TEARDOWN) for what cannot be removed.
 */
export function emptyDirectory(directory: string): void {
  try {
    withOpen(openRoot(directory), emptyRoot)
  } catch (error) {
    throw new SandboxInfraError('TEARDOWN', `cannot empty ${directory}`, { cause: error })
  }
}

function emptyRoot(root: number): void {
  openUp(root)
  const moved = { count: 0 }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const names = namesIn(root)
    if (names.length === 0) return
    for (const name of names) remove({ root, directory: root, name, depth: 1, moved })
  }
  throw new Error('entries keep appearing: something still runs in it')
}

interface Removal {
  readonly root: number
  readonly directory: number
  readonly name: Buffer
  readonly depth: number
  /** How many directories were moved up so far. */
  readonly moved: { count: number }
}

function remove(removal: Removal): void {
  const { root, directory, name, depth, moved } = removal
  if (unlinked(directory, name)) return
  const isDirectory = withOpen(entryAt(directory, name), (child) => {
    if (!statOf(child).isDirectory()) return false
    openUp(child)
    if (depth < MAX_DEPTH)
      for (const below of namesIn(child)) remove({ root, directory: child, name: below, depth: depth + 1, moved })
    return true
  })
  if (!isDirectory) return
  if (depth < MAX_DEPTH) return rmdirSync(at(directory, name))
  moveUp(removal)
}

/** False for a directory. */
function unlinked(directory: number, name: Buffer): boolean {
  try {
    unlinkSync(at(directory, name))
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    if (errnoOf(error) === 'EISDIR') return false
    throw error
  }
}

/** Of our own directories the mode must not hinder us; those of others we may not change, and may not need to. */
function openUp(directory: number): void {
  try {
    chmodSync(itself(directory), 0o700)
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error
  }
}

/** To the root, under a name that nothing there has. */
function moveUp({ root, directory, name, moved }: Removal): void {
  for (;;) {
    moved.count++
    try {
      return renameSync(at(directory, name), at(root, Buffer.from(`.moved-up-${moved.count}`)))
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error
    }
  }
}
