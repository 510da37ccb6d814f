import type { EpisodeView } from '../../reports/findings.ts'
import type { Store } from '../store/open.ts'
import { basisOf, traceOf, turnsOf } from '../store/read.ts'
import type { ConditionFacts, EpisodeRow, TurnRow } from '../store/types.ts'

/** Neutral baseline and, by steering vector, what one unit of its length adds to each vital. */
export interface VitalFacts {
  readonly layer: number
  /** Tokens of a longer residual are attention sinks; they are shown as 0. */
  readonly sinkNorm: number
  readonly names: readonly string[]
  readonly neutral: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>
  readonly overlap: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface EpisodeViewInput {
  readonly store: Store
  readonly episode: EpisodeRow
  readonly condition: ConditionFacts
  readonly vitals: VitalFacts
}

/** An episode token by token: pieces of text with the z-scores of the vitals, the dose itself taken out. */
export async function episodeView({ store, episode, condition, vitals }: EpisodeViewInput): Promise<EpisodeView> {
  const outcome = episode.outcomes[0]
  const turns = []
  for (const turn of turnsOf(store, episode.id)) turns.push(await turnView(store, turn, vitals))
  return {
    key: episode.key,
    condition: condition.label,
    scenario: episode.scenarioId,
    outcome: outcome?.class ?? 'unscored',
    evidence: outcome?.evidence === '' ? outcome.rule : (outcome?.evidence ?? ''),
    vitals: vitals.names,
    turns,
  }
}

async function turnView(store: Store, turn: TurnRow, vitals: VitalFacts): Promise<EpisodeView['turns'][number]> {
  const trace = await traceOf(store, turn.id)
  const pieces = Array.isArray(turn.detail['pieces']) ? (turn.detail['pieces'] as string[]) : []
  const at = trace?.layers.indexOf(vitals.layer) ?? -1
  const columns = trace ? (basisOf(store, trace.basisHash) ?? []) : []
  const steered = Array.isArray(turn.detail['steered']) ? (turn.detail['steered'] as number[]) : []
  const addition = turn.receipt?.additions.find((a) => a.layer === vitals.layer)
  const tokens = Array.from(turn.tokens, (_, t) => ({
    text: pieces[t] ?? '',
    z: vitals.names.map((name) => {
      const { mean, sd } = vitals.neutral[name]!
      const isRead = trace !== undefined && at >= 0 && trace.norms[at]![t]! <= vitals.sinkNorm
      if (!isRead) return 0
      const value = trace.projections[at]![t * trace.basis + columns.indexOf(name)]!
      const added =
        addition && steered[t] === 1 ? addition.coefficient * (vitals.overlap[addition.name]?.[name] ?? 0) : 0
      return (value - added - mean) / sd
    }),
  }))
  return { index: turn.index, role: turn.role, flags: turn.flags, tokens }
}
