import { openEngine, type OpenOptions } from '../engine/open.ts'
import type { Engine, Steering } from '../engine/types.ts'
import { type Distance, distanceTo } from './kl.ts'
import type { Reference, ReferencePrompt } from './reference.ts'

export interface CheckOptions {
  /** A GGUF file. */
  readonly path: string
  readonly sha256: string
  /** Folder for built weights and graphs. */
  readonly graphs: string
  readonly threads: number
  readonly reference: Reference
}

/** How close one path of the engine comes to the reference. Errors are the largest found. */
export interface PathFidelity {
  readonly positions: number
  /** KL(reference ‖ ours) in nats, a lower bound: see `distanceTo`. */
  readonly meanKl: number
  readonly maxKl: number
  /**
   * The same without the first token of the prompts, whose residual is a sink many times longer than all others: there 8 bits are
   * coarse, what is predicted after it is never drawn from, and every prompt of a template repeats it.
   */
  readonly meanKlAfterFirst: number
  readonly argmaxSame: number
  /** Of the 20 most likely tokens, natural logarithm. */
  readonly logProbError: number
  /** Relative, of the residual's length at each token. */
  readonly normError: number
  /** Of the projection at each token, relative to the residual's length. */
  readonly projectionError: number
  /** Relative, of the mean length without the first token. */
  readonly meanNormError: number
  readonly steeredMeanKl: number
  readonly steeredLogProbError: number
  readonly steeredArgmaxSame: number
  readonly steeredPositions: number
}

export interface Fidelity {
  readonly model: string
  /** Everything in fp32: shows that graph, weights and site are right. */
  readonly exact: PathFidelity
  /** Activations rounded to 8 bits: what runs use. */
  readonly int8: PathFidelity
  /** The same with keys and values in f16. */
  readonly int8KvF16: PathFidelity
}

/**
 * Runs a model on the reference's prompts along all paths and measures the distances: next-token distributions at the listed
 * positions, residual norms and projections at every token, and the distribution after steering.
 */
export async function checkModel(options: CheckOptions): Promise<Fidelity> {
  return {
    model: options.reference.model,
    exact: await checkPath(options, { precision: 'exact' }),
    int8: await checkPath(options, { precision: 'int8' }),
    int8KvF16: await checkPath(options, { precision: 'int8', kvType: 'f16' }),
  }
}

async function checkPath(
  { reference, ...model }: CheckOptions,
  path: Pick<OpenOptions, 'precision' | 'kvType'>,
): Promise<PathFidelity> {
  const { layer } = reference
  const vector = Float32Array.from(reference.vector)
  const longest = Math.max(...reference.prompts.map((p) => p.ids.length))
  await using engine = await openEngine({
    ...model,
    ...path,
    steerLayers: [layer],
    captureLayers: [layer],
    basis: new Map([[layer, [vector]]]),
    maxRows: 1,
    contextTokens: longest + 1,
  })
  const plain: Placed[] = []
  const steered: Distance[] = []
  const traces: TraceError[] = []
  for (const prompt of reference.prompts) {
    plain.push(...(await plainDistances(engine, prompt)))
    steered.push(...(await steeredDistances(engine, prompt, { layer, vector })))
    traces.push(await traceError(engine, prompt))
  }
  return summary(plain, steered, traces)
}

interface Placed extends Distance {
  readonly position: number
}

async function plainDistances(engine: Engine, prompt: ReferencePrompt): Promise<Placed[]> {
  const { ids: tokens, positions } = prompt
  const logprobs = await engine.logprobs({ tokens, positions })
  const vocabulary = logprobs.length / positions.length
  return positions.map((position, i) => {
    const top = { ids: prompt.top_ids[i]!, logprobs: prompt.top_logprobs[i]! }
    return { position, ...distanceTo(top, logprobs.subarray(i * vocabulary, (i + 1) * vocabulary)) }
  })
}

async function steeredDistances(
  engine: Engine,
  { ids: tokens, R, steered_last_position: cases }: ReferencePrompt,
  { layer, vector }: { layer: number; vector: Float32Array },
): Promise<Distance[]> {
  const distances: Distance[] = []
  for (const { strength, top_ids: ids, top_logprobs: logprobs } of cases) {
    const steering: Steering = {
      additions: [{ layer, vector, coefficient: strength * R, name: 'reference', hash: 'reference' }],
      selected: new Uint8Array(tokens.length).fill(1),
      generated: true,
    }
    const ours = await engine.logprobs({ tokens, positions: [tokens.length - 1], steering })
    distances.push(distanceTo({ ids, logprobs }, ours))
  }
  return distances
}

interface TraceError {
  readonly norm: number
  readonly projection: number
  readonly meanNorm: number
}

/** What the trace of a turn says of every prompt token, against the reference. */
async function traceError(engine: Engine, prompt: ReferencePrompt): Promise<TraceError> {
  const { trace } = await engine.generate({
    tokens: prompt.ids,
    maxNewTokens: 1,
    sampling: { temperature: 0, seed: [0, 0], turn: 0 },
    stopTokens: [],
    trace: true,
  })
  const norms = trace!.norms[0]!
  const projections = trace!.projections[0]!
  const largest = (error: (norm: number, token: number) => number) => Math.max(...prompt.resid_post_norm.map(error))
  const mean = norms.subarray(1, prompt.ids.length).reduce((a, b) => a + b, 0) / (prompt.ids.length - 1)
  return {
    norm: largest((norm, t) => Math.abs(norms[t]! / norm - 1)),
    projection: largest((norm, t) => Math.abs(projections[t]! - prompt.resid_post_projection[t]!) / norm),
    meanNorm: Math.abs(mean / prompt.R - 1),
  }
}

function summary(plain: readonly Placed[], steered: readonly Distance[], traces: readonly TraceError[]): PathFidelity {
  const mean = (list: readonly Distance[]) => list.reduce((sum, d) => sum + d.kl, 0) / list.length
  const most = <T>(list: readonly T[], of: (item: T) => number) => Math.max(...list.map(of))
  const same = (list: readonly Distance[]) => list.filter((d) => d.sameArgmax).length
  return {
    positions: plain.length,
    meanKl: mean(plain),
    maxKl: most(plain, (d) => d.kl),
    meanKlAfterFirst: mean(plain.filter(({ position }) => position > 0)),
    argmaxSame: same(plain),
    logProbError: most(plain, (d) => d.logProbError),
    normError: most(traces, (t) => t.norm),
    projectionError: most(traces, (t) => t.projection),
    meanNormError: most(traces, (t) => t.meanNorm),
    steeredMeanKl: mean(steered),
    steeredLogProbError: most(steered, (d) => d.logProbError),
    steeredArgmaxSame: same(steered),
    steeredPositions: steered.length,
  }
}
