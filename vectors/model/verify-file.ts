import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Home } from './home.ts'
import { readJson, writeJson } from './json-file.ts'

export interface HashOptions {
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const VerifiedFiles = z.record(z.string(), z.object({ bytes: z.number(), mtimeMs: z.number(), sha256: z.string() }))

/** SHA-256 of a file, lower-case hex, read as a stream. */
export async function sha256File(path: string, options: HashOptions = {}): Promise<string> {
  const total = (await stat(path)).size
  const hash = createHash('sha256')
  let done = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal: options.signal })) {
    const bytes = chunk as Buffer
    hash.update(bytes)
    done += bytes.length
    options.onProgress?.({ done, total })
  }
  return hash.digest('hex')
}

/**
 * SHA-256 of a file, taken from `verified.json` when size and modification time are those of the last hashing: a model of
 * 1 GB is not read twice at every start.
 */
export async function verifiedSha256(home: Home, path: string, options: HashOptions = {}): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  const entry = (await readVerified(home))[path]
  if (entry !== undefined && entry.bytes === size && entry.mtimeMs === mtimeMs) return entry.sha256
  const sha256 = await sha256File(path, options)
  await rememberVerified(home, path, sha256)
  return sha256
}

/** Notes that the file, as it is now, has this SHA-256. */
export async function rememberVerified(home: Home, path: string, sha256: string): Promise<void> {
  const { size, mtimeMs } = await stat(path)
  const files = { ...(await readVerified(home)), [path]: { bytes: size, mtimeMs, sha256 } }
  // Only a cache: a home that cannot be written (a read-only image) costs a hashing at every start, nothing else.
  await writeJson(verifiedPath(home), files).catch(() => undefined)
}

async function readVerified(home: Home): Promise<z.infer<typeof VerifiedFiles>> {
  return (await readJson(verifiedPath(home), VerifiedFiles).catch(() => undefined)) ?? {}
}

function verifiedPath(home: Home): string {
  return join(home.models, 'verified.json')
}
