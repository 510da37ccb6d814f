import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { obtainTold, type Told, toldOrganism } from './test/told-organism.ts'

const CHILD = fileURLToPath(new URL('test/extract-child.ts', import.meta.url))
/** 5 concepts of 5 passages and 2 templates, 12 neutral texts. */
const TEXTS = 47

let told: Told
beforeEach(() => void (told = toldOrganism()))
afterEach(() => told[Symbol.dispose]())

const start = (dieAfter = 0) =>
  execa(process.execPath, ['--import', 'tsx', CHILD, told.folder, String(dieAfter)], { reject: false })

async function finish(dieAfter?: number): Promise<{ path: string; isNew: boolean; read: number }> {
  const { stdout, stderr, exitCode } = await start(dieAfter)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout) as { path: string; isNew: boolean; read: number }
}

test('kill -9 again and again: what was read is not read again, and the set has the same bytes', async () => {
  for (const dieAfter of [1, 20, 8]) expect((await start(dieAfter)).signal).toBe('SIGKILL')
  const { path, isNew, read } = await finish()
  expect({ isNew, read }).toEqual({ isNew: true, read: TEXTS - 29 })
  expect(readdirSync(dirname(path))).toEqual([path.slice(dirname(path).length + 1)])
  using other = toldOrganism()
  const calm = await obtainTold(other.folder)
  expect(readFileSync(path).equals(readFileSync(calm.path))).toBe(true)
}, 60_000)

test('killed after the last text, only the writing is left to do', async () => {
  expect((await start(TEXTS)).signal).toBe('SIGKILL')
  expect(await finish()).toMatchObject({ isNew: true, read: 0 })
}, 60_000)

test('a record that was cut off is read again; its neighbours are kept', async () => {
  await start(10)
  const [partial] = readdirSync(told.folder, { recursive: true, encoding: 'utf8' }).filter((f) =>
    f.endsWith('.partial'),
  )
  const file = `${told.folder}/${partial}`
  writeFileSync(file, readFileSync(file).subarray(0, -5))
  expect(await finish()).toMatchObject({ read: TEXTS - 9 })
}, 60_000)

test('two processes at once make one set: the second finds the first one’s', async () => {
  const [one, other] = await Promise.all([finish(), finish()])
  expect(new Set([one.isNew, other.isNew])).toEqual(new Set([false, true]))
  expect(one.path).toBe(other.path)
  expect(existsSync(`${one.path}.lock`)).toBe(false)
}, 60_000)
