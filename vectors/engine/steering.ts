import { createHash } from 'node:crypto'
import { InputError } from '../errors.ts'
import type { Receipt, Steering } from './types.ts'

/** A row's steering, summed and checked: what is added at each layer to a selected token. */
export interface PreparedSteering {
  readonly steering: Steering
  /** layer -> (H) */
  readonly deltas: ReadonlyMap<number, Float32Array>
  /** Of the deltas themselves: two steerings with one hash change a selected token alike, whatever their vectors are called. */
  readonly hash: string
}

/**
 * Checks and sums the additions of a row. Errors: InputError for a zero, NaN or wrong-width vector, a layer the engine
 * does not steer, a sum too long for fp32, or a selection that picks no token.
 */
export function prepareSteering(
  steering: Steering | undefined,
  engine: { readonly width: number; readonly steerLayers: readonly number[]; readonly promptTokens: number },
): PreparedSteering | undefined {
  if (!steering || steering.additions.length === 0) return undefined
  if (steering.selected.length !== engine.promptTokens) {
    throw new InputError(
      `steering selects among ${steering.selected.length} tokens, but the prompt has ${engine.promptTokens}`,
    )
  }
  if (!steering.generated && !steering.selected.includes(1)) {
    throw new InputError('the steering window selects no token: nothing would be steered')
  }
  const deltas = new Map<number, Float32Array>()
  for (const addition of steering.additions) {
    checkAddition(addition, engine)
    const sum = deltas.get(addition.layer) ?? new Float32Array(engine.width)
    for (let i = 0; i < sum.length; i++) sum[i]! += addition.coefficient * addition.vector[i]!
    deltas.set(addition.layer, sum)
  }
  for (const [layer, delta] of deltas) checkLength(layer, delta)
  return { steering, deltas, hash: hashOf(deltas) }
}

/** The norm that follows squares the residual in fp32; past its range the model would answer with even odds, which looks like an answer. */
function checkLength(layer: number, delta: Float32Array): void {
  const squares = delta.reduce((sum, v) => sum + v * v, 0)
  if (!(squares < LONGEST ** 2)) {
    throw new InputError(
      `the vectors added at layer ${layer} sum to a length of ${Math.sqrt(squares)}; the most is ${LONGEST}`,
    )
  }
}

/** Squared and summed this stays far inside fp32; residuals of real models are below 1e6. */
const LONGEST = 1e15

function checkAddition(
  { name, vector, layer, coefficient }: Steering['additions'][number],
  { width, steerLayers }: { width: number; steerLayers: readonly number[] },
): void {
  if (vector.length !== width)
    throw new InputError(`vector ${name} has ${vector.length} numbers, the model is ${width} wide`)
  if (!steerLayers.includes(layer)) {
    throw new InputError(
      `vector ${name}: layer ${layer} is not among the layers opened for steering (${steerLayers.join(', ') || 'none'})`,
    )
  }
  if (!Number.isFinite(coefficient)) throw new InputError(`vector ${name}: the strength ${coefficient} is not a number`)
  if (vector.some((v) => !Number.isFinite(v))) throw new InputError(`vector ${name} holds NaN or infinite numbers`)
  if (!vector.some((v) => v !== 0)) throw new InputError(`vector ${name} is zero everywhere`)
}

function hashOf(deltas: ReadonlyMap<number, Float32Array>): string {
  const hash = createHash('sha256')
  for (const [layer, delta] of [...deltas].toSorted(([a], [b]) => a - b)) hash.update(`${layer}:`).update(delta)
  return hash.digest('hex')
}

/** Whether token `position` (prompt first, then generated) is steered. */
export const isSelected = ({ steering }: PreparedSteering, position: number): boolean =>
  position < steering.selected.length ? steering.selected[position] === 1 : steering.generated

/** Proof of what was added to the tokens 0 … tokens−1; deltas of several layers count by their joint length. */
export function receiptOf(prepared: PreparedSteering | undefined, tokens: number): Receipt | undefined {
  if (!prepared) return undefined
  let steeredTokens = 0
  for (let i = 0; i < tokens; i++) if (isSelected(prepared, i)) steeredTokens++
  let squares = 0
  for (const delta of prepared.deltas.values()) for (const v of delta) squares += v * v
  const length = Math.sqrt(squares)
  const additions = prepared.steering.additions.map(({ name, hash, layer, coefficient }) => ({
    name,
    hash,
    layer,
    coefficient,
  }))
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([prepared.hash, steeredTokens, tokens]))
    .digest('hex')
    .slice(0, 16)
  return {
    additions,
    steeredTokens,
    deltaMean: steeredTokens > 0 ? length : 0,
    deltaMax: steeredTokens > 0 ? length : 0,
    fingerprint,
  }
}
