import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EXTRACT_VERSION, type Recipe } from './recipe.ts'
import { loadVectorSet, saveVectorSet, type VectorSet } from './set.ts'

/** Everything that a vector set is a function of. */
export interface SetIdentity {
  readonly modelSha256: string
  readonly tokenizerHash: string
  readonly graphVersion: string
  readonly corpusHash: string
  readonly recipe: Recipe
  readonly layers: readonly number[]
}

/** Where the set of this identity lies in the cache. */
export function vectorSetPath(folder: string, identity: SetIdentity): string {
  const { modelSha256, tokenizerHash, graphVersion, corpusHash, recipe, layers } = identity
  const text = JSON.stringify([modelSha256, tokenizerHash, graphVersion, corpusHash, recipe, layers, EXTRACT_VERSION])
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return join(folder, modelSha256.slice(0, 16), `${name}.safetensors`)
}

/** The stored set, or a new one made and stored. */
export async function obtainVectorSet(
  path: string,
  make: () => Promise<VectorSet>,
): Promise<{ readonly set: VectorSet; readonly path: string; readonly isNew: boolean }> {
  if (existsSync(path)) return { set: loadVectorSet(path), path, isNew: false }
  const set = await make()
  mkdirSync(join(path, '..'), { recursive: true })
  saveVectorSet(path, set)
  return { set, path, isNew: true }
}
