import { mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InfraError } from '../errors.ts'
import { cachedModelPath, type Home } from './home.ts'
import { readKnown, recordKnown } from './known.ts'
import type { ModelRef, Source } from './models.ts'
import { changed, describe } from './pull-words.ts'
import { rememberVerified, sha256File, type HashOptions } from './verify-file.ts'

export interface Fetched {
  readonly path: string
  readonly ref: ModelRef
  readonly source: Source
  readonly home: Home
  readonly hashing: HashOptions
}

/**
 * Moves a fetched file into the cache when its sha256 is the expected one and returns that; a file without a pin gets one.
 * Throws InfraError for wrong content, which is set aside as `.bad`, and InputError when a pin made by use is broken.
 */
export async function accept({ path, ref, source, home, hashing }: Fetched): Promise<string> {
  const sha256 = await sha256File(path, hashing)
  const known = ref.sha256 === undefined ? await readKnown(home, ref.id) : undefined
  const expected = ref.sha256 ?? known?.sha256 ?? sha256
  if (sha256 !== expected) {
    const bad = join(home.models, `${ref.file}.bad`)
    await rename(path, bad)
    if (known !== undefined) throw changed(ref, expected, sha256, home)
    throw new InfraError(
      `wrong content from ${describe(source)}: expected sha256 ${expected}, got ${sha256}; kept as ${bad}`,
    )
  }
  const place = cachedModelPath(home, sha256, ref.file)
  const bytes = (await stat(path)).size
  await mkdir(dirname(place), { recursive: true })
  await rename(path, place)
  await rememberVerified(home, place, sha256)
  if (ref.sha256 === undefined && known === undefined) await recordKnown(home, ref.id, { sha256, bytes })
  return sha256
}
