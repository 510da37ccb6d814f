import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VectorSet } from '../extract/set.ts'
import { cardPath, cardWord, loadCard, saveCard } from './card-file.ts'
import type { VerificationCard } from './verify.ts'

describe('the stored card', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'card-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const of = (layer: number, set = setOf([1, 2])) => ({ path: join(folder, 'set.safetensors'), set, layer })

  test('comes back as it was; without one there is none', async () => {
    expect(loadCard(of(1))).toBeUndefined()
    await saveCard(of(1), card('fail'))
    expect(loadCard(of(1))).toEqual(card('fail'))
    expect(loadCard(of(2))).toBeUndefined()
  })

  test('belongs to the vectors: found beside another set with the same ones, not for changed ones', async () => {
    await saveCard(of(1), card('pass'))
    expect(loadCard(of(1, setOf([1, 2, 3])))).toEqual(card('pass'))
    expect(loadCard(of(1, setOf([1, 2], 0.5)))).toBeUndefined()
    expect(loadCard(of(1, { ...setOf([1, 2]), modelSha256: 'other' }))).toBeUndefined()
  })

  test.each([
    ['other items', (text: string) => text.replace(/"items": "[0-9a-f]{8}/, '"items": "00000000')],
    ['other rules', (text: string) => text.replace(/"version": "c\d+"/, '"version": "c0"')],
    ['half a file', (text: string) => text.slice(0, 40)],
  ])('%s: as if there were none', async (_, change) => {
    await saveCard(of(1), card('pass'))
    const path = cardPath(of(1))
    const text = readFileSync(path, 'utf8')
    expect(change(text)).not.toBe(text)
    writeFileSync(path, change(text))
    expect(loadCard(of(1))).toBeUndefined()
  })

  test.each([
    { results: { 1: 'pass', 2: 'pass' }, word: 'pass' },
    { results: { 1: 'pass', 2: 'fail' }, word: 'fail' },
    { results: { 1: 'pass' }, word: 'not made' },
    { results: { 2: 'fail' }, word: 'fail' },
    { results: { 1: 'not testable', 2: 'pass' }, word: 'not testable' },
    { results: {}, word: 'not made' },
  ] as const)('of two layers: $results is $word', async ({ results, word }) => {
    for (const [layer, result] of Object.entries(results)) await saveCard(of(Number(layer)), card(result))
    const { path, set } = of(1)
    expect(cardWord({ path, set }, [1, 2])).toBe(word)
  })
})

const card = (result: VerificationCard['result']) => ({ result, layer: 1, lens: {} }) as unknown as VerificationCard

function setOf(layers: readonly number[], value = 1): VectorSet {
  const vectors = new Map([['calm', Float32Array.of(value, 0)]])
  const layer = { vectors, facts: new Map(), neutralFactor: [] }
  return {
    modelSha256: 'model',
    width: 2,
    families: new Map([['calm', 'emotion']]),
    layers: new Map(
      layers.map((at) => [at, at === 1 ? layer : { ...layer, vectors: new Map([['calm', Float32Array.of(at, 0)]]) }]),
    ),
  } as unknown as VectorSet
}
