import { createHash } from 'node:crypto'
import { InputError } from '../errors.ts'
import type { Clamp, Receipt, Steering } from './types.ts'

/** A row's steering, summed and checked: what is added at each layer to a selected token. */
export interface PreparedSteering {
  readonly steering: Steering
  /** layer -> (H) */
  readonly deltas: ReadonlyMap<number, Float32Array>
  /** layer -> clamps, in order */
  readonly clamps: ReadonlyMap<number, readonly Clamp[]>
  /** Layers whose residuals keep their length. */
  readonly keptLayers: ReadonlySet<number>
  /** Of the numbers themselves: two steerings with one hash change a selected token alike, whatever their vectors are called. */
  readonly hash: string
}

export interface SteeringLimits {
  readonly width: number
  readonly steerLayers: readonly number[]
  /** Clamps a site; 0 = the graph can only add. */
  readonly operations: number
  readonly promptTokens: number
}

/**
 * Checks and sums the steering of a row. Errors: InputError for a zero, NaN or wrong-width vector, a layer the engine
 * does not steer, an operation it was not opened for, a sum too long for fp32, or a selection that picks no token.
 */
export function prepareSteering(steering: Steering | undefined, engine: SteeringLimits): PreparedSteering | undefined {
  if (!steering || (steering.additions.length === 0 && (steering.clamps ?? []).length === 0)) return undefined
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
  const clamps = clampsOf(steering, engine)
  const keptLayers = new Set(steering.keepLength ? [...deltas.keys(), ...clamps.keys()] : [])
  if (keptLayers.size > 0 && engine.operations === 0) throw new InputError(NOT_OPENED)
  // The caller's array may change afterwards, while the row runs or its keys and values are kept under what was selected.
  const own = { ...steering, selected: steering.selected.slice() }
  return { steering: own, deltas, clamps, keptLayers, hash: hashOf(deltas, clamps, keptLayers) }
}

const NOT_OPENED = 'the engine was opened for additions only; open it with `operations` for clamps and kept lengths'

function clampsOf({ clamps = [] }: Steering, engine: SteeringLimits): Map<number, Clamp[]> {
  if (clamps.length > 0 && engine.operations === 0) throw new InputError(NOT_OPENED)
  const byLayer = new Map<number, Clamp[]>()
  for (const clamp of clamps) {
    checkVector(clamp, engine)
    checkClamp(clamp)
    byLayer.set(clamp.layer, [...(byLayer.get(clamp.layer) ?? []), { ...clamp, vector: clamp.vector.slice() }])
  }
  for (const [layer, own] of byLayer) {
    if (own.length > engine.operations)
      throw new InputError(`${own.length} clamps at layer ${layer}; the engine was opened for ${engine.operations}`)
  }
  return byLayer
}

function checkClamp({ op, name, vector, bound, share = 1 }: Clamp): void {
  const length = Math.hypot(...vector)
  if (Math.abs(length - 1) > 1e-3)
    throw new InputError(`vector ${name} has length ${length}; ${op} needs a unit vector`)
  if (op === 'ablate' && bound !== 0) throw new InputError(`ablate sets the projection to 0; got the bound ${bound}`)
  if (!Number.isFinite(share) || Math.abs(share) > MOST_SHARE || (op !== 'ablate' && share !== 1))
    throw new InputError(
      `vector ${name}: ${op} cannot take the share ${share} away; ablate takes −${MOST_SHARE} to ${MOST_SHARE}`,
    )
  if (!Number.isFinite(bound) || Math.abs(bound) > LONGEST)
    throw new InputError(`vector ${name}: the bound ${bound} is not a number that ${op} can keep`)
}

const MOST_SHARE = 10

/** What a clamp multiplies the projection by, before the range. */
export const factorOf = ({ share = 1 }: Clamp): number => (share === 1 ? 1 : 1 - share)

/** The range that a clamp leaves a projection in; fp32's own limits stand for "no bound", infinities would make NaN. */
export function rangeOf({ op, bound, share = 1 }: Clamp): readonly [least: number, most: number] {
  if (op === 'ablate') return share === 1 ? [0, 0] : [-UNBOUNDED, UNBOUNDED]
  return op === 'cap' ? [-UNBOUNDED, bound] : [bound, UNBOUNDED]
}

/** Below fp32's largest number: a projection compared with it stays itself. */
export const UNBOUNDED = 3e38

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

function checkAddition(addition: Steering['additions'][number], engine: SteeringLimits): void {
  checkVector(addition, engine)
  const { name, coefficient } = addition
  if (!Number.isFinite(coefficient)) throw new InputError(`vector ${name}: the strength ${coefficient} is not a number`)
}

function checkVector(
  { name, vector, layer }: Pick<Clamp, 'name' | 'vector' | 'layer'>,
  { width, steerLayers }: SteeringLimits,
): void {
  if (vector.length !== width)
    throw new InputError(`vector ${name} has ${vector.length} numbers, the model is ${width} wide`)
  if (!steerLayers.includes(layer)) {
    throw new InputError(
      `vector ${name}: layer ${layer} is not among the layers opened for steering (${steerLayers.join(', ') || 'none'})`,
    )
  }
  if (vector.some((v) => !Number.isFinite(v))) throw new InputError(`vector ${name} holds NaN or infinite numbers`)
  if (!vector.some((v) => v !== 0)) throw new InputError(`vector ${name} is zero everywhere`)
}

function hashOf(
  deltas: PreparedSteering['deltas'],
  clamps: PreparedSteering['clamps'],
  kept: PreparedSteering['keptLayers'],
): string {
  const hash = createHash('sha256')
  for (const [layer, delta] of sortedByLayer(deltas)) hash.update(`${layer}:`).update(delta)
  for (const [layer, own] of sortedByLayer(clamps))
    for (const clamp of own)
      hash.update(`${layer} clamp ${[...rangeOf(clamp), factorOf(clamp)].join()}:`).update(clamp.vector)
  for (const layer of [...kept].toSorted((a, b) => a - b)) hash.update(`keep ${layer}`)
  return hash.digest('hex')
}

const sortedByLayer = <T>(map: ReadonlyMap<number, T>): [number, T][] => [...map].toSorted(([a], [b]) => a - b)

/** Whether the token at `position` of `sequence` (prompt first, then generated) is steered. */
export function isSelected({ steering }: PreparedSteering, position: number, sequence: readonly number[]): boolean {
  const { selected, generated } = steering
  if (position < selected.length) return selected[position] === 1
  return typeof generated === 'boolean' ? generated : generated(position, sequence)
}

/** Tokens that were fed: the places `from` to `to` (exclusive) of `sequence`. */
export interface FedStretch {
  readonly from: number
  readonly to: number
  /** All tokens from place 0 on. */
  readonly sequence: readonly number[]
  /** Lengths of what was changed, one a token, where the graph measures them. */
  readonly changes?: Float32Array
}

/** The places of a stretch that are steered. */
export function selectedPlaces(
  prepared: PreparedSteering | undefined,
  { from, to, sequence }: Omit<FedStretch, 'changes'>,
): number[] {
  const places: number[] = []
  if (prepared) for (let at = from; at < to; at++) if (isSelected(prepared, at, sequence)) places.push(at)
  return places
}

/** Errors: InputError when none of the tokens to be fed is steered, for what follows from them would be called steered. */
export function checkSteersSome(prepared: PreparedSteering | undefined, fed: readonly FedStretch[]): void {
  if (!prepared || fed.some((stretch) => selectedPlaces(prepared, stretch).length > 0)) return
  throw new InputError(
    'the steering window selects no token that is read for this score (the prompt, and of each continuation all but its last token): nothing would be steered; select tokens of the prompt or score longer continuations',
  )
}

/**
 * Proof of what was done to the tokens that were fed; deltas of several layers count by their joint length, measured in the graph where only
 * the residual decides it. Continuations of one prompt are stretches from the same place.
 */
export function receiptOf(prepared: PreparedSteering | undefined, fed: readonly FedStretch[]): Receipt | undefined {
  if (!prepared) return undefined
  const { steering, clamps, keptLayers } = prepared
  const selected = fed.map((stretch) => selectedPlaces(prepared, stretch))
  const steeredTokens = selected.reduce((sum, places) => sum + places.length, 0)
  const isMeasured = clamps.size > 0 || keptLayers.size > 0
  const { deltaMean, deltaMax } = isMeasured ? measuredLength(fed, selected) : addedLength(prepared, steeredTokens)
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([prepared.hash, fed.map(({ from, to }, i) => [from, to, selected[i]])]))
    .digest('hex')
    .slice(0, 16)
  return {
    additions: steering.additions.map(({ name, hash, layer, coefficient }) => ({ name, hash, layer, coefficient })),
    ...(clamps.size > 0 && {
      clamps: steering.clamps!.map(({ op, name, hash, layer, bound, share }) => ({
        op,
        name,
        hash,
        layer,
        bound,
        ...(share !== undefined && { share }),
      })),
    }),
    ...(keptLayers.size > 0 && { keepLength: true as const }),
    steeredTokens,
    deltaMean,
    deltaMax,
    fingerprint,
  }
}

function addedLength({ deltas }: PreparedSteering, steeredTokens: number) {
  let squares = 0
  for (const delta of deltas.values()) for (const v of delta) squares += v * v
  const length = steeredTokens > 0 ? Math.sqrt(squares) : 0
  return { deltaMean: length, deltaMax: length }
}

function measuredLength(fed: readonly FedStretch[], selected: readonly (readonly number[])[]) {
  const own = fed.flatMap(({ from, changes }, i) => selected[i]!.map((place) => changes![place - from]!))
  return {
    deltaMean: own.length > 0 ? own.reduce((a, b) => a + b, 0) / own.length : 0,
    deltaMax: own.reduce((a, b) => Math.max(a, b), 0),
  }
}
