import { covarianceVector, randomVector } from '../../vectors/controls/random.ts'
import type { Addition } from '../../vectors/engine/types.ts'
import { layerOf, type VectorSet, vectorHash } from '../../vectors/extract/set.ts'
import { nearest } from '../../vectors/model/nearest.ts'
import { InputError } from '../errors.ts'
import { keyHash } from './canonical.ts'

export type Family = 'baseline' | 'vector' | 'random' | 'covariance' | 'unrelated' | 'lexical'

/** One way of intervening. */
export interface Condition {
  /** Hash of everything that decides what is added to which token. */
  readonly key: string
  readonly label: string
  readonly family: Family
  readonly vector: string | null
  /** Signed, in units of `unit`. */
  readonly strength: number
  readonly unit: 'norm' | 'raw'
  readonly layer: number
  readonly window: 'assistant' | 'all'
  readonly additions: readonly Addition[]
}

export interface Site {
  readonly layer: number
  readonly unit: 'norm' | 'raw'
  readonly window: 'assistant' | 'all'
}

/** Nothing is added; the key does not depend on layer or window, so every study shares it. */
export const baselineCondition = (site: Site): Condition => ({
  key: keyHash({ baseline: true }),
  label: 'baseline',
  family: 'baseline',
  vector: null,
  strength: 0,
  ...site,
  additions: [],
})

/**
 * Steering along a named direction. Names: a concept of the set, `random#3`, `covariance#3`, `lexical:calm`.
 * Errors: InputError with a suggestion for an unknown name, and for a unit that means nothing at this layer.
 */
export function steeredCondition(set: VectorSet, site: Site, name: string, strength: number): Condition {
  const { vector, family } = resolveVector(set, site.layer, name)
  const { norms } = layerOf(set, site.layer)
  refuseMeaninglessNorm(site, norms.topShare)
  const coefficient = site.unit === 'norm' ? strength * norms.norm : strength
  const hash = vectorHash(vector)
  return {
    key: keyHash({ vector: hash, layer: site.layer, coefficient, window: site.window }),
    label: `${name} ${strength > 0 ? '+' : '−'}${Math.abs(strength)}`,
    family,
    vector: name,
    strength,
    ...site,
    additions: [{ layer: site.layer, vector, coefficient, name, hash }],
  }
}

/** Above this share of energy in three dimensions the mean norm says nothing about the rest (design §4). */
const REFUSED_TOP_SHARE = 0.8

function refuseMeaninglessNorm({ unit, layer }: Site, topShare: number): void {
  if (unit === 'norm' && topShare > REFUSED_TOP_SHARE) {
    throw new InputError(
      `unit norm means nothing at layer ${layer}: three dimensions hold ${Math.round(100 * topShare)} % of the energy; use unit raw or another layer`,
    )
  }
}

function resolveVector(set: VectorSet, layer: number, name: string): { vector: Float32Array; family: Family } {
  const { vectors, neutralFactor } = layerOf(set, layer)
  const control = /^(random|covariance)#(\d+)$/.exec(name)
  if (control?.[1] === 'random') return { vector: randomVector(Number(control[2]), set.width), family: 'random' }
  if (control?.[1] === 'covariance')
    return { vector: covarianceVector(Number(control[2]), neutralFactor), family: 'covariance' }
  const vector = vectors.get(name)
  if (vector) {
    const family = set.families.get(name)
    return { vector, family: family === 'emotion' || family === undefined ? 'vector' : family }
  }
  const known = [...set.families.keys()].filter((n) => !n.includes(':'))
  const close = nearest(name, known)
  const hint = close === undefined ? '' : `; did you mean ${close}?`
  throw new InputError(
    `there is no vector ${JSON.stringify(name)}${hint} Known: ${known.join(', ')}, random#N, covariance#N, lexical:WORD`,
  )
}
