import type { RandomKey } from '../random.ts'

/** Shapes: B rows, S new tokens, H residual width, L layers, K basis vectors. Layers are 0-based; the site is the residual stream after a block. */

/** A direction added at one layer: `delta = coefficient * vector` (already in raw units) to every selected token. */
export interface Addition {
  readonly layer: number
  /** (H) unit vector. */
  readonly vector: Float32Array
  /** Raw L2 length of what is added, signed. */
  readonly coefficient: number
  /** What the receipt and the keys call it. */
  readonly name: string
  readonly hash: string
}

/**
 * Changes the projection h·v of a selected token's residual: `ablate` takes `share` of it away, `cap` makes it at most `bound`, `floor` at
 * least `bound`. What is across v stays as it is.
 */
export interface Clamp {
  readonly op: 'ablate' | 'cap' | 'floor'
  readonly layer: number
  /** (H) unit vector. */
  readonly vector: Float32Array
  /** Raw units of the residual; 0 for `ablate`. */
  readonly bound: number
  /** Of `ablate`: 1 = all of it, to exactly 0; −1 doubles it. @default 1 */
  readonly share?: number
  readonly name: string
  readonly hash: string
}

/**
 * Steering of one row; without additions and clamps nothing is steered (the baseline of a sweep). Prompts are shared up to the first
 * selected token. `selected[i]` says whether token i of the prompt is steered; generated tokens follow `generated`.
 * At a site the additions come first, summed; then the clamps in their order; then, with `keepLength`, the residual is scaled back to the
 * length it had before (a rotation towards the sum).
 */
export interface Steering {
  readonly additions: readonly Addition[]
  readonly clamps?: readonly Clamp[]
  /** @default false */
  readonly keepLength?: boolean
  readonly selected: Uint8Array
  /**
   * All generated tokens alike, or by their place in the sequence (prompt included, from 0) and the sequence so far, which holds the token at
   * that place and may go on behind it. It must look at nothing else: the same tokens are asked about again for receipts. What it throws fails its own request.
   */
  readonly generated: boolean | ((position: number, sequence: readonly number[]) => boolean)
}

/** What is done to a selected token, without saying which are. */
export type Intervention = Pick<Steering, 'additions' | 'clamps' | 'keepLength'>

export const pickIntervention = ({ additions, clamps, keepLength }: Intervention): Intervention => ({
  additions,
  ...(clamps && { clamps }),
  ...(keepLength && { keepLength }),
})

export interface Sampling {
  /** 0 = argmax, lowest id on ties. */
  readonly temperature: number
  /** @default 1 */
  readonly topP?: number
  /** Key of the Gumbel noise: the draw depends on (seed, turn, position, token id) and nothing else. */
  readonly seed: RandomKey
  readonly turn: number
}

/** Per captured layer, one row a token of the turn: prompt tokens from `from` on, then generated tokens. */
export interface Trace {
  readonly layers: readonly number[]
  /** First prompt position that the trace holds. */
  readonly from: number
  readonly rows: number
  readonly basis: number
  /** One (rows, K) array a layer. */
  readonly projections: readonly Float32Array[]
  /** One (rows) array a layer: L2 norm of the residual. */
  readonly norms: readonly Float32Array[]
}

export interface Receipt {
  readonly additions: readonly {
    readonly name: string
    readonly hash: string
    readonly layer: number
    readonly coefficient: number
  }[]
  /** Only where there are any. */
  readonly clamps?: readonly {
    readonly op: Clamp['op']
    readonly name: string
    readonly hash: string
    readonly layer: number
    readonly bound: number
    readonly share?: number
  }[]
  readonly keepLength?: true
  /** Of the tokens that were fed, which the last token of a scored continuation is not; continuations of one prompt add up. */
  readonly steeredTokens: number
  /** L2 length of the change at the steered layers, over the steered tokens; what was measured where clamps or lengths decide it. */
  readonly deltaMean: number
  readonly deltaMax: number
  /** Of the numbers added and of the places steered. */
  readonly fingerprint: string
}

export interface GenerateRequest {
  readonly tokens: readonly number[]
  readonly maxNewTokens: number
  readonly sampling: Sampling
  readonly stopTokens: readonly number[]
  /** Asked after every token; true ends the generation with `stop`. It must look at the tokens only, or the same request could end elsewhere. */
  readonly stopWhen?: (generated: readonly number[]) => boolean
  readonly steering?: Steering | undefined
  /** Rows are returned from this prompt position on. @default 0 */
  readonly traceFrom?: number
  readonly trace?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface Generation {
  readonly tokens: readonly number[]
  readonly logprobs: readonly number[]
  readonly finish: 'stop' | 'length' | 'context'
  readonly trace: Trace | undefined
  readonly receipt: Receipt | undefined
  /** Prompt tokens that were copied from a shared prefix. */
  readonly reusedTokens: number
}

export interface ScoreRequest {
  readonly tokens: readonly number[]
  readonly continuations: readonly (readonly number[])[]
  /** Continuation tokens follow `generated`; refused when no token that is fed is selected. */
  readonly steering?: Steering | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Score {
  /** One a continuation: natural log-probability of each of its tokens. */
  readonly perToken: readonly Float64Array[]
  readonly sums: readonly number[]
  readonly receipt: Receipt | undefined
}

export interface ReadRequest {
  readonly tokens: readonly number[]
  readonly layers: readonly number[]
  readonly steering?: Steering | undefined
  readonly signal?: AbortSignal | undefined
}

/** Residuals of every token, one (S, H) array a layer. */
export interface Reading {
  readonly residuals: readonly Float32Array[]
}

export interface EngineStats {
  readonly promptTokens: number
  readonly reusedTokens: number
  readonly newTokens: number
  readonly steps: number
}

/** One loaded model. All calls may run at once; rows share batches. */
export interface Engine extends AsyncDisposable {
  readonly modelSha256: string
  readonly graphVersion: string
  readonly backend: 'iobinding' | 'package'
  readonly threads: number
  readonly layers: number
  readonly width: number
  readonly contextTokens: number
  readonly steerLayers: readonly number[]
  readonly captureLayers: readonly number[]
  readonly basisSize: number
  generate(request: GenerateRequest): Promise<Generation>
  score(request: ScoreRequest): Promise<Score>
  read(request: ReadRequest): Promise<Reading>
  /** Log-probabilities of the next token at the given positions, (positions, vocabulary), for checks and doses. */
  logprobs(request: {
    readonly tokens: readonly number[]
    readonly positions: readonly number[]
    readonly steering?: Steering | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<Float32Array>
  stats(): EngineStats
}
