import { InputError } from '../errors.ts'
import { checkDirection, type DirectionLimits, type Directions, keysByLayer } from './directions.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

/** In the metadata of a file of directions. */
const FORMAT = 'duress-directions-1'

export interface NativeDirections {
  /** Block (0-based) -> what is added after it, (H). */
  readonly layers: ReadonlyMap<number, Float32Array>
  readonly modelHint: string
  readonly modelSha256: string
  readonly facts: Readonly<Record<string, string | number>>
}

/** Writes vectors as safetensors, `resid_post.N` for the block N. Same input, same bytes. */
export function writeDirections(path: string, { layers, modelHint, modelSha256, facts }: NativeDirections): void {
  const tensors = Object.fromEntries(
    [...layers].map(([layer, data]) => [`resid_post.${layer}`, { shape: [data.length], data }]),
  )
  const texts = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, String(value)]))
  writeSafetensors(path, { metadata: { ...texts, format: FORMAT, modelHint, modelSha256 }, tensors })
}

/** Reads vectors from safetensors: `resid_post.N`, or `layer_N` and `direction.N` of others. Errors: InputError naming file and tensor. */
export function readDirections(path: string, limits: DirectionLimits): Directions {
  const { metadata, tensors } = readSafetensors(path)
  if (metadata['format']?.startsWith('duress-vectors'))
    throw new InputError(
      `${path}: is a whole vector set; export the vector that you want from it: duress vectors export`,
    )
  const keys = keysByLayer(path, Object.keys(tensors), limits)
  const layers = new Map<number, Float32Array>()
  for (const [layer, key] of keys) {
    const { shape, data } = tensors[key]!
    if (shape.filter((size) => size !== 1).length > 1)
      throw new InputError(`${path}: ${key} has the shape ${shape.join('×')}, expected one vector a layer`)
    layers.set(layer, checkDirection(path, key, data, limits.width))
  }
  const { modelHint, modelSha256 } = metadata
  return {
    format: 'safetensors',
    layers,
    ...(modelHint !== undefined && { modelHint }),
    ...(modelSha256 !== undefined && { modelSha256 }),
    producer: metadata['format'] === FORMAT ? 'duress' : 'unknown',
    notes: [],
  }
}
