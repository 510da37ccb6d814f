import { InputError } from '../errors.ts'
import { dot, norm, projectOut, unit, type Vector } from '../extract/algebra.ts'
import { type Base, type KnownNames, parseVectorName, printVectorName, type Term } from '../extract/names.ts'
import { type LayerVectors, layerOf, type VectorSet } from '../extract/set.ts'
import { hintFor } from '../suggest.ts'
import { covarianceVector, randomVector } from './random.ts'
import { shuffledVector } from './shuffled.ts'

/** What kind of thing a name's vector is; a changed sign, a shift or a projection does not change it. */
export type NamedFamily = 'vector' | 'random' | 'covariance' | 'shuffled' | 'unrelated' | 'lexical'

export interface NamedVector {
  /** In its one spelling. */
  readonly name: string
  /** Unit, (H). */
  readonly vector: Float32Array
  readonly family: NamedFamily
}

/**
 * The vector that a name stands for at a layer (0-based). A shift takes the vector of another layer of the set; ⊥ projects out and makes
 * unit again. Errors: InputError for a name that cannot be read, for what the set does not hold, and when a projection leaves nothing.
 */
export function namedVector(set: VectorSet, layer: number, text: string): NamedVector {
  const parsed = parseVectorName(text, knownNames(set))
  const name = printVectorName(parsed)
  const own = vectorOfTerm(set, layer, parsed.term)
  const rest =
    parsed.without.length === 0
      ? own.vector
      : withoutThem(
          name,
          own.vector,
          parsed.without.map((term) => vectorOfTerm(set, layer, term).vector),
        )
  return { name, vector: parsed.negative ? rest.map((v) => -v) : rest, family: own.family }
}

/** Names that a set's vectors may be asked for by. */
export function knownNames({ families }: Pick<VectorSet, 'families'>): KnownNames {
  const of = (family: string) => [...families].flatMap(([name, f]) => (f === family ? [name] : []))
  return { emotions: of('emotion'), unrelated: of('unrelated') }
}

function vectorOfTerm(set: VectorSet, layer: number, { base, shift }: Term): Omit<NamedVector, 'name'> {
  const from = layer + shift
  if (shift !== 0 && !set.layers.has(from)) {
    throw new InputError(
      `layer ${from}, ${Math.abs(shift)} ${shift > 0 ? 'above' : 'below'} layer ${layer}, is not in the vector set; it has ${[...set.layers.keys()].join(', ')} of the model's 0 to ${set.modelLayers - 1}`,
    )
  }
  return { vector: vectorOfBase(set, from, base), family: familyOf(set, base) }
}

function vectorOfBase(set: VectorSet, layer: number, base: Base): Float32Array {
  const own = layerOf(set, layer)
  switch (base.kind) {
    case 'concept':
      return own.vectors.get(base.name)!
    case 'lexical':
      return own.vectors.get(`lexical:${base.name}`)!
    case 'random':
      return randomVector(base.index, set.width)
    case 'covariance':
      return covarianceVector(base.index, own.neutralFactor)
    case 'shuffled':
      return shuffledOf(set, own, base)
    case 'import':
      return importedVector(set, layer, base.name)
  }
}

function shuffledOf(set: VectorSet, { texts }: LayerVectors, { index, of }: Extract<Base, { kind: 'shuffled' }>) {
  if (!texts)
    throw new InputError(
      'the vector set holds no single texts to deal anew: it was stored by an earlier version or from uneven texts; extract it again, or use unrelated and random vectors',
    )
  const label = of === undefined ? 0 : [...texts.keys()].indexOf(of)
  return shuffledVector([...texts.values()], { index, label, sources: set.recipe.sources })
}

function importedVector({ imports = new Map() }: VectorSet, layer: number, name: string): Float32Array {
  const layers = imports.get(name)
  if (!layers)
    throw new InputError(
      `there is no imported vector ${JSON.stringify(name)} for this model: ${hintFor(name, [...imports.keys()])} (duress vectors import FILE --model M --name ${name} brings it in)`,
    )
  const vector = layers.get(layer)
  if (!vector)
    throw new InputError(
      `the imported vector ${JSON.stringify(name)} says nothing of layer ${layer}; it has ${[...layers.keys()].join(', ')}`,
    )
  return vector
}

function familyOf({ families }: VectorSet, base: Base): NamedFamily {
  if (base.kind === 'import') return 'vector'
  if (base.kind !== 'concept') return base.kind
  return families.get(base.name) === 'unrelated' ? 'unrelated' : 'vector'
}

/** What is left of a unit vector must be more than the rounding of fp32 could leave. */
const LEAST_LEFT = 1e-3
/** A direction that the ones before it hold already. */
const NOTHING = 1e-6

function withoutThem(name: string, vector: Float32Array, others: readonly Float32Array[]): Float32Array {
  const rest = projectOut(Float64Array.from(vector), orthonormal(others))
  if (norm(rest) < LEAST_LEFT)
    throw new InputError(`nothing is left of ${name}: what is projected out holds the whole vector`)
  return Float32Array.from(unit(rest))
}

/** Gram–Schmidt, each direction cleaned twice (Golub & Van Loan, §5.2.9). */
function orthonormal(vectors: readonly Float32Array[]): Vector[] {
  const out: Vector[] = []
  for (const vector of vectors) {
    const rest = projectOut(projectOut(Float64Array.from(vector), out), out)
    if (norm(rest) > NOTHING * norm(vector)) out.push(unit(rest))
  }
  return out
}

/** Mean and standard deviation of neutral tokens' projections on a vector. */
export interface NeutralPlace {
  readonly mean: number
  readonly sd: number
}

/**
 * Where neutral text lies on a named vector. Of a concept's own vector: measured. Of any other direction: the mean from the stored mean
 * residual, the deviation from the neutral factor, whose rows have the covariance of neutral tokens (64 rows: good to about 9 %).
 * Errors: InputError when the set was stored without its mean residual.
 */
export function neutralPlace({ facts, neutralMean, neutralFactor }: LayerVectors, named: NamedVector): NeutralPlace {
  const isTurned = named.name.startsWith('-')
  const measured = facts.get(isTurned ? named.name.slice(1) : named.name)
  if (measured) return { mean: isTurned ? -measured.neutralMean : measured.neutralMean, sd: measured.neutralSd }
  if (!neutralMean)
    throw new InputError(
      `the vector set does not say where neutral text lies on ${named.name}: it was stored by an earlier version; extract it again`,
    )
  const squares = neutralFactor.map((row) => dot(row, named.vector) ** 2)
  return {
    mean: dot(neutralMean, named.vector),
    sd: Math.sqrt(squares.reduce((sum, v) => sum + v, 0) / squares.length),
  }
}
