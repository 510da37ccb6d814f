import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { InfraError, InputError } from '../errors.ts'
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts'
import { openGguf } from '../model/gguf.ts'
import { type Corpus, selectConcepts } from '../stories/corpus.ts'
import { layerOf, loadVectorSet, type VectorSet } from './set.ts'
import { LAYERS, obtainTold, type Told, toldOrganism } from './test/told-organism.ts'

let told: Told
beforeEach(() => void (told = toldOrganism()))
afterEach(() => told[Symbol.dispose]())

const lines = (name: string): string[] => readFileSync(told.corpusFile(name), 'utf8').split('\n')
const lineOf = (name: string, key: string): number => lines(name).findIndex((l) => l.trim().startsWith(key)) + 1
const edit = (name: string, change: (text: string) => string): void =>
  writeFileSync(told.corpusFile(name), change(lines(name).join('\n')))

describe('texts', () => {
  test.each<{ what: string; change: () => void; says: () => string[]; skip?: number; pick?: (c: Corpus) => Corpus }>([
    {
      what: 'an empty passage',
      change: () => edit('concepts/birch.yaml', (t) => t.replace(/third: So[^\n]*/, "third: ''")),
      says: () => [`birch.yaml:${lineOf('concepts/birch.yaml', 'third:')}: passages.third: expected a text`],
    },
    {
      what: 'passages that end before they are read',
      change: () => undefined,
      skip: 60,
      says: () => [
        `amber.yaml:${lineOf('concepts/amber.yaml', 'fifth:')}: passages.fifth: nothing is left to read: it has`,
        'reading starts at token 60',
        'lower --skip',
      ],
    },
    {
      what: 'two concepts with the same passages',
      change: () => {
        copyFileSync(told.corpusFile('concepts/birch.yaml'), told.corpusFile('concepts/amber.yaml'))
        edit('concepts/amber.yaml', (t) => t.replace('concept: birch', 'concept: amber'))
      },
      pick: (corpus) => selectConcepts(corpus, ['amber', 'birch']),
      says: () => [`${told.corpusFile('concepts/amber.yaml')}: the texts of "amber" give no direction`],
    },
    {
      what: 'an unknown concept',
      change: () => undefined,
      pick: (corpus) => selectConcepts(corpus, ['amber', 'brich']),
      says: () => ['no concept "brich"; did you mean "birch"?'],
    },
  ])('$what', async ({ change, says, skip = 1, pick }) => {
    change()
    const error = await obtainTold(told.folder, { recipe: { skip }, ...(pick && { corpus: pick }) }).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(InputError)
    for (const part of says()) expect((error as Error).message).toContain(part)
  })

  test('a model that computes no numbers is a fault of the machine, and nothing is stored', async () => {
    using gguf = openGguf(told.model)
    const { offset } = gguf.tensors.get('blk.0.attn_norm.weight')!
    const bytes = readFileSync(told.model)
    bytes.writeFloatLE(Number.NaN, offset)
    writeFileSync(told.model, bytes)
    const error: unknown = await obtainTold(told.folder).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(InfraError)
    expect((error as Error).message).toMatch(/residuals after block \d hold something that is not a number/)
  })
})

describe('a stored set', () => {
  let good: string
  let bytes: Buffer
  beforeAll(async () => {
    using maker = toldOrganism()
    const { path } = await obtainTold(maker.folder)
    good = path.slice(maker.folder.length + 1)
    bytes = readFileSync(path)
  })
  const path = () => join(told.folder, good)
  beforeEach(() => {
    mkdirSync(dirname(path()), { recursive: true })
    writeFileSync(path(), bytes)
  })
  type Tensors = Record<string, { shape: readonly number[]; data: Float32Array }>
  const rewrite = (change: (tensors: Tensors, about: Record<string, unknown>) => void) => {
    const { metadata, tensors } = readSafetensors(path())
    const about = JSON.parse(metadata['duress']!) as Record<string, unknown>
    const own: Tensors = { ...tensors }
    change(own, about)
    writeSafetensors(path(), { metadata: { ...metadata, duress: JSON.stringify(about) }, tensors: own })
  }
  const NAME = `resid_post.${LAYERS[0]}`
  /** Row 1 is birch. */
  const row = (tensors: Tensors, fill: (v: number, i: number) => number) => {
    const { shape, data } = tensors[NAME]!
    const width = shape[1]!
    for (let i = 0; i < width; i++) data[width + i] = fill(data[width + i]!, i)
  }

  test('is found again when nothing is wrong with it', async () => {
    expect(await obtainTold(told.folder)).toMatchObject({ isNew: false })
  })

  test.each<[string, (tensors: Tensors, about: Record<string, unknown>) => void, string]>([
    ['all zero', (t) => row(t, () => 0), 'row 1 (birch) should be a vector of length 1, it is all zero'],
    [
      'NaN',
      (t) => row(t, (v, i) => (i === 7 ? Number.NaN : v)),
      'row 1 (birch) should be a vector of length 1, it is not all numbers',
    ],
    [
      'infinite',
      (t) => row(t, (v, i) => (i === 0 ? Infinity : v)),
      'row 1 (birch) should be a vector of length 1, it is not all numbers',
    ],
    ['twice as long', (t) => row(t, (v) => 2 * v), 'it is of length 2'],
    ['a layer without its vectors', (t) => void delete t[NAME], `expected a tensor ${NAME} of rows of`],
    [
      'rows of another width',
      (t, about) => void (about['width'] = 7),
      `expected a tensor ${NAME} of rows of 7 numbers`,
    ],
    ['a vector too few', (_, about) => void (about['families'] = { amber: 'emotion' }), 'expected 1 vectors, got'],
    ['another model', (_, about) => void (about['modelSha256'] = 'f'.repeat(64)), 'of another model: expected'],
    ['another tokenizer', (_, about) => void (about['tokenizerHash'] = 'f'.repeat(64)), 'of another tokenizer'],
    ['other texts', (_, about) => void (about['corpusHash'] = 'f'.repeat(64)), 'of another corpus'],
    ['an earlier version', (_, about) => void (about['version'] = 'x1'), 'of another version: expected x2, got x1'],
  ])('%s: refused with the file', async (_, change, says) => {
    rewrite(change)
    const error: unknown = await obtainTold(told.folder).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(InputError)
    expect((error as Error).message).toContain(`${path()}: `)
    expect((error as Error).message).toContain(says)
  })

  test('a layer that it does not have', () => {
    const set: VectorSet = loadVectorSet(path())
    expect(() => layerOf(set, 2)).toThrow(`the vector set has no layer 2; it has ${LAYERS.join(', ')}`)
    rmSync(path())
    expect(() => loadVectorSet(path())).toThrow()
  })
})
