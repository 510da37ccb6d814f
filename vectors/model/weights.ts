import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Architecture } from './architecture.ts'
import { blockTensors } from './decoder-tensors.ts'
import type { Gguf } from './gguf.ts'
import { takeLock } from './lock.ts'
import { floatsOf, type Matrix, relayMatrix } from './relay.ts'

/** Raised whenever the bytes of the weights file change. */
export const WEIGHTS_VERSION = 'w1'
/** Positions with rotary tables: longer contexts are refused by the engine. */
export const MAX_POSITIONS = 16_384
export const WEIGHTS_FILE = 'weights.data'
const INDEX_FILE = 'index.json'
/** External data is mapped into memory: page-aligned. */
const PAGE = 4096

export interface Stored {
  readonly offset: number
  readonly bytes: number
}
export type StoredMatrix =
  | {
      readonly kind: 'packed'
      readonly rows: number
      readonly columns: number
      readonly bits: 4 | 8
      readonly block: 16 | 32
      readonly codes: Stored
      readonly scales: Stored
      readonly offsets?: Stored
    }
  /** (K, N): transposed for MatMul. */
  | { readonly kind: 'float'; readonly rows: number; readonly columns: number; readonly weights: Stored }

export interface WeightIndex {
  readonly matrices: Readonly<Record<string, StoredMatrix>>
  readonly vectors: Readonly<Record<string, Stored>>
}

export interface BuiltWeights {
  readonly folder: string
  readonly index: WeightIndex
}

/**
 * Re-lays all weights of a model into one file beside an index, once per (model, graph version); a folder that is not whole is built again.
 * Written to a folder of its own and renamed when whole, so that a killed build leaves nothing half-made, and under a lock, so that of two
 * processes one builds and the other waits.
 */
export async function buildWeights(
  gguf: Gguf,
  architecture: Architecture,
  options: { readonly folder: string; readonly onProgress?: (done: number, total: number) => void },
): Promise<BuiltWeights> {
  const { folder, onProgress } = options
  const found = readWhole(folder)
  if (found) return { folder, index: found }
  await using _lock = await takeLock(`${folder}.lock`)
  const index = readWhole(folder) ?? build(gguf, architecture, folder, onProgress)
  return { folder, index }
}

/** The index of a folder whose weights are as long as it says. */
function readWhole(folder: string): WeightIndex | undefined {
  const [index, weights] = [join(folder, INDEX_FILE), join(folder, WEIGHTS_FILE)]
  if (!existsSync(index) || !existsSync(weights)) return undefined
  const read = parseIndex(readFileSync(index, 'utf8'))
  return read && endOf(read) === statSync(weights).size ? read : undefined
}

/** A machine that lost its power may have kept the file's name and not its bytes. */
function parseIndex(text: string): WeightIndex | undefined {
  try {
    return JSON.parse(text) as WeightIndex
  } catch {
    return undefined
  }
}

function endOf({ matrices, vectors }: WeightIndex): number {
  const parts = Object.values(matrices).flatMap((m) =>
    m.kind === 'float' ? [m.weights] : [m.codes, m.scales, ...(m.offsets ? [m.offsets] : [])],
  )
  return [...parts, ...Object.values(vectors)].reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0)
}

function build(
  gguf: Gguf,
  architecture: Architecture,
  folder: string,
  onProgress: ((done: number, total: number) => void) | undefined,
): WeightIndex {
  removeRemains(folder)
  const temporary = `${folder}.${randomUUID()}.tmp`
  mkdirSync(temporary)
  try {
    const index = writeWeights(gguf, architecture, temporary, onProgress)
    writeFileSync(join(temporary, INDEX_FILE), JSON.stringify(index))
    renameSync(temporary, folder)
    return index
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Under the lock nobody else builds: what lies here was left by a build that died. */
function removeRemains(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const name of readdirSync(dirname(folder))) {
    if (name.startsWith(`${basename(folder)}.`) && name.endsWith('.tmp'))
      rmSync(join(dirname(folder), name), { recursive: true, force: true })
  }
}

function writeWeights(
  gguf: Gguf,
  a: Architecture,
  folder: string,
  onProgress: ((done: number, total: number) => void) | undefined,
): WeightIndex {
  const matrices: Record<string, StoredMatrix> = {}
  const vectors: Record<string, Stored> = {}
  const total = [...gguf.tensors.values()].reduce((sum, t) => sum + t.bytes, 0)
  let done = 0
  const writer = openWriter(join(folder, WEIGHTS_FILE))
  const matrix = (name: string, tensorName: string) => {
    const t = gguf.tensors.get(tensorName)!
    matrices[name] = writer.matrix(relayMatrix(gguf.read(tensorName), t.type, t.dims[1]!, t.dims[0]!))
    onProgress?.((done += t.bytes), total)
  }
  const vector = (tensorName: string) => {
    const t = gguf.tensors.get(tensorName)
    if (!t) return
    if (t.type !== 'F32' && t.type !== 'F16' && t.type !== 'BF16') throw new Error(`${tensorName} is quantised`)
    vectors[tensorName] = writer.floats(floatsOf(gguf.read(tensorName), t.type))
  }
  const rotary = (name: string, base: number) => {
    const { cos, sin } = rotaryTables(a, base)
    vectors[`${name}.cos`] = writer.floats(cos)
    vectors[`${name}.sin`] = writer.floats(sin)
  }
  try {
    for (let layer = 0; layer < a.layers; layer++) {
      for (const { name, kind } of blockTensors(a, layer)) {
        if (kind === 'matrix') matrix(name.replace(/\.weight$/, ''), name)
        else vector(name)
      }
    }
    vector('output_norm.weight')
    matrix('output', gguf.tensors.has('output.weight') ? 'output.weight' : 'token_embd.weight')
    rotary('rope', a.ropeBase)
    if (a.local) rotary('rope.local', a.local.ropeBase)
  } finally {
    writer.close()
  }
  return { matrices, vectors }
}

/** (MAX_POSITIONS, headSize / 2) tables of cos and sin of position · base^(-2i/headSize) (arXiv 2104.09864, eq. 15). */
function rotaryTables({ headSize, contextTokens }: Architecture, base: number) {
  const half = headSize / 2
  const positions = Math.min(MAX_POSITIONS, contextTokens)
  const cos = new Float32Array(positions * half)
  const sin = new Float32Array(positions * half)
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      const angle = p * base ** ((-2 * i) / headSize)
      cos[p * half + i] = Math.cos(angle)
      sin[p * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}

function openWriter(path: string) {
  const fd = openSync(path, 'w')
  let offset = 0
  const put = (bytes: Uint8Array): Stored => {
    const padding = (PAGE - (offset % PAGE)) % PAGE
    if (padding) writeSync(fd, new Uint8Array(padding))
    offset += padding
    const stored = { offset, bytes: bytes.length }
    let at = 0
    while (at < bytes.length) at += writeSync(fd, bytes, at, Math.min(bytes.length - at, 1 << 28))
    offset += bytes.length
    return stored
  }
  const floats = (values: Float32Array): Stored =>
    put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return {
    floats,
    matrix(m: Matrix): StoredMatrix {
      if (m.kind === 'float')
        return {
          kind: 'float',
          rows: m.rows,
          columns: m.columns,
          weights: floats(transpose(m.weights, m.rows, m.columns)),
        }
      const { rows, columns, bits, block } = m
      const stored = {
        kind: 'packed' as const,
        rows,
        columns,
        bits,
        block,
        codes: put(m.codes),
        scales: floats(m.scales),
      }
      return m.offsets ? { ...stored, offsets: floats(m.offsets) } : stored
    },
    close: () => closeSync(fd),
  }
}

/** (N, K) -> (K, N) */
function transpose(w: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(w.length)
  for (let n = 0; n < rows; n++) for (let k = 0; k < columns; k++) out[k * rows + n] = w[n * columns + k]!
  return out
}
