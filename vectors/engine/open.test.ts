import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { organismFile, type OrganismFile } from './test/organism.ts'
import { bitsOf } from './test/requests.ts'
import type { Engine, GenerateRequest } from './types.ts'

const CHILD = fileURLToPath(new URL('../model/fixtures/open-model.ts', import.meta.url))

let file: OrganismFile
let graphs: string
let gate: string
beforeEach(() => {
  file = organismFile({ type: 'Q8_0' })
  graphs = join(file.folder, 'graphs')
  gate = join(file.folder, 'gate')
})
afterEach(() => file[Symbol.dispose]())

const startChild = () =>
  execa(process.execPath, ['--import', 'tsx', CHILD, file.path, file.sha256, graphs, gate], { reject: false })
const weightsFolder = () => `${file.sha256.slice(0, 16)}-w1`
const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
const built = () => [hashOf(join(graphs, weightsFolder(), 'weights.data')), readdirSync(graphs)]

async function openAndClose(): Promise<number> {
  let progress = 0
  await using _engine = await file.open({ onProgress: () => progress++ })
  return progress
}

describe('the build of weights', () => {
  test('killed in its middle leaves nothing that is taken for whole, and the next open clears it away', async () => {
    const child = startChild()
    for await (const line of child) if (line === 'building') child.kill('SIGKILL')
    expect((await child).signal).toBe('SIGKILL')
    const left = readdirSync(graphs)
    expect(left.some((name) => name.endsWith('.tmp'))).toBe(true)
    expect(left).not.toContain(weightsFolder())
    expect(await openAndClose()).toBeGreaterThan(0)
    expect(readdirSync(graphs)).toEqual([weightsFolder()])
    expect(await openAndClose()).toBe(0)
  })

  test('is made once when two processes open at the same time', async () => {
    const said: string[][] = [[], []]
    const children = [startChild(), startChild()]
    const readers = children.map(async (child, i) => {
      for await (const line of child) said[i]!.push(line)
    })
    while (said.some((lines) => !lines.includes('opening')) || !said.flat().includes('building')) await sleep(20)
    // Without the lock the second one would be building by now.
    await sleep(1000)
    writeFileSync(gate, '')
    await Promise.all(readers)
    expect(said.map((lines) => lines.at(-1))).toEqual(['open', 'open'])
    expect(said.flat().filter((line) => line === 'building')).toHaveLength(1)
    expect(readdirSync(graphs)).toEqual([weightsFolder()])
  })

  test.each<[string, () => void]>([
    ['weights that are too short', () => truncateSync(join(graphs, weightsFolder(), 'weights.data'), 8192)],
    ['half an index', () => truncateSync(join(graphs, weightsFolder(), 'index.json'), 100)],
  ])('is made again for %s', async (_, damage) => {
    await openAndClose()
    const whole = built()
    damage()
    expect(await openAndClose()).toBeGreaterThan(0)
    expect(built()).toEqual(whole)
  })

  test.each([
    { options: { kvBytes: 1 << 20 }, message: /two rows of 512 tokens need 2 MiB, the budget is 1 MiB/ },
    { options: { contextTokens: 1 << 20 }, message: /a context of 1048576 tokens was asked for/ },
  ])('does not begin when $options cannot be met', async ({ options, message }) => {
    await expect(file.open(options)).rejects.toThrow(message)
    expect(existsSync(graphs)).toBe(false)
  })
})

test('ten generations in memory for two rows wait for each other and have the bytes they have with room for all', async () => {
  const requests = Array.from({ length: 10 }, (_, i) => ({
    tokens: Array.from({ length: 9 + i }, (_, t) => (t * (i + 2) + i) % file.vocabulary),
    maxNewTokens: 20,
    sampling: { temperature: 2, seed: [i, 5], turn: 0 },
    stopTokens: [],
  })) satisfies GenerateRequest[]
  const play = async (engine: Engine) => (await Promise.all(requests.map((r) => engine.generate(r)))).map(bitsOf)
  // A row of 512 tokens takes half a MiB, and one more is for the prompt being read; a fifth of the memory is for kept beginnings.
  await using tight = await file.open({ kvBytes: (3 * 5 * 2 ** 19) / 4 })
  await using roomy = await file.open({ maxRows: 16 })
  expect(await play(tight)).toEqual(await play(roomy))
  expect(roomy.stats().steps).toBeLessThan(40)
  expect(tight.stats().steps).toBeGreaterThan(90)
})
