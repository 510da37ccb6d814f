import { openEngine, type OpenOptions } from '../engine/open.ts'
import type { Engine } from '../engine/types.ts'
import type { Reference } from '../model/reference.ts'
import type { Llama } from './llama.ts'
import type { Spread } from './statistics.ts'

/** What every benchmark gets: the model, the machine's clock, and the anchor where it could be had. */
export interface Bench {
  readonly model: {
    readonly id: string
    readonly path: string
    readonly sha256: string
    readonly layers: number
    readonly width: number
  }
  /** The prompt of `prompt.txt` in the model's chat format. */
  readonly prompt: { readonly tokens: readonly number[]; readonly isAssistant: Uint8Array }
  readonly reference: Reference
  readonly threads: number
  readonly rounds: number
  /** Folder for built weights and graphs. */
  readonly graphs: string
  readonly llama: Llama | undefined
  /** Milliseconds. */
  readonly now: () => number
}

/** One row of the table. Of `ratio` and `target`: ours divided by the other side's. */
export interface Line {
  readonly benchmark: string
  readonly test: string
  readonly unit: string
  readonly ours: number
  readonly other?: { readonly what: string; readonly value: number } | undefined
  readonly ratio?: Spread | undefined
  readonly target?: Target | undefined
  readonly note?: string | undefined
}

/** What design §17 asks of the median ratio; `of: 'ours'` = of our own figure. */
export interface Target {
  readonly of?: 'ratio' | 'ours'
  readonly bound: 'least' | 'most'
  readonly value: number
}

export type Benchmark = (bench: Bench) => Promise<Line[]>

/** Tokens of the prompt that both sides have read before they decode. */
export const PROMPT_TOKENS = 512

/** Opens our engine on the model; without layers it neither steers nor captures. */
export const openOurs = (bench: Bench, options: Partial<OpenOptions> = {}): Promise<Engine> =>
  openEngine({
    path: bench.model.path,
    sha256: bench.model.sha256,
    graphs: bench.graphs,
    threads: bench.threads,
    kvBytes: KV_BYTES,
    ...options,
  })

/** Room for 33 rows of 1024 tokens of every model of the registry, and for their prompts. */
const KV_BYTES = 6 * 2 ** 30
