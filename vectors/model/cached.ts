import { readFileSync, statSync } from 'node:fs'
import { cachedModelPath, duressHome, type Environment } from './home.ts'
import { KnownFiles, knownPath, type KnownFile } from './known.ts'
import { inPlacePath, resolveModel } from './registry.ts'

/**
 * Path of a model that is on this disk and has the right size, or undefined. Reads no content: `pullModel` verifies.
 * @throws InputError when the name means nothing.
 */
export function findCachedModel(id: string, env: Environment): string | undefined {
  const ref = resolveModel(id)
  const here = inPlacePath(ref)
  if (here !== undefined) return sizeOf(here) === undefined ? undefined : here
  const home = duressHome(env)
  const known = ref.sha256 === undefined ? knownFile(knownPath(home), ref.id) : undefined
  const sha256 = ref.sha256 ?? known?.sha256
  if (sha256 === undefined) return undefined
  const path = cachedModelPath(home, sha256, ref.file)
  return sizeOf(path) === (ref.bytes ?? known?.bytes) ? path : undefined
}

function sizeOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true ? found.size : undefined
}

function knownFile(path: string, id: string): KnownFile | undefined {
  try {
    return KnownFiles.parse(JSON.parse(readFileSync(path, 'utf8')))[id]
  } catch {
    return undefined
  }
}
