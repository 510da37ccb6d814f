import { createHash } from 'node:crypto'
import { InputError } from '../errors.ts'
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts'
import type { ReferenceNorms } from './norms.ts'
import type { Recipe } from './recipe.ts'

export type Family = 'emotion' | 'unrelated' | 'lexical'

/** What is known of one vector at one layer. */
export interface VectorFacts {
  readonly rawNorm: number
  readonly splitHalf: number
  /** Projection of ordinary neutral tokens on the vector. */
  readonly neutralMean: number
  readonly neutralSd: number
}

export interface LayerVectors {
  /** By concept, unit, (H). */
  readonly vectors: ReadonlyMap<string, Float32Array>
  readonly facts: ReadonlyMap<string, VectorFacts>
  readonly norms: ReferenceNorms
  readonly neutralComponents: { readonly count: number; readonly share: number }
  /** Rows whose random combinations have the covariance of neutral activations, (rows, H). */
  readonly neutralFactor: readonly Float32Array[]
}

/** Vectors of one model, a function of (model, corpus, recipe): rebuilding gives the same bytes. */
export interface VectorSet {
  readonly modelSha256: string
  readonly modelLayers: number
  readonly width: number
  readonly recipe: Recipe
  readonly corpusHash: string
  readonly tokenizerHash: string
  readonly version: string
  readonly families: ReadonlyMap<string, Family>
  readonly layers: ReadonlyMap<number, LayerVectors>
}

/** Sha256 of a vector's bytes. */
export const vectorHash = (vector: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
    .digest('hex')

/** Sha256 over all vectors of the set, in order of layer and name. */
export function setHash(set: VectorSet): string {
  const hash = createHash('sha256')
  for (const layer of [...set.layers.keys()].toSorted((a, b) => a - b)) {
    for (const name of [...set.families.keys()].toSorted())
      hash.update(name).update(vectorHash(set.layers.get(layer)!.vectors.get(name)!))
  }
  return hash.digest('hex')
}

/** The vectors of a layer. Errors: InputError naming the layers that the set has. */
export function layerOf(set: VectorSet, layer: number): LayerVectors {
  const found = set.layers.get(layer)
  if (!found) throw new InputError(`the vector set has no layer ${layer}; it has ${[...set.layers.keys()].join(', ')}`)
  return found
}

const FORMAT = 'duress-vectors-1'

export function saveVectorSet(path: string, set: VectorSet): void {
  const names = [...set.families.keys()]
  const tensors: Record<string, { shape: number[]; data: Float32Array }> = {}
  const layers: Record<string, unknown> = {}
  for (const [layer, { vectors, facts, norms, neutralComponents, neutralFactor }] of set.layers) {
    tensors[`resid_post.${layer}`] = stack(
      names.map((name) => vectors.get(name)!),
      set.width,
    )
    tensors[`neutral_factor.${layer}`] = stack(neutralFactor, set.width)
    layers[layer] = { facts: Object.fromEntries(facts), norms, neutralComponents }
  }
  const { modelSha256, modelLayers, width, recipe, corpusHash, tokenizerHash, version } = set
  const about = {
    modelSha256,
    modelLayers,
    width,
    recipe,
    corpusHash,
    tokenizerHash,
    version,
    families: Object.fromEntries(set.families),
    layers,
  }
  writeSafetensors(path, { metadata: { format: FORMAT, duress: JSON.stringify(about) }, tensors })
}

/** Errors: InputError when the file is no vector set of duress. */
export function loadVectorSet(path: string): VectorSet {
  const { metadata, tensors } = readSafetensors(path)
  if (metadata['format'] !== FORMAT)
    throw new InputError(`${path}: expected a vector set of format ${FORMAT}, got ${metadata['format'] ?? 'none'}`)
  const about = JSON.parse(metadata['duress'] ?? '{}') as Omit<VectorSet, 'families' | 'layers'> & {
    readonly families: Record<string, Family>
    readonly layers: Record<
      string,
      {
        facts: Record<string, VectorFacts>
        norms: ReferenceNorms
        neutralComponents: LayerVectors['neutralComponents']
      }
    >
  }
  const names = Object.keys(about.families)
  const layers = new Map<number, LayerVectors>()
  for (const [layer, { facts, norms, neutralComponents }] of Object.entries(about.layers)) {
    const rows = unstack(tensors[`resid_post.${layer}`]!.data, about.width)
    layers.set(Number(layer), {
      vectors: new Map(names.map((name, i) => [name, rows[i]!])),
      facts: new Map(Object.entries(facts)),
      norms,
      neutralComponents,
      neutralFactor: unstack(tensors[`neutral_factor.${layer}`]!.data, about.width),
    })
  }
  return { ...about, families: new Map(Object.entries(about.families)), layers }
}

function stack(rows: readonly Float32Array[], width: number): { shape: number[]; data: Float32Array } {
  const data = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) data.set(row, i * width)
  return { shape: [rows.length, width], data }
}

const unstack = (data: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: data.length / width }, (_, i) => data.slice(i * width, (i + 1) * width))
