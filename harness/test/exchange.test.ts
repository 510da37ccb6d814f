import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dot, norm } from '../../vectors/extract/algebra.ts'
import { loadVectorSet, type VectorSet } from '../../vectors/extract/set.ts'
import { readVectorFile } from '../../vectors/formats/read.ts'
import { ORGANISM } from '../../vectors/model/organism.ts'
import { openStore } from '../store/open.ts'
import { conditionsOf, episodesOf, turnsOf } from '../store/read.ts'
import { type Desk, openDesk, openStage } from './stage.ts'

let desk: Desk
let set: VectorSet
const folderOf: Record<string, string> = {}
beforeAll(async () => {
  const stage = await openStage()
  desk = openDesk(stage)
  const { stdout } = await desk.start(['vectors', 'extract', '--model', stage.model, '--json'])
  set = loadVectorSet((JSON.parse(stdout) as { path: string }).path)
  // A home of its own for what is imported here; models and graphs may be made again.
  folderOf['DURESS_HOME'] = desk.path('home')
}, 120_000)
afterAll(() => desk?.[Symbol.dispose]())

/** Runs `duress vectors …` on the organism. */
const vectors = (command: string, ...args: readonly string[]) =>
  desk.start(['vectors', command, ...args, '--model', desk.model], { env: folderOf })

const LIMITS = {
  get width() {
    return set.width
  },
  layers: ORGANISM.layers,
}

test.each(['gguf', 'npz', 'safetensors'] as const)(
  'a vector goes out and comes in as %s',
  { timeout: 120_000 },
  async (format) => {
    const file = desk.path(`desperate.${format}`)
    const layer = [...set.layers.keys()].at(-1)!
    const out = ['--format', format, '--out', file, '--layers', String(layer), '--json']
    const exported = await vectors('export', '--concept', '-desperate~afraid', '--strength', '0.2', ...out)
    expect(exported.stderr).not.toContain('bug')
    const { length } = (JSON.parse(exported.stdout) as { layers: { length: number }[] }).layers[0]!
    expect(length).toBeCloseTo(0.2 * set.layers.get(layer)!.norms.norm, 3)
    const { layers } = await readVectorFile(file, LIMITS)
    const written = layers.get(layer)!
    expect(norm(written) / length).toBeCloseTo(1, 5)
    const own = set.layers.get(layer)!.vectors
    expect(dot(written, own.get('desperate')!)).toBeLessThan(0)
    expect(Math.abs(dot(written, own.get('afraid')!)) / length).toBeLessThan(1e-6)

    const imported = await vectors('import', file, '--name', `mine-${format}`, '--json')
    expect(imported.exitCode, imported.stderr).toBe(0)
    expect(JSON.parse(imported.stdout)).toMatchObject({
      name: `import:mine-${format}`,
      format,
      layers: [layer],
      source: { file: `desperate.${format}`, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') },
    })
  },
)

describe('what does not fit is refused with exit 2', () => {
  test.each([
    {
      name: 'an unknown concept',
      args: ['export', '--concept', 'desparate', '--format', 'npz', '--out', 'x'],
      says: 'did you mean "desperate"?',
    },
    {
      name: 'block 0 for llama.cpp',
      args: ['export', '--concept', 'calm', '--format', 'gguf', '--out', 'x', '--layers', '0'],
      says: 'leave layer 0 out',
    },
    {
      name: 'a layer too deep',
      args: ['export', '--concept', 'calm', '--format', 'npz', '--out', 'x', '--layers', '9'],
      says: 'layer 9 is out of range',
    },
    {
      name: 'strength 0',
      args: ['export', '--concept', 'calm', '--format', 'npz', '--out', 'x', '--strength', '0'],
      says: 'expected a number other than 0',
    },
    {
      name: 'no folder',
      args: ['export', '--concept', 'calm', '--format', 'npz', '--out', 'no/x'],
      says: 'does not exist; create it',
    },
    {
      name: 'a bad name',
      args: ['import', 'x', '--name', 'My Vector'],
      says: 'lower-case letters, digits and hyphens',
    },
    { name: 'no file', args: ['import', 'nowhere.gguf', '--name', 'x'], says: 'nowhere.gguf: cannot be read' },
    { name: 'a model as a vector', args: ['import', '', '--name', 'x'], says: 'expected a control vector' },
  ])('$name', { timeout: 60_000 }, async ({ args: [command = '', first = '', ...rest], says }) => {
    const { exitCode, stderr } = await vectors(command, first === '' ? desk.model : first, ...rest)
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(says) as string })
    expect(stderr).not.toMatch(/bug in duress|\n\s+at /)
  })

  test('a vector of another model, unless it is forced', { timeout: 60_000 }, async () => {
    const file = desk.path('foreign.safetensors')
    const header = JSON.stringify({
      __metadata__: { modelHint: 'qwen2' },
      'resid_post.1': { dtype: 'F32', shape: [set.width], data_offsets: [0, 4 * set.width] },
    })
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    writeFileSync(
      file,
      Buffer.concat([length, Buffer.from(header), Buffer.from(new Float32Array(set.width).fill(1).buffer)]),
    )
    const refused = await vectors('import', file, '--name', 'foreign')
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('it was made for a qwen2 model') as string,
    })
    const forced = await vectors('import', file, '--name', 'foreign', '--force')
    expect(forced.exitCode).toBe(0)
    expect(forced.stdout).toContain('note: it was made for a qwen2 model')
  })
})

test('a study steers along named and imported vectors, and says so in its receipts', { timeout: 180_000 }, async () => {
  const layer = ORGANISM.layers - 2
  const file = desk.path('calm.npz')
  await vectors('export', '--concept', 'calm', '--format', 'npz', '--out', file, '--layers', String(layer))
  await vectors('import', file, '--name', 'calm-again')
  const study = desk.study('named', {
    layer,
    vectors: [
      'calm',
      'import:calm-again',
      '-desperate',
      'desperate~calm',
      'desperate@shift+1',
      'shuffled#0',
      'random#3',
    ],
    manipulation: { strength: 0.2, random: 4, vectors: 'study' },
    controls: { random: 1, shuffled: 2, unrelated: ['cats'], lexical: true },
    scenarios: [{ scenario: 'alex-replacement', probes: ['choice'], epochs: 1, strengths: [0.2], twin: false }],
  })
  const ended = await desk.start(['run', study, '--json'], { env: folderOf })
  expect({ code: ended.exitCode, err: ended.exitCode === 0 ? '' : ended.stderr }).toEqual({ code: 0, err: '' })
  using store = openStore(desk.path('duress.db'), { readonly: true })
  const conditions = conditionsOf(store, 1)
  expect([...new Set(conditions.map(({ vector, family }) => `${vector} ${family}`))].toSorted()).toEqual(
    expect.arrayContaining([
      '-desperate vector',
      'calm vector',
      'cats unrelated',
      'desperate@shift+1 vector',
      'desperate⊥calm vector',
      'lexical:calm lexical',
      'lexical:desperate lexical',
      'random#0 random',
      'random#3 random',
      'shuffled#0 shuffled',
      'shuffled#1 shuffled',
    ]),
  )
  const receipts = episodesOf(store, 1).flatMap((episode) => {
    const { vector } = conditions.find(({ key }) => key === episode.condition)!
    return turnsOf(store, episode.id).flatMap(({ receipt }) => receipt?.additions.map((a) => ({ vector, ...a })) ?? [])
  })
  expect(new Set(receipts.map(({ name }) => name)).size).toBeGreaterThan(5)
  for (const { vector, name } of receipts) expect(name).toBe(vector)
})
