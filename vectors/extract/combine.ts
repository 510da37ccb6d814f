import { InputError } from '../errors.ts'
import { keyOf, permutation } from '../random.ts'
import { add, cosine, mean, norm, projectOut, subtract, unit, type Vector } from './algebra.ts'
import type { Recipe } from './recipe.ts'

/** Mean residuals of one concept's texts at one layer. */
export interface ConceptMeans {
  readonly passages: readonly Vector[]
  readonly templates: readonly Vector[]
}

export interface NamedMeans extends ConceptMeans {
  readonly name: string
  /** File that its texts come from, for errors. */
  readonly file: string
  /** One a passage. */
  readonly scenes: readonly string[]
}

export interface CombinedVector {
  readonly vector: Vector
  /** Length of the passages' difference of means, before anything was removed. */
  readonly rawNorm: number
  /** Mean cosine between vectors of some scenes and of the others, over many ways to choose them: see `splits`. */
  readonly splitHalf: number
}

/**
 * Vectors of a family of concepts at one layer. Each source: mean over its texts, minus the mean over the family, minus the neutral
 * components, made a unit vector; a concept's vector is the unit sum of its sources.
 * Errors: InputError naming the concept whose texts give no direction.
 */
export function combineFamily(
  family: readonly NamedMeans[],
  neutral: readonly Vector[],
  { sources }: Recipe,
): CombinedVector[] {
  const passages = differences(family.map((c) => mean(c.passages)))
  const templates = sources === 'passages' ? [] : differences(family.map((c) => mean(c.templates)))
  const clean = (differences: readonly Vector[], i: number) => direction(differences[i]!, neutral, family[i]!)
  const reliability = splitHalves(family, neutral)
  return family.map((_, i) => {
    const sums = {
      passages: () => clean(passages, i),
      templates: () => clean(templates, i),
      both: () => add(clean(passages, i), clean(templates, i)),
    }
    return { vector: unit(sums[sources]()), rawNorm: Math.hypot(...passages[i]!), splitHalf: reliability[i]! }
  })
}

function differences(means: readonly Vector[]): Vector[] {
  const centre = mean(means)
  return means.map((m) => subtract(m, centre))
}

/** Below this share of a residual's length a difference is rounding. */
const ROUNDING = 1e-9

function direction(difference: Vector, neutral: readonly Vector[], { name, file, passages }: NamedMeans): Vector {
  const left = projectOut(difference, neutral)
  if (norm(left) > ROUNDING * norm(passages[0]!)) return unit(left)
  throw new InputError(
    `${file}: the texts of ${JSON.stringify(name)} give no direction: on the mean they are read like those of all the other concepts, or like neutral text. Write passages of its own`,
  )
}

/** Reliability by scene, one number a concept: its vector from some scenes against that from the remaining ones. */
function splitHalves(family: readonly NamedMeans[], neutral: readonly Vector[]): number[] {
  const sums = family.map(() => 0)
  const counts = family.map(() => 0)
  const scenes = [...new Set(family.flatMap((c) => c.scenes))].toSorted()
  for (const half of splits(scenes)) {
    const parts = family.map(({ passages, scenes: own }) => ({
      ones: passages.filter((_, i) => half.has(own[i]!)),
      others: passages.filter((_, i) => !half.has(own[i]!)),
    }))
    // Stories of the model's own may lack scenes: a concept that has nothing in one half is not judged by this split.
    const told = [...parts.keys()].filter((i) => parts[i]!.ones.length > 0 && parts[i]!.others.length > 0)
    const side = (which: 'ones' | 'others') =>
      differences(told.map((i) => mean(parts[i]![which]))).map((v) => projectOut(v, neutral))
    if (told.length < 2) continue
    const [ones, others] = [side('ones'), side('others')]
    for (const [k, i] of told.entries()) {
      sums[i]! += cosine(ones[k]!, others[k]!)
      counts[i]!++
    }
  }
  return sums.map((sum, i) => (counts[i] === 0 ? 0 : sum / counts[i]!))
}

const FEW_SCENES = 5
const HALVINGS = 20

/** Few scenes: all ways to choose two. Many: scenes drawn into two halves, again and again. */
function splits(scenes: readonly string[]): ReadonlySet<string>[] {
  if (scenes.length <= FEW_SCENES)
    return scenes.flatMap((a, i) => scenes.slice(i + 1).map((b): ReadonlySet<string> => new Set([a, b])))
  return Array.from({ length: HALVINGS }, (_, k) => {
    const order = permutation(keyOf('split-half', k), scenes.length)
    return new Set(order.slice(0, scenes.length >> 1).map((i) => scenes[i]!))
  })
}
