import { InfraError } from '../errors.ts'
import type { Environment } from '../model/home.ts'
import { installLlama } from './llama-install.ts'

/** llama.cpp as the anchor of all speeds, through the native classes inside node-llama-cpp: they have batches, sequences and logits. */
export interface Llama extends AsyncDisposable {
  readonly version: string
  open(path: string, options: LlamaOptions): Promise<LlamaContext>
}

export type KvType = 'f16' | 'f32'

export interface LlamaOptions {
  readonly threads: number
  readonly sequences: number
  /** Of each sequence. */
  readonly contextTokens: number
  /** @default 'f16', as llama.cpp does */
  readonly kv?: KvType
}

export interface LlamaSampling {
  /** 0 = argmax. */
  readonly temperature: number
  readonly seed: number
}

/** Draws the next token of a sequence. */
export type Sampler = { readonly native: unknown }

/** One loaded model with its keys and values. Calls must not overlap. */
export interface LlamaContext extends AsyncDisposable {
  sampler(sampling: LlamaSampling): Sampler
  /** Reads tokens into a sequence that holds `start` tokens; draws the token that follows. */
  read(sequence: number, tokens: readonly number[], start: number, sampler: Sampler): Promise<number>
  /** One token for each of the sequences 0 … n−1, all at position `position`; draws the next of each. */
  step(tokens: readonly number[], position: number, samplers: readonly Sampler[]): Promise<number[]>
  /** Logits after each of the positions of one text, (V) each; the sequence is empty before and after. */
  logits(tokens: readonly number[], positions: readonly number[]): Promise<Float32Array[]>
  /** Gives sequence `to` the state of sequence `from`. */
  copy(from: number, to: number): Promise<void>
  /** Forgets all but the first `length` tokens. */
  truncate(sequence: number, length: number): void
}

/** Installs it on first use. Errors: InfraError when it cannot be had or its inside is not as expected. */
export async function openLlama(folder: string, env: Environment, say: (text: string) => void): Promise<Llama> {
  const { module, version } = await installLlama(folder, env, say)
  const { getLlama } = module as { getLlama: (options: object) => Promise<NativeLlama> }
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', progressLogs: false })
  if (!llama._bindings?.AddonContext) throw new InfraError(`${version} has another inside than the benchmark knows`)
  return {
    version,
    open: (path, options) => openContext(llama._bindings, path, options),
    [Symbol.asyncDispose]: () => llama.dispose(),
  }
}

/** Tokens a batch: llama.cpp's usual size, and node-llama-cpp's. */
const BATCH = 512
/** Numbers of the types in ggml.h (enum ggml_type). */
const GGML_TYPE = { f32: 0, f16: 1 } as const satisfies Record<KvType, number>

async function openContext(bindings: NativeBindings, path: string, options: LlamaOptions): Promise<LlamaContext> {
  const { threads, sequences, contextTokens, kv = 'f16' } = options
  const model = new bindings.AddonModel(path, { addonExports: bindings, gpuLayers: 0, useMmap: true })
  if (!(await model.init())) throw new InfraError(`llama.cpp cannot load ${path}`)
  const context = new bindings.AddonContext(model, {
    // Cells are shared out evenly, in blocks of 256.
    contextSize: Math.ceil(contextTokens / 256) * 256 * sequences,
    batchSize: BATCH,
    sequences,
    threads,
    flashAttention: 'auto',
    performanceTracking: false,
    kvCacheKeyType: GGML_TYPE[kv],
    kvCacheValueType: GGML_TYPE[kv],
  })
  if (!(await context.init())) throw new InfraError('llama.cpp cannot make a context: is there enough memory?')
  const greedy = new bindings.AddonSampler(model)
  greedy.applyConfig({ temperature: 0 })

  /** Reads tokens batch by batch; `visit` sees the batch places of the wanted positions before the next batch overwrites them. */
  const readBatches = async (
    at: { sequence: number; tokens: readonly number[]; start: number },
    wanted: readonly number[],
    visit: (place: number) => Promise<void>,
  ) => {
    for (let from = 0; from < at.tokens.length; from += BATCH) {
      const slice = Uint32Array.from(at.tokens.slice(from, from + BATCH))
      const here = wanted.filter((p) => p >= from && p < from + slice.length).map((p) => p - from)
      context.initBatch(slice.length)
      const places = context.addToBatch(at.sequence, at.start + from, slice, Uint32Array.from(here))
      await context.decodeBatch()
      for (const place of places) await visit(place)
    }
  }

  return {
    sampler({ temperature, seed }) {
      const native = new bindings.AddonSampler(model)
      native.applyConfig(temperature === 0 ? { temperature } : { temperature, seed })
      return { native }
    },
    async read(sequence, tokens, start, sampler) {
      let drawn = -1
      await readBatches({ sequence, tokens, start }, [tokens.length - 1], async (place) => {
        drawn = await context.sampleToken(place, sampler.native)
      })
      return drawn
    },
    async step(tokens, position, samplers) {
      context.initBatch(tokens.length)
      const places = tokens.map(
        (token, sequence) => context.addToBatch(sequence, position, Uint32Array.of(token), Uint32Array.of(0))[0]!,
      )
      await context.decodeBatch()
      return Promise.all(places.map((place, i) => context.sampleToken(place, samplers[i]!.native)))
    },
    async logits(tokens, positions) {
      const found: Float32Array[] = []
      await readBatches({ sequence: 0, tokens, start: 0 }, positions, async (place) => {
        const [, , , pairs] = await context.sampleToken(place, greedy, false, false, true)
        found.push(byToken(pairs))
      })
      context.disposeSequence(0)
      return found
    },
    copy: async (from, to) => void (await context.copySequenceStateFromOtherSequence(to, from)),
    truncate: (sequence, length) => void context.removeTokenCellsFromSequence(sequence, length, -1),
    async [Symbol.asyncDispose]() {
      await context.dispose()
      await model.dispose()
    },
  }
}

/** [token, logit, token, logit, …] in any order -> logits by token. */
function byToken(pairs: readonly number[]): Float32Array {
  const logits = new Float32Array(pairs.length / 2)
  for (let i = 0; i < pairs.length; i += 2) logits[pairs[i]!] = pairs[i + 1]!
  return logits
}

/** The part that is used of node-llama-cpp's `dist/bindings/AddonTypes.d.ts`. */
interface NativeLlama {
  readonly _bindings: NativeBindings
  dispose(): Promise<void>
}

interface NativeBindings {
  readonly AddonModel: new (path: string, options: object) => NativeModel
  readonly AddonContext: new (model: NativeModel, options: object) => NativeContext
  readonly AddonSampler: new (model: NativeModel) => NativeSampler
}

interface NativeModel {
  init(): Promise<boolean>
  dispose(): Promise<void>
}

interface NativeSampler {
  applyConfig(config: object): void
}

interface NativeContext {
  init(): Promise<boolean>
  dispose(): Promise<void>
  initBatch(size: number): void
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logitsAt: Uint32Array): Uint32Array
  decodeBatch(): Promise<void>
  sampleToken(place: number, sampler: unknown): Promise<number>
  sampleToken(
    place: number,
    sampler: unknown,
    probabilities: boolean,
    confidence: boolean,
    logits: true,
  ): Promise<[token: number, probabilities: undefined, confidence: undefined, logits: number[]]>
  disposeSequence(sequence: number): void
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean
  copySequenceStateFromOtherSequence(to: number, from: number): Promise<number>
}
