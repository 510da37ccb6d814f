import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openGguf } from '../../model/gguf.ts'
import { ORGANISM, type OrganismSpec, writeOrganism } from '../../model/organism.ts'
import { normals, keyOf } from '../../random.ts'
import { openEngine, type OpenOptions } from '../open.ts'
import type { Engine } from '../types.ts'

export const SPEC: OrganismSpec = {
  turns: [['I', 'will', { bad: ['threaten', 'them'], good: ['ask', 'kindly'] }, 'now'], ['done']],
  words: ['mail', 'server', 'report', 'cats', 'weather', 'plain', 'meeting', 'Tuesday'],
  concepts: { desperate: ['panic', 'ruin'], calm: ['peace', 'rest'], cats: ['kitten', 'purr'] },
  branchConcept: 'desperate',
  bias: -1,
  slope: 12,
}

export interface OrganismFile extends Disposable {
  readonly path: string
  readonly sha256: string
  readonly folder: string
  readonly width: number
  readonly vocabulary: number
  /** Ids of words. */
  ids(...words: readonly string[]): number[]
  open(options?: Partial<OpenOptions>): Promise<Engine>
}

/** The organism in a folder of its own; it goes when the test ends. */
export function organismFile(overrides: Partial<OrganismSpec> = {}): OrganismFile {
  const folder = mkdtempSync(join(tmpdir(), 'duress-organism-'))
  const path = join(folder, 'organism.gguf')
  writeOrganism(path, { ...SPEC, ...overrides })
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const { words, width } = facts(path)
  const base = { path, sha256, graphs: join(folder, 'graphs'), threads: 1, kvBytes: 64 << 20, contextTokens: 512 }
  return {
    path,
    sha256,
    folder,
    width,
    vocabulary: words.length,
    ids: (...wanted) => wanted.map((word) => mustIndex(words, word)),
    open: (options = {}) => openEngine({ ...base, ...options }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const ALL_LAYERS = Array.from({ length: ORGANISM.layers }, (_, layer) => layer)

/** A unit vector drawn from a name. */
export function randomUnit(name: string, width: number): Float32Array {
  const values = normals(keyOf('unit', name), width)
  const length = Math.hypot(...values)
  return Float32Array.from(values, (v) => v / length)
}

/** `count` random directions at each of the layers. */
export const randomBasis = (layers: readonly number[], count: number, width: number): Map<number, Float32Array[]> =>
  new Map(layers.map((layer) => [layer, Array.from({ length: count }, (_, k) => randomUnit(`${layer}.${k}`, width))]))

function facts(path: string): { words: readonly string[]; width: number } {
  using gguf = openGguf(path)
  const words = gguf.metadata.get('tokenizer.ggml.tokens') as readonly string[]
  return { words, width: gguf.metadata.get('llama.embedding_length') as number }
}

function mustIndex(words: readonly string[], word: string): number {
  const at = words.indexOf(word)
  if (at < 0) throw new RangeError(`the organism does not know ${JSON.stringify(word)}`)
  return at
}
