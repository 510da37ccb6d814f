import { InputError } from '../errors.ts'
import { norm } from '../extract/algebra.ts'

/** Vectors of a file, by the block (0-based) after which they are added. */
export interface Directions {
  readonly format: 'gguf' | 'npz' | 'safetensors'
  /** As long as in the file, (H). */
  readonly layers: ReadonlyMap<number, Float32Array>
  /** What the file says it was made for: a model's architecture, or any word. */
  readonly modelHint?: string
  /** Sha256 of the model file, where the writer was duress. */
  readonly modelSha256?: string
  /** The program that wrote it, as far as it can be told. */
  readonly producer: string
  /** What a reader should know of this file. */
  readonly notes: readonly string[]
}

/** What vectors must fit. */
export interface DirectionLimits {
  readonly width: number
  /** Of the model. */
  readonly layers: number
  /** The only ones wanted; of a file that names no layers, where its vector belongs. @default all of the file */
  readonly wanted?: readonly number[]
}

/** The layer in a key such as `direction.7`, `resid_post.7`, `layer_7`; undefined when it names none. */
const layerOfKey = (key: string): number | undefined => {
  const found = /^(?:direction\.|resid_post\.|layer[._]?)(\d{1,6})$/.exec(key)
  return found ? Number(found[1]) : undefined
}

/**
 * Which of a file's keys are read, by layer. A single key without a number takes the one layer that is wanted.
 * Errors: InputError naming the file for keys that say no layer, layers the model does not have, and wanted ones that are missing.
 */
export function keysByLayer(path: string, keys: readonly string[], limits: DirectionLimits): Map<number, string> {
  const { wanted, layers } = limits
  if (keys.length === 0) throw new InputError(`${path}: expected vectors, found none`)
  const out = new Map<number, string>()
  for (const key of keys) {
    const layer = layerOfKey(key) ?? soleLayer(path, keys, wanted)
    if (out.has(layer)) throw new InputError(`${path}: ${out.get(layer)} and ${key} are both for layer ${layer}`)
    if (wanted && !wanted.includes(layer)) continue
    if (layer >= layers)
      throw new InputError(`${path}: ${key} is for layer ${layer}, but the model has layers 0 to ${layers - 1}`)
    out.set(layer, key)
  }
  const missing = wanted?.find((layer) => !out.has(layer))
  if (missing !== undefined)
    throw new InputError(
      `${path}: there is no vector for layer ${missing}; the file has ${keys.slice(0, 40).join(', ')}`,
    )
  return new Map([...out].toSorted(([a], [b]) => a - b))
}

function soleLayer(path: string, keys: readonly string[], wanted: readonly number[] | undefined): number {
  if (keys.length === 1 && wanted?.length === 1) return wanted[0]!
  const unnamed = keys.find((key) => layerOfKey(key) === undefined)!
  throw new InputError(
    `${path}: ${JSON.stringify(unnamed.slice(0, 80))} does not say its layer (expected direction.N, resid_post.N or layer_N)${keys.length === 1 ? '; give it with --layers N' : ''}`,
  )
}

/** Errors: InputError naming file and key for a wrong width, NaN or infinite numbers, and a vector without a direction. */
export function checkDirection(path: string, key: string, vector: Float32Array, width: number): Float32Array {
  if (vector.length !== width)
    throw new InputError(
      `${path}: ${key} has ${vector.length} numbers, the model is ${width} wide: it was made for another model`,
    )
  const bad = vector.findIndex((v) => !Number.isFinite(v))
  if (bad >= 0) throw new InputError(`${path}: ${key} holds ${vector[bad]} at place ${bad}`)
  if (!(norm(vector) > 0))
    throw new InputError(`${path}: ${key} is zero everywhere: it has no direction; leave its layer out with --layers`)
  return vector
}
