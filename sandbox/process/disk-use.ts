import { lstatSync, readdirSync } from 'node:fs'
import { errnoOf } from '../files/descriptor.ts'
import type { Limits } from '../types.ts'

const BLOCK_BYTES = 512

/**
 * Whether a folder holds more bytes or more entries than it may, as seen in one walk that follows no link. A tree so deep that its paths
 * cannot be named counts as too much: what lies below could be of any size.
 */
export function exceedsDisk(root: string, { diskBytes, inodes }: Pick<Limits, 'diskBytes' | 'inodes'>): boolean {
  let bytes = 0
  let entries = 0
  for (const folders = [root]; folders.length > 0;) {
    const folder = folders.pop() ?? root
    for (const name of namesIn(folder)) {
      if (name === TOO_DEEP) return true
      const path = `${folder}/${name}`
      const stat = statOf(path)
      if (stat === TOO_DEEP) return true
      if (stat === undefined) continue
      entries++
      bytes += stat.blocks * BLOCK_BYTES
      if (bytes > diskBytes || entries > inodes) return true
      if (stat.isDirectory()) folders.push(path)
    }
  }
  return false
}

const TOO_DEEP = Symbol('too deep')

const namesIn = (folder: string): readonly (string | typeof TOO_DEEP)[] =>
  unlessTooDeep(() => readdirSync(folder), [TOO_DEEP]) ?? []

const statOf = (path: string) => unlessTooDeep(() => lstatSync(path), TOO_DEEP)

/** Undefined for what went away meanwhile or is closed to us. */
function unlessTooDeep<T, D>(look: () => T, tooDeep: D): T | D | undefined {
  try {
    return look()
  } catch (error) {
    return errnoOf(error) === 'ENAMETOOLONG' ? tooDeep : undefined
  }
}
