import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../errors.ts'
import { takeLock } from '../model/lock.ts'
import { type Journal, openJournal } from './journal.ts'
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

export interface ObtainOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process is making the same set. */
  readonly onWait?: ((holder: string) => void) | undefined
}

/**
 * The stored set, or a new one made and stored. What `make` reads on the way goes into a journal beside the set, so that the same call after
 * any kill goes on where it was and gives the same bytes; two processes take turns, and the second finds the set of the first.
 * Errors: InputError when the file that lies there is no such set; InfraError when the other process takes too long.
 */
export async function obtainVectorSet(
  folder: string,
  identity: SetIdentity,
  make: (journal: Journal) => Promise<VectorSet>,
  options: ObtainOptions = {},
): Promise<{ readonly set: VectorSet; readonly path: string; readonly isNew: boolean }> {
  const path = vectorSetPath(folder, identity)
  const load = () => ({ set: checkIdentity(path, loadVectorSet(path), identity), path, isNew: false })
  const partial = `${path}.partial`
  if (existsSync(path) && !existsSync(partial)) return load()
  mkdirSync(dirname(path), { recursive: true })
  await using _lock = await takeLock(`${path}.lock`, options)
  if (existsSync(path)) {
    rmSync(partial, { force: true })
    return load()
  }
  clearDrafts(path)
  const set = await making(partial, make)
  saveVectorSet(path, set)
  rmSync(partial, { force: true })
  return { set, path, isNew: true }
}

/** Where the set of this identity lies in the cache. */
function vectorSetPath(folder: string, identity: SetIdentity): string {
  const { modelSha256, tokenizerHash, graphVersion, corpusHash, recipe, layers } = identity
  const text = JSON.stringify([modelSha256, tokenizerHash, graphVersion, corpusHash, recipe, layers, EXTRACT_VERSION])
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return join(folder, modelSha256.slice(0, 16), `${name}.safetensors`)
}

async function making(partial: string, make: (journal: Journal) => Promise<VectorSet>): Promise<VectorSet> {
  using journal = openJournal(partial)
  // Awaited here: the journal must stay open.
  return await make(journal)
}

/** What a process left that was killed while it wrote the set. */
function clearDrafts(path: string): void {
  const draft = new RegExp(String.raw`^${basename(path).replaceAll('.', String.raw`\.`)}\.\d+\.tmp$`)
  for (const name of readdirSync(dirname(path)))
    if (draft.test(name)) rmSync(join(dirname(path), name), { force: true })
}

/** A file that was put there by hand may be another set. */
function checkIdentity(path: string, set: VectorSet, identity: SetIdentity): VectorSet {
  const expected: readonly (readonly [string, string, string])[] = [
    ['model', identity.modelSha256, set.modelSha256],
    ['tokenizer', identity.tokenizerHash, set.tokenizerHash],
    ['corpus', identity.corpusHash, set.corpusHash],
    ['recipe', JSON.stringify(identity.recipe), JSON.stringify(set.recipe)],
    ['list of layers', ascending(identity.layers), ascending(set.layers.keys())],
    ['version', EXTRACT_VERSION, set.version],
  ]
  const wrong = expected.find(([, wanted, got]) => wanted !== got)
  if (!wrong) return set
  const [what, wanted, got] = wrong
  throw new InputError(
    `${path}: this vector set is of another ${what}: expected ${short(wanted)}, got ${short(got ?? 'none')}. Delete the file and extract again`,
  )
}

const ascending = (layers: Iterable<number>): string => [...new Set(layers)].toSorted((a, b) => a - b).join(', ')
const short = (text: string): string => (/^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text)
