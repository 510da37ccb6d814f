import { InputError } from '../errors.ts'
import { type Gguf, openGguf } from '../model/gguf.ts'
import { type WriteValue, writeGguf } from '../model/gguf-write.ts'
import { checkDirection, type DirectionLimits, type Directions, keysByLayer } from './directions.ts'

export interface ControlVector {
  /** Block (0-based) -> what is added after it at scale 1, (H). */
  readonly layers: ReadonlyMap<number, Float32Array>
  /** The model's `general.architecture`. */
  readonly modelHint: string
  /** Where it comes from; kept in keys `controlvector.duress.*`, for any other tensor would break the file for llama.cpp. */
  readonly facts: Readonly<Record<string, string | number>>
}

/**
 * Writes a control vector as llama.cpp loads it (`common_control_vector_load_one`): one-dimensional F32 tensors `direction.N`, added to the
 * output of block N. There is no place for block 0 in that format: a file with `direction.0` is refused whole.
 * Errors: InputError for block 0. Gives the same bytes for the same input.
 */
export function writeControlVector(path: string, { layers, modelHint, facts }: ControlVector): void {
  if (layers.has(0))
    throw new InputError('llama.cpp adds control vectors after block 1 at the earliest: leave layer 0 out')
  const sorted = [...layers].toSorted(([a], [b]) => a - b)
  const metadata: Record<string, WriteValue> = {
    'general.architecture': { type: 'string', value: 'controlvector' },
    'controlvector.model_hint': { type: 'string', value: modelHint },
    'controlvector.layer_count': { type: 'u32', value: sorted.length },
  }
  for (const [key, value] of Object.entries(facts))
    metadata[`controlvector.duress.${key}`] =
      typeof value === 'string' ? { type: 'string', value } : { type: 'f32', value }
  const tensors = sorted.map(([layer, vector]) => ({
    name: `direction.${layer}`,
    type: 'F32' as const,
    dims: [vector.length],
    data: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
  }))
  writeGguf(path, metadata, tensors)
}

/**
 * Reads a control vector written by duress, repeng, EasySteer or llama.cpp's cvector-generator. N stays the block after which it is added.
 * Errors: InputError naming the file and what does not fit.
 */
export function readControlVector(path: string, limits: DirectionLimits): Directions {
  using gguf = openGguf(path)
  const architecture = gguf.metadata.get('general.architecture')
  if (architecture !== undefined && architecture !== 'controlvector')
    throw new InputError(
      `${path}: expected a control vector (general.architecture controlvector), got ${shown(architecture)}`,
    )
  const stranger = [...gguf.tensors.keys()].find((name) => !/^direction\.\d{1,6}$/.test(name))
  if (stranger !== undefined)
    throw new InputError(`${path}: expected tensors direction.N only, got ${shown(stranger)}; llama.cpp refuses it too`)
  const keys = keysByLayer(path, [...gguf.tensors.keys()], limits)
  const layers = new Map([...keys].map(([layer, key]) => [layer, readDirection(gguf, key, limits.width)]))
  const hint = gguf.metadata.get('controlvector.model_hint')
  const sha256 = gguf.metadata.get('controlvector.duress.model')
  const producer = producerOf(gguf)
  return {
    format: 'gguf',
    layers,
    ...(typeof hint === 'string' && { modelHint: hint }),
    ...(typeof sha256 === 'string' && { modelSha256: sha256 }),
    producer,
    notes: notesOf(layers, producer),
  }
}

const shown = (value: unknown): string => JSON.stringify(String(value).slice(0, 80))

function readDirection(gguf: Gguf, key: string, width: number): Float32Array {
  const { type, dims } = gguf.tensors.get(key)!
  if (type !== 'F32') throw new InputError(`${gguf.path}: ${key} has type ${type}, expected F32`)
  if (dims.slice(1).some((size) => size !== 1))
    throw new InputError(`${gguf.path}: ${key} has the shape ${dims.join('×')}, expected one dimension`)
  // Checked before it is read: a lying width is then never allocated.
  if (dims[0] !== width)
    throw new InputError(
      `${gguf.path}: ${key} has ${dims[0]} numbers, the model is ${width} wide: it was made for another model`,
    )
  const bytes = gguf.read(key)
  return checkDirection(gguf.path, key, new Float32Array(bytes.buffer, bytes.byteOffset, width), width)
}

/** Number of i32 in GGUF: cvector-generator writes the count of layers so, repeng and EasySteer as u32. */
const I32 = 5

function producerOf({ metadata, metadataTypes }: Gguf): string {
  if ([...metadata.keys()].some((key) => key.startsWith('controlvector.duress.'))) return 'duress'
  if (metadata.has('controlvector.method')) return 'EasySteer'
  if (metadataTypes.get('controlvector.layer_count') === I32) return 'cvector-generator'
  return metadata.has('controlvector.layer_count') ? 'repeng' : 'unknown'
}

function notesOf(layers: ReadonlyMap<number, Float32Array>, producer: string): string[] {
  return [
    ...(layers.has(0) ? ['it holds direction.0, for which llama.cpp refuses the whole file; here it is kept'] : []),
    ...(producer === 'cvector-generator'
      ? ['cvector-generator measures direction.N after block N−1 and llama.cpp adds it after block N; N is kept']
      : []),
  ]
}
