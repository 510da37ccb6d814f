import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { readJson, writeJson } from './json-file.ts'

test('writers at the same time, of one process id as in containers, leave one whole file', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'a.json')
  await Promise.all(Array.from({ length: 20 }, (_, i) => writeJson(path, { i, filling: 'x'.repeat(i * 1000) })))
  const { i, filling } = (await readJson(path, z.object({ i: z.number(), filling: z.string() })))!
  expect(filling).toHaveLength(i * 1000)
  expect(await readdir(folder.path)).toEqual(['a.json'])
})
