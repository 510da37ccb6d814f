import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { type Architecture, readArchitecture } from '../model/architecture.ts'
import { buildGraph, GRAPH_VERSION, type GraphOptions } from '../model/graph.ts'
import { CLAMPS_VERSION } from '../model/graph-steering.ts'
import { type Gguf, openGguf } from '../model/gguf.ts'
import { type BuiltWeights, buildWeights, MAX_POSITIONS, WEIGHTS_VERSION } from '../model/weights.ts'
import { createArena, kvBytesPerToken } from './arena.ts'
import { openEmbedding } from './embedding.ts'
import { createEngine } from './engine.ts'
import { createForward } from './forward.ts'
import { openIoBindingSession } from './ort-iobinding.ts'
import { openPackageSession } from './ort-package.ts'
import type { Engine } from './types.ts'

export interface OpenOptions {
  /** A GGUF file. */
  readonly path: string
  readonly sha256: string
  /** Folder for built weights and graphs. */
  readonly graphs: string
  readonly threads: number
  readonly steerLayers?: readonly number[]
  /** Clamps that a row may have at one layer; from 1 on lengths may be kept, too. @default 0: additions only, no cost */
  readonly operations?: number
  /** Layers whose residuals can be read and traced. */
  readonly captureLayers?: readonly number[]
  /** layer -> (K, H) directions that the trace projects on; the same K at every captured layer. */
  readonly basis?: ReadonlyMap<number, readonly Float32Array[]>
  /** @default 16 */
  readonly maxRows?: number
  /** @default the model's, at most 4096 */
  readonly contextTokens?: number
  /** Bytes for keys and values. @default a quarter of the free memory */
  readonly kvBytes?: number
  /** @default 'iobinding' */
  readonly backend?: 'iobinding' | 'package'
  /** `exact` computes in fp32: for comparing with references. @default 'int8' */
  readonly precision?: 'int8' | 'exact'
  /** No head and no layers beyond the last captured one: cheaper, can only `read`. */
  readonly readOnly?: boolean
  readonly onProgress?: (done: number, total: number) => void
}

/** Opens a model for running: builds its graph on first use, then loads it. */
export async function openEngine(options: OpenOptions): Promise<Engine> {
  const gguf = openGguf(options.path)
  try {
    return await openWith(gguf, options)
  } catch (error) {
    gguf[Symbol.dispose]()
    throw error
  }
}

async function openWith(gguf: Gguf, options: OpenOptions): Promise<Engine> {
  const architecture = readArchitecture(gguf)
  const layers = { steer: sorted(options.steerLayers), capture: sorted(options.captureLayers) }
  checkLayers([...layers.steer, ...layers.capture], architecture)
  const basis = basisMatrices(options.basis, layers.capture, architecture)
  const shared = options.readOnly ? { lastLayer: Math.max(0, ...layers.capture) } : {}
  const operations = options.operations ?? 0
  const graph: GraphOptions = {
    steerLayers: layers.steer,
    operations,
    captureLayers: layers.capture,
    basis: basis.matrices,
    precision: options.precision ?? 'int8',
    ...shared,
  }
  const path = prepareGraph(gguf, architecture, options, graph)
  const memory = planMemory(architecture, options)
  const backend = options.backend ?? 'iobinding'
  const session = await (backend === 'iobinding' ? openIoBindingSession : openPackageSession)(path, {
    threads: options.threads,
  })
  const arena = createArena({
    layers: (graph.lastLayer ?? architecture.layers - 1) + 1,
    kvHeads: architecture.kvHeads,
    headSize: architecture.headSize,
    slots: memory.rows + 1,
    capacity: memory.contextTokens,
  })
  const forward = createForward(session, arena, openEmbedding(gguf, architecture), {
    width: architecture.width,
    vocabulary: architecture.vocabulary,
    steerLayers: layers.steer,
    operations,
    captureLayers: layers.capture,
    basisSize: basis.size,
    hasHead: !options.readOnly,
  })
  return createEngine({
    facts: {
      modelSha256: options.sha256,
      graphVersion: GRAPH_VERSION,
      backend,
      threads: options.threads,
      layers: architecture.layers,
      width: architecture.width,
      contextTokens: memory.contextTokens,
      steerLayers: layers.steer,
      captureLayers: layers.capture,
      basisSize: basis.size,
    },
    vocabulary: architecture.vocabulary,
    operations,
    hasHead: !options.readOnly,
    forward,
    arena,
    maxRows: memory.rows,
    prefixBytes: memory.prefixBytes,
    async close() {
      await session.close()
      gguf[Symbol.dispose]()
    },
  })
}

const sorted = (layers: readonly number[] = []): number[] => [...new Set(layers)].toSorted((a, b) => a - b)

function checkLayers(layers: readonly number[], { layers: count }: Architecture): void {
  const bad = layers.find((layer) => !Number.isInteger(layer) || layer < 0 || layer >= count)
  if (bad !== undefined) throw new InputError(`layer ${bad} is out of range: the model has layers 0 to ${count - 1}`)
}

/** (K, H) rows -> one (H, K) matrix a layer. */
function basisMatrices(basis: OpenOptions['basis'], layers: readonly number[], { width }: Architecture) {
  const sizes = new Set(layers.map((layer) => basis?.get(layer)?.length ?? 0))
  if (sizes.size > 1)
    throw new InputError(`the basis has different numbers of vectors at different layers: ${[...sizes].join(', ')}`)
  const size = Math.max(0, ...sizes)
  const matrices = new Map<number, Float32Array>()
  for (const layer of layers) {
    const matrix = new Float32Array(width * size)
    for (const [k, vector] of (basis?.get(layer) ?? []).entries()) {
      if (vector.length !== width)
        throw new InputError(
          `basis vector ${k} of layer ${layer} has ${vector.length} numbers, the model is ${width} wide`,
        )
      for (let h = 0; h < width; h++) matrix[h * size + k] = vector[h]!
    }
    matrices.set(layer, matrix)
  }
  return { size, matrices }
}

/** Weights once per model, the graph once per set of layers; both written aside and renamed. */
function prepareGraph(gguf: Gguf, architecture: Architecture, options: OpenOptions, graph: GraphOptions): string {
  const folder = join(options.graphs, `${options.sha256.slice(0, 16)}-${WEIGHTS_VERSION}`)
  mkdirSync(options.graphs, { recursive: true })
  const progress = options.onProgress ? { onProgress: options.onProgress } : {}
  const weights = buildWeights(gguf, architecture, { folder, temporary: `${folder}.${process.pid}.tmp`, ...progress })
  return writeGraph(weights, architecture, graph)
}

function writeGraph({ folder, index }: BuiltWeights, architecture: Architecture, graph: GraphOptions): string {
  const hash = createHash('sha256').update(
    JSON.stringify({
      ...graph,
      basis: [...graph.basis.keys()],
      version: GRAPH_VERSION,
      ...(graph.operations > 0 && { clamps: CLAMPS_VERSION }),
    }),
  )
  for (const matrix of graph.basis.values()) hash.update(matrix)
  const name = hash.digest('hex').slice(0, 16)
  const path = join(folder, `${name}.onnx`)
  if (existsSync(path)) return path
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, buildGraph(architecture, index, graph))
  renameSync(temporary, path)
  return path
}

/** How many rows of the wanted length fit into the budget; one more slot is for the row being prefilled. */
function planMemory(a: Architecture, options: OpenOptions) {
  const most = Math.min(a.contextTokens, MAX_POSITIONS)
  const contextTokens = options.contextTokens ?? Math.min(most, 4096)
  if (contextTokens > most)
    throw new InputError(`a context of ${contextTokens} tokens was asked for; this model takes at most ${most}`)
  const budget = options.kvBytes ?? freemem() / 4
  const rowBytes = kvBytesPerToken(a) * contextTokens
  const rows = Math.min(options.maxRows ?? 16, Math.floor(budget / rowBytes) - 1)
  if (rows < 1) {
    throw new InputError(
      `keys and values of two rows of ${contextTokens} tokens need ${Math.ceil((2 * rowBytes) / 2 ** 20)} MiB, the budget is ${Math.floor(budget / 2 ** 20)} MiB: shorten the context or raise the budget`,
    )
  }
  return { contextTokens, rows, prefixBytes: budget / 4 }
}
