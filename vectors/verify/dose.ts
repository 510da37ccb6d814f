import { type Engine, type Intervention, pickIntervention, type Steering } from '../engine/types.ts'
import { dot, norm } from '../extract/algebra.ts'
import type { Chat } from '../model/chat.ts'
import type { Tokenizer } from '../model/tokenizer.ts'

/** What a dose does to ordinary text: how far the next-token distribution moves, and how much less likely the text becomes. */
export interface DoseEffect {
  /** Nats a token, KL(unsteered ‖ steered). */
  readonly meanKl: number
  readonly p95Kl: number
  /** L2 length of the change at the first steered layer, mean over steered tokens. */
  readonly rawL2: number
  /** Cosine between the residual before and after it. */
  readonly cosine: number
  /** Nats a token. */
  readonly nllRise: number
}

export interface DoseProbe {
  readonly ids: readonly number[]
  readonly selected: Uint8Array
  /** Positions whose next token is part of the text. */
  readonly positions: readonly number[]
  /** (positions, V) log-probabilities without steering. */
  readonly baseline: readonly Float32Array[]
  /** layer -> residuals of the positions */
  readonly residuals: ReadonlyMap<number, readonly Float32Array[]>
}

const TOKENS = 48

/** An assistant's neutral answer, read once without steering. */
export async function openDoseProbe(
  subject: { engine: Engine; chat: Chat; tokenizer: Tokenizer },
  text: string,
  layers: readonly number[],
): Promise<DoseProbe> {
  const { engine, chat } = subject
  const messages = [
    { role: 'user' as const, content: 'Tell me about your day at work.' },
    { role: 'assistant' as const, content: text },
  ]
  const { ids: all, roles } = chat.encodeConversation({ messages, addGenerationPrompt: false })
  const start = roles.indexOf('assistant')
  const ids = all.slice(0, start + TOKENS)
  const positions = ids.map((_, i) => i).slice(start, -1)
  const selected = Uint8Array.from(ids, (_, i) => (i >= start ? 1 : 0))
  const logprobs = await engine.logprobs({ tokens: ids, positions })
  const { residuals } = await engine.read({ tokens: ids, layers })
  const residualsAt = (rows: Float32Array) => positions.map((p) => rows.slice(p * engine.width, (p + 1) * engine.width))
  return {
    ids,
    selected,
    positions,
    baseline: rowsOf(logprobs, positions.length),
    residuals: new Map(layers.map((layer, i) => [layer, residualsAt(residuals[i]!)])),
  }
}

export async function measureDose(engine: Engine, probe: DoseProbe, intervention: Intervention): Promise<DoseEffect> {
  const { ids, selected, positions, baseline } = probe
  const steering: Steering = { ...pickIntervention(intervention), selected, generated: true }
  const logprobs = await engine.logprobs({ tokens: ids, positions, steering })
  const steered = rowsOf(logprobs, positions.length)
  const kls = baseline.map((row, i) => divergence(row, steered[i]!))
  const rises = positions.map((p, i) => baseline[i]![ids[p + 1]!]! - steered[i]![ids[p + 1]!]!)
  const sorted = kls.toSorted((a, b) => a - b)
  return {
    ...(await displacement(engine, probe, steering)),
    meanKl: average(kls),
    p95Kl: sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)]!,
    nllRise: average(rises),
  }
}

/**
 * How far the residual is moved at the first steered layer. What is added there is known without running; where clamps or kept lengths
 * decide, it is read.
 */
async function displacement(engine: Engine, { ids, positions, residuals }: DoseProbe, steering: Steering) {
  const { additions, clamps = [], keepLength } = steering
  const layer = Math.min(...[...additions, ...clamps].map((a) => a.layer))
  const before = residuals.get(layer)
  if (!before) throw new RangeError(`the dose probe was not opened for layer ${layer}`)
  const after =
    clamps.length > 0 || keepLength
      ? await residualsAt(engine, { ids, positions, layer, steering })
      : before.map((h) =>
          plus(
            h,
            additions.filter((a) => a.layer === layer),
          ),
        )
  return {
    rawL2: average(before.map((h, i) => norm(h.map((v, d) => after[i]![d]! - v)))),
    cosine: average(before.map((h, i) => dot(h, after[i]!) / (norm(h) * norm(after[i]!)))),
  }
}

async function residualsAt(
  engine: Engine,
  {
    ids,
    positions,
    layer,
    steering,
  }: { ids: readonly number[]; positions: readonly number[]; layer: number; steering: Steering },
): Promise<Float32Array[]> {
  const { residuals } = await engine.read({ tokens: ids, layers: [layer], steering })
  return positions.map((p) => residuals[0]!.slice(p * engine.width, (p + 1) * engine.width))
}

const plus = (h: Float32Array, additions: Steering['additions']): Float32Array =>
  h.map((v, d) => additions.reduce((sum, { coefficient, vector }) => sum + coefficient * vector[d]!, v))

/** (R, V) -> R rows over the same memory. */
function rowsOf(logprobs: Float32Array, rows: number): Float32Array[] {
  const vocabulary = logprobs.length / rows
  return Array.from({ length: rows }, (_, r) => logprobs.subarray(r * vocabulary, (r + 1) * vocabulary))
}

/** KL(p ‖ q) of two log-probability rows, in nats. */
function divergence(p: Float32Array, q: Float32Array): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) if (p[i]! > -40) sum += Math.exp(p[i]!) * (p[i]! - q[i]!)
  return sum
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
