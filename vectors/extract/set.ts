import { createHash } from 'node:crypto'
import type { ConceptTexts } from '../controls/shuffled.ts'
import { InputError } from '../errors.ts'
import { readSafetensors, type SafetensorsFile, writeSafetensors } from '../formats/safetensors.ts'
import { norm } from './algebra.ts'
import type { StoriesVerdict } from '../stories/judge.ts'
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
  /** Mean residual of neutral tokens, (H). Absent in sets of earlier versions. */
  readonly neutralMean?: Float32Array
  /** Emotions' texts one by one, in the order of the families, for label-shuffled vectors. Absent where texts are uneven. */
  readonly texts?: ReadonlyMap<string, ConceptTexts>
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
  /** Only where the model wrote the stories itself. */
  readonly stories?: StoriesVerdict
  /** Vectors brought in from elsewhere, by name and layer, unit, (H); they are no part of the set's file or hash. */
  readonly imports?: ReadonlyMap<string, ReadonlyMap<number, Float32Array>>
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
  for (const [layer, own] of set.layers) {
    const { vectors, facts, norms, neutralComponents, neutralFactor, neutralMean, texts } = own
    tensors[`resid_post.${layer}`] = stack(
      names.map((name) => vectors.get(name)!),
      set.width,
    )
    tensors[`neutral_factor.${layer}`] = stack(neutralFactor, set.width)
    if (neutralMean) tensors[`neutral_mean.${layer}`] = stack([neutralMean], set.width)
    if (texts)
      tensors[`texts.${layer}`] = stack(
        [...texts.values()].flatMap(({ passages, templates }) => [...passages, ...templates]),
        set.width,
      )
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
    ...textCounts(set),
    ...(set.stories && { stories: set.stories }),
  }
  writeSafetensors(path, { metadata: { format: FORMAT, duress: JSON.stringify(about) }, tensors })
}

/** Errors: InputError when the file is no vector set of duress. */
export function loadVectorSet(path: string): VectorSet {
  const { metadata, tensors } = readSafetensors(path)
  if (metadata['format'] !== FORMAT)
    throw new InputError(`${path}: expected a vector set of format ${FORMAT}, got ${metadata['format'] ?? 'none'}`)
  const about = parseAbout(path, metadata['duress']) as Omit<VectorSet, 'families' | 'layers'> & {
    readonly families: Record<string, Family>
    readonly layers: Record<
      string,
      {
        facts: Record<string, VectorFacts>
        norms: ReferenceNorms
        neutralComponents: LayerVectors['neutralComponents']
      }
    >
    readonly texts?: TextCounts
  }
  const names = Object.keys(about.families)
  const layers = new Map<number, LayerVectors>()
  for (const [layer, { facts, norms, neutralComponents }] of Object.entries(about.layers)) {
    const rows = rowsOf(path, tensors, `resid_post.${layer}`, about.width)
    checkVectors(`${path}: resid_post.${layer}`, names, rows)
    layers.set(Number(layer), {
      vectors: new Map(names.map((name, i) => [name, rows[i]!])),
      facts: new Map(Object.entries(facts)),
      norms,
      neutralComponents,
      neutralFactor: rowsOf(path, tensors, `neutral_factor.${layer}`, about.width),
      ...extrasOf(tensors, Number(layer), about),
    })
  }
  const { texts: _texts, ...rest } = about
  return { ...rest, families: new Map(Object.entries(about.families)), layers }
}

function parseAbout(path: string, text = '{}'): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError(`${path}: its description is no JSON: the file is damaged; delete it and extract again`, {
      cause,
    })
  }
}

function rowsOf(path: string, tensors: SafetensorsFile['tensors'], name: string, width: number): Float32Array[] {
  const tensor = tensors[name]
  if (tensor?.shape.length === 2 && tensor.shape[1] === width) return unstack(tensor.data, width)
  throw new InputError(
    `${path}: expected a tensor ${name} of rows of ${width} numbers, got ${tensor?.shape.join('×') ?? 'none'}: the file is damaged; delete it and extract again`,
  )
}

/** A length may differ from 1 by the rounding of fp32. */
const LENGTH_ERROR = 1e-3

/** Errors: InputError for the first vector that is missing, not a number, all zero or not of length 1. */
function checkVectors(where: string, names: readonly string[], rows: readonly Float32Array[]): void {
  if (rows.length !== names.length)
    throw new InputError(`${where}: expected ${names.length} vectors, got ${rows.length}; extract the set again`)
  for (const [i, row] of rows.entries()) {
    const length = norm(row)
    if (Math.abs(length - 1) <= LENGTH_ERROR) continue
    const fault = Number.isFinite(length) ? (length === 0 ? 'all zero' : `of length ${length}`) : 'not all numbers'
    throw new InputError(
      `${where}: row ${i} (${names[i]}) should be a vector of length 1, it is ${fault}: the file is damaged; delete it and extract again`,
    )
  }
}

/** How many texts every emotion has. */
interface TextCounts {
  readonly passages: number
  readonly templates: number
}

function textCounts({ layers }: VectorSet): { readonly texts?: TextCounts } {
  const [first] = [...layers.values()].flatMap(({ texts }) => [...(texts?.values() ?? [])])
  return first ? { texts: { passages: first.passages.length, templates: first.templates.length } } : {}
}

/** What sets of earlier versions do not hold. */
function extrasOf(
  tensors: SafetensorsFile['tensors'],
  layer: number,
  about: { readonly width: number; readonly families: Record<string, Family>; readonly texts?: TextCounts },
): Pick<LayerVectors, 'neutralMean' | 'texts'> {
  const mean = tensors[`neutral_mean.${layer}`]
  const stacked = tensors[`texts.${layer}`]
  const emotions = Object.entries(about.families).flatMap(([name, family]) => (family === 'emotion' ? [name] : []))
  const textsOf = (data: Float32Array, { passages, templates }: TextCounts) => {
    const rows = unstack(data, about.width)
    const each = passages + templates
    return new Map(
      emotions.map((name, i) => {
        const own = rows.slice(i * each, (i + 1) * each)
        return [name, { passages: own.slice(0, passages), templates: own.slice(passages) }]
      }),
    )
  }
  return {
    ...(mean && { neutralMean: mean.data }),
    ...(stacked && about.texts && { texts: textsOf(stacked.data, about.texts) }),
  }
}

function stack(rows: readonly Float32Array[], width: number): { shape: number[]; data: Float32Array } {
  const data = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) data.set(row, i * width)
  return { shape: [rows.length, width], data }
}

const unstack = (data: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: data.length / width }, (_, i) => data.slice(i * width, (i + 1) * width))
