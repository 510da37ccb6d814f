import { dot } from '../../vectors/extract/algebra.ts'
import { sinkNorm } from '../../vectors/extract/norms.ts'
import { layerOf, type VectorSet } from '../../vectors/extract/set.ts'
import type { Tokenizer } from '../../vectors/model/tokenizer.ts'
import type { EpisodeTurn } from '../episode/agent.ts'
import type { Condition } from '../plan/conditions.ts'
import type { Turn, Vital } from '../store/types.ts'

/** A turn as the store keeps it, with its vitals at the steered layer. */
export function turnForStore(
  turn: EpisodeTurn,
  context: {
    readonly set: VectorSet
    readonly basis: { readonly hash: string; readonly names: readonly string[] }
    readonly subject: { readonly tokenizer: Pick<Tokenizer, 'pieces'> }
  },
  condition: Condition,
): Turn {
  const { set, basis } = context
  const { tokenizer } = context.subject
  const { index, role, text, tokens, logprobs, flags, trace, receipt, finish } = turn
  return {
    index,
    role,
    text,
    tokens,
    logprobs,
    flags,
    detail: {
      pieces: tokenizer.pieces(tokens),
      steered: Array.from(turn.steered),
      ...(finish === undefined ? {} : { finish }),
    },
    ...(trace && trace.rows > 0 ? { trace: { ...trace, basisHash: basis.hash } } : {}),
    receipt,
    vitals: vitalsOf(turn, { set, names: basis.names, condition }),
  }
}

function vitalsOf(turn: EpisodeTurn, context: ReadingContext): Vital[] {
  const { names, rows } = readingsOf(turn, context)
  return summarise(names, rows).map((vital) => ({ ...vital, layer: context.condition.layer }))
}

/** Mean, peak and last of each emotion over some rows; none where there are no rows. */
export function summarise(names: readonly string[], rows: readonly TokenReading[]): Omit<Vital, 'layer'>[] {
  if (rows.length === 0) return []
  return names.map((name, k) => {
    const z = rows.map((row) => row.z[k]!)
    return { name, meanZ: z.reduce((a, b) => a + b, 0) / z.length, peakZ: Math.max(...z), lastZ: z.at(-1)! }
  })
}

export interface ReadingContext {
  readonly set: VectorSet
  /** Of the trace's columns. */
  readonly names: readonly string[]
  readonly condition: Condition
}

/** One token's z-scores, an emotion each. */
export interface TokenReading {
  /** Row of the turn. */
  readonly row: number
  readonly z: readonly number[]
}

/**
 * z-scores of a turn's tokens against neutral text at the condition's layer. What the steering itself adds to a projection is subtracted
 * first: they say what the model does by itself. Sink tokens are left out.
 */
export function readingsOf(
  turn: EpisodeTurn,
  { set, names, condition }: ReadingContext,
): { readonly names: readonly string[]; readonly rows: readonly TokenReading[] } {
  const emotions = names.filter((name) => set.families.get(name) === 'emotion')
  const { trace, steered } = turn
  const at = trace?.layers.indexOf(condition.layer) ?? -1
  if (!trace || at < 0 || trace.rows === 0) return { names: emotions, rows: [] }
  const { facts, vectors, norms } = layerOf(set, condition.layer)
  const ordinary = Array.from({ length: trace.rows }, (_, t) => t).filter(
    (t) => trace.norms[at]![t]! <= sinkNorm(norms),
  )
  const columns = emotions.map((name) => {
    const { neutralMean, neutralSd } = facts.get(name)!
    const k = names.indexOf(name)
    const added = condition.additions.reduce(
      (sum, a) => sum + (a.layer === condition.layer ? a.coefficient * dot(a.vector, vectors.get(name)!) : 0),
      0,
    )
    return (t: number) =>
      (trace.projections[at]![t * trace.basis + k]! - (steered[t] ? added : 0) - neutralMean) / neutralSd
  })
  return { names: emotions, rows: ordinary.map((row) => ({ row, z: columns.map((z) => z(row)) })) }
}
