import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cosine, projectOut, unit } from '../extract/algebra.ts'
import { combineFamily, type NamedMeans } from '../extract/combine.ts'
import { DEFAULT_RECIPE, type Recipe } from '../extract/recipe.ts'
import { keyOf, normals } from '../random.ts'
import { assignedVector, cleanTexts, shuffledVector } from './shuffled.ts'

const WIDTH = 64
const SCENES = 5
const TEMPLATES = 4
const CONCEPTS = 12
const NEUTRAL = [unit(normals(keyOf('neutral'), WIDTH))]

const draw = (...parts: readonly (string | number)[]) => normals(keyOf(...parts), WIDTH)

/** Concept, scene and noise, added: what a text's mean residual is made of. */
const FAMILY: readonly NamedMeans[] = Array.from({ length: CONCEPTS }, (_, c) => {
  const text = (source: string, place: number) =>
    draw('concept', c).map((v, i) => v + 2 * draw(source, place)[i]! + 0.3 * draw(source, place, c)[i]!)
  return {
    name: `concept ${c}`,
    file: `concept-${c}.yaml`,
    scenes: Array.from({ length: SCENES }, (_, s) => `scene-${s}`),
    passages: Array.from({ length: SCENES }, (_, s) => text('scene', s)),
    templates: Array.from({ length: TEMPLATES }, (_, t) => text('template', t)),
  }
})
const TEXTS = cleanTexts(FAMILY, NEUTRAL)!

describe.each(['both', 'passages', 'templates'] as const)('sources: %s', (sources) => {
  const recipe: Recipe = { ...DEFAULT_RECIPE, sources }
  const own = combineFamily(FAMILY, NEUTRAL, recipe).map(({ vector }) => vector)

  test('texts that keep their labels give the vectors of the recipe', () => {
    const assignment = () => FAMILY.map((_, i) => i)
    for (const [label, vector] of own.entries())
      expect(cosine(assignedVector(TEXTS, { label, assignment, sources }), vector)).toBeCloseTo(1, 6)
  })

  test('shuffled vectors hold no neutral component', () => {
    for (let index = 0; index < 10; index++) {
      const vector = shuffledVector(TEXTS, { index, label: index % CONCEPTS, sources })
      expect(cosine(projectOut(Float64Array.from(vector), NEUTRAL), vector)).toBeCloseTo(1, 6)
    }
  })
})

/** Texts that can be told from the vector: each has a coordinate of its own. */
const PLACES = SCENES + TEMPLATES
const marked = Array.from({ length: CONCEPTS }, (_, c) => {
  const mark = (place: number) =>
    Float32Array.from({ length: CONCEPTS * PLACES }, (_, h) => +(h === c * PLACES + place))
  const marks = Array.from({ length: PLACES }, (_, place) => mark(place))
  return { passages: marks.slice(0, SCENES), templates: marks.slice(SCENES) }
})

test('a shuffle deals every text once, place by place, and none to its own concept', () => {
  fc.assert(
    fc.property(fc.nat(10_000), (index) => {
      const dealt = marked.flatMap((_, label) => {
        const vector = shuffledVector(marked, { index, label, sources: 'both' })
        const got = [...vector.keys()].filter((h) => vector[h]! > 0)
        expect(got.map((h) => h % PLACES).toSorted((a, b) => a - b)).toEqual([...Array(PLACES).keys()])
        expect(got.map((h) => Math.floor(h / PLACES))).not.toContain(label)
        return got
      })
      expect(dealt.toSorted((a, b) => a - b)).toEqual([...Array(CONCEPTS * PLACES).keys()])
    }),
    { numRuns: 30 },
  )
})

test('shuffles differ, and the same one is the same to the bit', () => {
  const vectorOf = (index: number) => shuffledVector(TEXTS, { index, label: 0, sources: 'both' })
  expect(vectorOf(3)).toEqual(vectorOf(3))
  expect(new Set(Array.from({ length: 20 }, (_, index) => vectorOf(index).join())).size).toBe(20)
})

test('uneven texts are not shuffled', () => {
  const [one, ...others] = FAMILY
  expect(cleanTexts([{ ...one!, passages: one!.passages.slice(1) }, ...others], NEUTRAL)).toBeUndefined()
  expect(cleanTexts(FAMILY.slice(0, 2), NEUTRAL)).toBeUndefined()
})
