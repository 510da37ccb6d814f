import { type NamedFamily, namedVector } from '../../vectors/controls/named.ts'
import type { Addition, Clamp, Intervention } from '../../vectors/engine/types.ts'
import { MEANINGLESS_TOP_SHARE, type ReferenceNorms } from '../../vectors/extract/norms.ts'
import { layerOf, type VectorSet, vectorHash } from '../../vectors/extract/set.ts'
import { InputError } from '../errors.ts'
import type { Study, Window } from '../scenario/schema.ts'
import { keyHash } from './canonical.ts'

export type Family = 'baseline' | NamedFamily

/** One way of intervening. */
export interface Condition extends Intervention {
  /** Hash of everything that decides what is added to which token. */
  readonly key: string
  readonly label: string
  readonly family: Family
  readonly vector: string | null
  /** Signed, in units of `unit`. */
  readonly strength: number
  readonly unit: Study['unit']
  /** The last steered layer: where vitals are read. */
  readonly layer: number
  readonly window: Window
}

export interface Site {
  /** Ascending. */
  readonly layers: readonly number[]
  readonly operation: Study['operation']
  readonly unit: Study['unit']
  readonly window: Window
  /** With unit kl: the length of a vector at a strength, in robust units; the same for both signs. */
  readonly lengthOf?: (name: string, strength: number) => number
}

export const isSteered = ({ additions, clamps = [] }: Intervention): boolean => additions.length + clamps.length > 0

/** Nothing is added; the key does not depend on layer or window, so every study shares it. */
export const baselineCondition = (site: Site): Condition => ({
  key: keyHash({ baseline: true }),
  label: 'baseline',
  family: 'baseline',
  vector: null,
  strength: 0,
  ...placeOf(site),
  additions: [],
})

const placeOf = ({ layers, unit, window }: Site) => ({ layer: layers.at(-1)!, unit, window })

/**
 * Steering along a named direction at every layer of the site. Names: `vectors/extract/names.ts`.
 * Errors: InputError with a suggestion for an unknown name, and for a unit that means nothing at a layer.
 */
export function steeredCondition(set: VectorSet, site: Site, name: string, strength: number): Condition {
  const parts = site.layers.map((layer) => {
    const { vector, family } = namedVector(set, layer, name)
    const { norms } = layerOf(set, layer)
    refuseMeaninglessNorm(site, layer, norms.topShare)
    return {
      family,
      addition: {
        layer,
        vector,
        coefficient: coefficientOf(site, norms, name, strength),
        name,
        hash: vectorHash(vector),
      },
    }
  })
  const additions = parts.map((part) => part.addition)
  return {
    key: keyHash(identityOf(site, additions)),
    label: `${name} ${strength > 0 ? '+' : '−'}${Math.abs(strength)}`,
    family: parts[0]!.family,
    vector: name,
    strength,
    ...placeOf(site),
    ...interventionOf(site, additions),
  }
}

/** One layer's plain addition is named as it always was, so that what a store holds stays known. */
function identityOf({ operation, window }: Site, additions: readonly Addition[]) {
  const [{ hash, layer, coefficient }, ...further] = additions as [Addition, ...Addition[]]
  const extra = further.map((a) => ({ vector: a.hash, layer: a.layer, coefficient: a.coefficient }))
  return {
    vector: hash,
    layer,
    coefficient,
    window,
    ...(extra.length > 0 && { further: extra }),
    ...(operation !== 'add' && { operation }),
  }
}

function interventionOf({ operation }: Site, additions: readonly Addition[]): Intervention {
  if (operation === 'add') return { additions }
  if (operation === 'rotate') return { additions, keepLength: true }
  const clamps = additions.map(({ coefficient, ...at }): Clamp => {
    if (operation === 'ablate') return { ...at, op: 'ablate', bound: 0, share: coefficient }
    return { ...at, op: coefficient > 0 ? 'floor' : 'cap', bound: coefficient }
  })
  return { additions: [], clamps }
}

/** Signed raw length of what is added; of an ablation the share, which has no unit. */
function coefficientOf(site: Site, norms: ReferenceNorms, name: string, strength: number): number {
  const { operation, unit, lengthOf } = site
  if (operation === 'ablate') return strength
  if (unit !== 'kl') return strength * { norm: norms.norm, centred: norms.centred, robust: norms.robust, raw: 1 }[unit]
  if (!lengthOf) throw new RangeError('unit kl needs the lengths that a calibration found')
  return Math.sign(strength) * lengthOf(name, Math.abs(strength)) * norms.robust
}

function refuseMeaninglessNorm({ unit, operation }: Site, layer: number, topShare: number): void {
  if (unit === 'norm' && operation !== 'ablate' && topShare > MEANINGLESS_TOP_SHARE) {
    throw new InputError(
      `unit norm means nothing at layer ${layer}: three dimensions hold ${Math.round(100 * topShare)} % of the energy; use unit robust or centred, or another layer`,
    )
  }
}
