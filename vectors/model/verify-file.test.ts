import { createHash } from 'node:crypto'
import { stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { duressHome } from './home.ts'
import { sha256File, verifiedSha256 } from './verify-file.ts'

test('is the SHA-256 of the bytes (FIPS 180-2, "abc")', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'abc')
  await writeFile(path, 'abc')
  expect(await sha256File(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('reports every step of a file larger than one read', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'big')
  const data = Buffer.alloc(2_500_000, 7)
  await writeFile(path, data)
  const seen: number[] = []
  expect(await sha256File(path, { onProgress: ({ done }) => seen.push(done) })).toBe(sha256(data))
  expect(seen).toEqual([1_048_576, 2_097_152, 2_500_000])
})

test('an untouched file is not read again, a touched one is', async () => {
  await using folder = await temporaryFolder()
  const home = duressHome({ DURESS_HOME: folder.path })
  const path = join(folder.path, 'm.gguf')
  await writeFile(path, 'first')
  const { mtime } = await stat(path)
  const reads: number[] = []
  const onProgress = ({ done }: { done: number }) => reads.push(done)

  await utimes(path, mtime, mtime)
  expect(await verifiedSha256(home, path, { onProgress })).toBe(sha256('first'))
  expect(await verifiedSha256(home, path, { onProgress })).toBe(sha256('first'))
  expect(reads).toHaveLength(1)

  await writeFile(path, 'other')
  await utimes(path, mtime, new Date(mtime.getTime() + 1_000))
  expect(await verifiedSha256(home, path, { onProgress })).toBe(sha256('other'))
  expect(reads).toHaveLength(2)
})

test('a damaged list of verified files costs a hashing only', async () => {
  await using folder = await temporaryFolder()
  const home = duressHome({ DURESS_HOME: folder.path })
  const path = join(folder.path, 'm.gguf')
  await writeFile(path, 'weights')
  await verifiedSha256(home, path)
  await writeFile(join(home.models, 'verified.json'), '{"half')
  expect(await verifiedSha256(home, path)).toBe(sha256('weights'))
})

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
