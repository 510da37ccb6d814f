import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { keyOf, normals } from '../random.ts'
import { dot } from './algebra.ts'
import { combineFamily, type NamedMeans } from './combine.ts'
import { DEFAULT_RECIPE } from './recipe.ts'

const WIDTH = 24
const NAMES = ['amber', 'birch', 'cedar', 'dune']
const recipe = { ...DEFAULT_RECIPE, sources: 'passages' as const }

/** A family whose passages carry an axis of their concept's own, `strength` times as long as what each passage has besides. */
const family = (scenesOf: (concept: number) => readonly string[], strength: number, seed = 0): NamedMeans[] =>
  NAMES.map((name, i) => {
    const scenes = scenesOf(i)
    const passages = scenes.map((scene) => {
      const own = normals(keyOf('passage', seed, name, scene), WIDTH).map((v) => v / Math.sqrt(WIDTH))
      own[i]! += strength
      return own
    })
    return { name, file: `${name}.yaml`, scenes, passages, templates: [] }
  })

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `scene-${i}`)
const reliability = (means: readonly NamedMeans[]) => combineFamily(means, [], recipe).map((v) => v.splitHalf)
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

test.each([5, 12])(
  'split-half with %i scenes: near 1 for vectors of something, near 0 for vectors of nothing',
  (count) => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed)
    const at = (strength: number) =>
      average(seeds.flatMap((s) => reliability(family(() => numbered(count), strength, s))))
    expect(at(5)).toBeGreaterThan(0.9)
    expect(Math.abs(at(0))).toBeLessThan(0.1)
  },
)

test('concepts told in different scenes are judged by those that they have', () => {
  fc.assert(
    fc.property(
      fc.array(fc.subarray(numbered(12), { minLength: 2 }), { minLength: 4, maxLength: 4 }),
      fc.nat(1000),
      (scenes, seed) => {
        const combined = combineFamily(
          family((i) => scenes[i]!, 5, seed),
          [],
          recipe,
        )
        for (const { vector, splitHalf } of combined) {
          expect(dot(vector, vector)).toBeCloseTo(1, 9)
          expect(splitHalf).toBeGreaterThanOrEqual(-1)
          expect(splitHalf).toBeLessThanOrEqual(1 + 1e-12)
        }
      },
    ),
  )
})

test('a concept without anything of its own is refused by name and file, not given a vector of rounding', () => {
  const means = family(() => numbered(5), 5)
  const centre = means[0]!.passages.map((_, at) => {
    const out = new Float64Array(WIDTH)
    for (const { passages } of means) for (let h = 0; h < WIDTH; h++) out[h]! += passages[at]![h]! / means.length
    return out
  })
  const plain: NamedMeans = { ...means[0]!, name: 'plain', file: 'plain.yaml', passages: centre }
  expect(() => combineFamily([...means, plain], [], recipe)).toThrow(InputError)
  expect(() => combineFamily([...means, plain], [], recipe)).toThrow(
    /^plain\.yaml: the texts of "plain" give no direction/,
  )
})
