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

/**
 * z-scores against neutral text at the condition's layer. What the steering itself adds to a projection is subtracted first:
 * the vitals say what the model does by itself. Sink tokens are left out.
 */
function vitalsOf(
  turn: EpisodeTurn,
  { set, names, condition }: { set: VectorSet; names: readonly string[]; condition: Condition },
): Vital[] {
  const { trace, steered } = turn
  const at = trace?.layers.indexOf(condition.layer) ?? -1
  if (!trace || at < 0 || trace.rows === 0) return []
  const { facts, vectors, norms } = layerOf(set, condition.layer)
  const ordinary = Array.from({ length: trace.rows }, (_, t) => t).filter(
    (t) => trace.norms[at]![t]! <= sinkNorm(norms),
  )
  if (ordinary.length === 0) return []
  return names.flatMap((name, k) => {
    if (set.families.get(name) !== 'emotion') return []
    const { neutralMean, neutralSd } = facts.get(name)!
    const added = condition.additions.reduce(
      (sum, a) => sum + (a.layer === condition.layer ? a.coefficient * dot(a.vector, vectors.get(name)!) : 0),
      0,
    )
    const z = ordinary.map(
      (t) => (trace.projections[at]![t * trace.basis + k]! - (steered[t] ? added : 0) - neutralMean) / neutralSd,
    )
    const meanZ = z.reduce((a, b) => a + b, 0) / z.length
    return [{ name, layer: condition.layer, meanZ, peakZ: Math.max(...z), lastZ: z.at(-1)! }]
  })
}
