import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { norm, unit } from '../extract/algebra.ts'
import type { Home } from '../model/home.ts'
import type { Directions } from './directions.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

const FORMAT = 'duress-import-1'

const aboutShape = z.object({
  modelSha256: z.string(),
  source: z.object({ file: z.string(), sha256: z.string(), format: z.string(), producer: z.string() }),
  /** Of each layer's vector in the source. */
  lengths: z.record(z.string(), z.number()),
  notes: z.array(z.string()),
})
export type ImportAbout = z.infer<typeof aboutShape>

/** Where a model's imported vectors lie. */
const importFolder = (home: Pick<Home, 'root'>, modelSha256: string): string =>
  join(home.root, 'imports', modelSha256.slice(0, 16))

export interface NewImport {
  readonly modelSha256: string
  readonly directions: Directions
  readonly source: { readonly file: string; readonly sha256: string }
}

/** Keeps vectors under a name, as unit vectors; what they were as long as is written beside them. Gives the path. */
export function saveImport(home: Pick<Home, 'root'>, name: string, made: NewImport): string {
  const { modelSha256, directions, source } = made
  const folder = importFolder(home, modelSha256)
  const sorted = [...directions.layers].toSorted(([a], [b]) => a - b)
  const about: ImportAbout = {
    modelSha256,
    source: { ...source, format: directions.format, producer: directions.producer },
    lengths: Object.fromEntries(sorted.map(([layer, vector]) => [layer, norm(vector)])),
    notes: [...directions.notes],
  }
  const tensors = Object.fromEntries(
    sorted.map(([layer, vector]) => [
      `resid_post.${layer}`,
      { shape: [vector.length], data: Float32Array.from(unit(vector)) },
    ]),
  )
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.safetensors`)
  writeSafetensors(path, { metadata: { format: FORMAT, duress: JSON.stringify(about) }, tensors })
  return path
}

/** All vectors imported for a model: name -> layer -> unit, (H). Errors: InputError for a file that is none of ours. */
export function loadImports(
  home: Pick<Home, 'root'>,
  modelSha256: string,
): ReadonlyMap<string, ReadonlyMap<number, Float32Array>> {
  const folder = importFolder(home, modelSha256)
  if (!existsSync(folder)) return new Map()
  const names = readdirSync(folder).flatMap((file) =>
    file.endsWith('.safetensors') ? [file.slice(0, -'.safetensors'.length)] : [],
  )
  return new Map(names.toSorted().map((name) => [name, layersOf(join(folder, `${name}.safetensors`), modelSha256)]))
}

function layersOf(path: string, modelSha256: string): Map<number, Float32Array> {
  const { metadata, tensors } = readSafetensors(path)
  if (metadata['format'] !== FORMAT)
    throw new InputError(
      `${path}: expected an imported vector (${FORMAT}), got ${metadata['format'] ?? 'none'}: remove it`,
    )
  const about = aboutShape.safeParse(JSON.parse(metadata['duress'] ?? '{}'))
  if (about.data?.modelSha256 !== modelSha256)
    throw new InputError(`${path}: was imported for another model: remove it and import the vector again`)
  return new Map(
    Object.entries(tensors)
      .map(([key, { data }]): [number, Float32Array] => [Number(key.slice('resid_post.'.length)), data])
      .toSorted(([a], [b]) => a - b),
  )
}
