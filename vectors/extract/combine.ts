import { add, cosine, mean, projectOut, subtract, unit, type Vector } from './algebra.ts'
import type { Recipe } from './recipe.ts'

/** Mean residuals of one concept's texts at one layer. */
export interface ConceptMeans {
  /** One a scene. */
  readonly passages: readonly Vector[]
  readonly templates: readonly Vector[]
}

export interface CombinedVector {
  readonly vector: Vector
  /** Length of the passages' difference of means, before anything was removed. */
  readonly rawNorm: number
  /** Mean cosine between vectors of two scenes and of the others, over all ways to choose two. */
  readonly splitHalf: number
}

/**
 * Vectors of a family of concepts at one layer. Each source: mean over its texts, minus the mean over the family, minus the neutral
 * components, made a unit vector; a concept's vector is the unit sum of its sources.
 */
export function combineFamily(
  family: readonly ConceptMeans[],
  neutral: readonly Vector[],
  recipe: Recipe,
): CombinedVector[] {
  const passages = differences(family.map((c) => mean(c.passages)))
  const templates = differences(family.map((c) => mean(c.templates)))
  const clean = (v: Vector) => unit(projectOut(v, neutral))
  const reliability = splitHalves(family, neutral)
  return family.map((_, i) => {
    const fromPassages = clean(passages[i]!)
    const fromTemplates = clean(templates[i]!)
    const sums = { passages: fromPassages, templates: fromTemplates, both: add(fromPassages, fromTemplates) }
    return { vector: unit(sums[recipe.sources]), rawNorm: Math.hypot(...passages[i]!), splitHalf: reliability[i]! }
  })
}

function differences(means: readonly Vector[]): Vector[] {
  const centre = mean(means)
  return means.map((m) => subtract(m, centre))
}

/** Reliability by scene, one number a concept: its vector from two scenes against that from the remaining ones. */
function splitHalves(family: readonly ConceptMeans[], neutral: readonly Vector[]): number[] {
  const scenes = family[0]!.passages.length
  const sums = family.map(() => 0)
  let splits = 0
  for (let a = 0; a < scenes; a++) {
    for (let b = a + 1; b < scenes; b++) {
      const half = (inHalf: (scene: number) => boolean) =>
        differences(family.map((c) => mean(c.passages.filter((_, scene) => inHalf(scene))))).map((v) =>
          projectOut(v, neutral),
        )
      const ones = half((s) => s === a || s === b)
      const others = half((s) => s !== a && s !== b)
      for (const [i, one] of ones.entries()) sums[i]! += cosine(one, others[i]!)
      splits++
    }
  }
  return sums.map((sum) => sum / splits)
}
