import { createHash, randomUUID } from 'node:crypto'
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { type Architecture, readArchitecture } from '../model/architecture.ts'
import type { KvType } from '../model/graph-builder.ts'
import { buildGraph, GRAPH_VERSION, type GraphOptions, graphVersionOf } from '../model/graph.ts'
import { CLAMPS_VERSION } from '../model/graph-steering.ts'
import { type Gguf, openGguf } from '../model/gguf.ts'
import { type BuiltWeights, buildWeights, WEIGHTS_VERSION } from '../model/weights.ts'
import { createArena } from './arena.ts'
import { openEmbedding } from './embedding.ts'
import { createEngine } from './engine.ts'
import { createForward } from './forward.ts'
import { openIoBindingSession } from './ort-iobinding.ts'
import { openPackageSession } from './ort-package.ts'
import { planMemory } from './plan-memory.ts'
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
  /** Bytes for keys and values, kept beginnings of prompts included. @default a quarter of the free memory */
  readonly kvBytes?: number
  /** Of keys and values: f16 takes half the memory and gives other bytes. @default 'f32' */
  readonly kvType?: KvType
  /** Tokens of a prompt that are read between two steps of the rows that decode; a multiple of 16. @default 256 */
  readonly chunkTokens?: number
  /** Whether what prompts share is computed once. @default true */
  readonly sharePrefixes?: boolean
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
  const kvType = options.kvType ?? 'f32'
  const graph: GraphOptions = {
    steerLayers: layers.steer,
    operations,
    captureLayers: layers.capture,
    basis: basis.matrices,
    precision: options.precision ?? 'int8',
    kvType,
    ...shared,
  }
  const chunkTokens = options.chunkTokens ?? 256
  if (!(chunkTokens >= 16 && chunkTokens % 16 === 0))
    throw new InputError(`chunkTokens should be a multiple of 16, got ${chunkTokens}`)
  // Before the build, which may take a minute and gigabytes.
  const memory = planMemory(architecture, { ...options, kvType })
  const path = await prepareGraph(gguf, architecture, options, graph)
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
    type: kvType,
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
      graphVersion: graphVersionOf(kvType),
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
    prefixBytes: (options.sharePrefixes ?? true) ? memory.prefixBytes : 0,
    chunkTokens,
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
async function prepareGraph(
  gguf: Gguf,
  architecture: Architecture,
  options: OpenOptions,
  graph: GraphOptions,
): Promise<string> {
  const folder = join(options.graphs, `${options.sha256.slice(0, 16)}-${WEIGHTS_VERSION}`)
  const progress = options.onProgress ? { onProgress: options.onProgress } : {}
  const weights = await buildWeights(gguf, architecture, { folder, ...progress })
  return writeGraph(weights, architecture, graph)
}

function writeGraph({ folder, index }: BuiltWeights, architecture: Architecture, graph: GraphOptions): string {
  // Graphs of before keep their names.
  const { kvType, ...others } = graph
  const hash = createHash('sha256').update(
    JSON.stringify({
      ...others,
      basis: [...graph.basis.keys()],
      version: GRAPH_VERSION,
      ...(graph.operations > 0 && { clamps: CLAMPS_VERSION }),
      ...(kvType !== 'f32' && { kvType }),
    }),
  )
  for (const matrix of graph.basis.values()) hash.update(matrix)
  const name = hash.digest('hex').slice(0, 16)
  const path = join(folder, `${name}.onnx`)
  if (existsSync(path)) return path
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    writeFileSync(temporary, buildGraph(architecture, index, graph))
    renameSync(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
  return path
}
