import { add, mean, projectOut, subtract, unit, type Vector } from '../extract/algebra.ts'
import type { ConceptMeans } from '../extract/combine.ts'
import type { Recipe } from '../extract/recipe.ts'
import { keyOf, permutation } from '../random.ts'

/** What each text of a concept adds to its vector: its mean residual, minus the family's at the same place, minus the neutral components. */
export interface ConceptTexts {
  /** One a scene, (H). */
  readonly passages: readonly Float32Array[]
  readonly templates: readonly Float32Array[]
}

/**
 * The texts of a family, cleaned one by one. All steps of the recipe up to the unit length are linear, so the mean of a concept's cleaned
 * texts points where its vector does, and other assignments of texts to concepts can be tried without the model. Undefined when the
 * concepts do not have the same number of texts: then there is nothing to swap one for one.
 */
export function cleanTexts(family: readonly ConceptMeans[], neutral: readonly Vector[]): ConceptTexts[] | undefined {
  const isEven = (source: keyof ConceptMeans) => new Set(family.map((concept) => concept[source].length)).size === 1
  if (family.length < 3 || !isEven('passages') || !isEven('templates')) return undefined
  const centres = (source: keyof ConceptMeans) =>
    family[0]![source].map((_, place) => mean(family.map((concept) => concept[source][place]!)))
  const centre = { passages: centres('passages'), templates: centres('templates') }
  const clean = (concept: ConceptMeans, source: keyof ConceptMeans) =>
    concept[source].map((text, place) => Float32Array.from(projectOut(subtract(text, centre[source][place]!), neutral)))
  return family.map((concept) => ({ passages: clean(concept, 'passages'), templates: clean(concept, 'templates') }))
}

/** Which concept's text each concept gets at a place: (place, concept) -> concept. */
export type Assignment = (source: keyof ConceptTexts, place: number) => readonly number[]

/** The vector that concept `label` gets, unit, (H), when its texts are those of the concepts that `assignment` names. */
export function assignedVector(
  texts: readonly ConceptTexts[],
  { label, assignment, sources }: { label: number; assignment: Assignment; sources: Recipe['sources'] },
): Float32Array {
  const from = (source: keyof ConceptTexts) =>
    unit(
      mean(
        texts[label]![source].map((_, place) =>
          Float64Array.from(texts[assignment(source, place)[label]!]![source][place]!),
        ),
      ),
    )
  if (sources !== 'both') return Float32Array.from(from(sources))
  return Float32Array.from(unit(add(from('passages'), from('templates'))))
}

/**
 * Label-shuffled control: the recipe run on texts whose labels were dealt anew. In shuffle number `index` every scene and every template
 * deals its texts by a cycle of its own through all concepts, so no concept keeps a text of its own and each vector mixes many concepts.
 */
export const shuffledVector = (
  texts: readonly ConceptTexts[],
  { index, label, sources }: { index: number; label: number; sources: Recipe['sources'] },
): Float32Array => assignedVector(texts, { label, sources, assignment: cycles(index, texts.length) })

/** A random order read as one cycle: each concept gets the text of the next in it. */
const cycles =
  (index: number, count: number): Assignment =>
  (source, place) => {
    const order = permutation(keyOf('shuffled vector', index, source, place), count)
    const next: number[] = []
    for (const [i, concept] of order.entries()) next[concept] = order[(i + 1) % count]!
    return next
  }
