import { once } from 'node:events'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { takeLock } from './lock.ts'

const CHILD = fileURLToPath(new URL('fixtures/hold-lock.ts', import.meta.url))

test('a live holder is waited for, and a killed one’s lock is taken over', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.lock')
  const child = execa(process.execPath, ['--import', 'tsx', CHILD, path], { reject: false })
  await once(child.stdout, 'data')
  const waits: string[] = []
  const onWait = (holder: string) => {
    waits.push(holder)
    child.kill('SIGKILL')
  }
  await using _lock = await takeLock(path, { onWait, pollMs: 10 })
  expect(waits).toEqual([`process ${child.pid} on ${hostname()}`])
  expect(await readFile(path, 'utf8')).toContain(`"pid":${process.pid}`)
})

test('many at once, beginning at a stale lock, hold it one after the other', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.lock')
  await writeFile(path, JSON.stringify({ pid: await deadPid(), host: hostname(), id: 'stale' }))
  let holders = 0
  let most = 0
  const turn = async () => {
    await using _lock = await takeLock(path, { pollMs: 1 })
    most = Math.max(most, ++holders)
    await new Promise((done) => setTimeout(done, 2))
    holders--
  }
  await Promise.all(Array.from({ length: 12 }, turn))
  expect(most).toBe(1)
  expect(await readdir(folder.path)).toEqual([])
})

test('a lock of this very process id that is not of this process is taken over: the container was started again', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.lock')
  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), id: 'of the life before' }))
  {
    await using _lock = await takeLock(path, { pollMs: 5, limitMs: 1000 })
    await expect(takeLock(path, { pollMs: 5, limitMs: 20 })).rejects.toThrow(/waited 0.02 s/)
  }
  expect(await readdir(folder.path)).toEqual([])
})

test('a holder on another machine is never declared dead', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.lock')
  await writeFile(path, JSON.stringify({ pid: await deadPid(), host: 'elsewhere', id: 'x' }))
  await expect(takeLock(path, { pollMs: 5, limitMs: 20 })).rejects.toThrow(
    /waited 0.02 s for .*a\.lock; .* delete that file/,
  )
})

test('waiting ends when told to', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.lock')
  await using _lock = await takeLock(path)
  const controller = new AbortController()
  const waiting = takeLock(path, { signal: controller.signal, onWait: () => controller.abort() })
  await expect(waiting).rejects.toThrow(/aborted/)
})

test('a file that is no lock is not touched', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.lock')
  await writeFile(path, 'my notes')
  await expect(takeLock(path)).rejects.toThrow(/is not a lock of duress/)
  expect(await readFile(path, 'utf8')).toBe('my notes')
})

async function deadPid(): Promise<number> {
  const child = execa(process.execPath, ['-e', ''])
  await child
  return child.pid ?? 0
}
