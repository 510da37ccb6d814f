import { describe, expect, test } from 'vitest'
import { randomVector } from '../controls/random.ts'
import { keyOf, normals } from '../random.ts'
import { judgeGeometry } from './geometry.ts'
import { judgeSituations } from './situations.ts'

const WIDTH = 48
const CONCEPTS = Array.from({ length: 14 }, (_, i) => `c${i}`)
const vectorOf = (concept: string) => randomVector(CONCEPTS.indexOf(concept), WIDTH)
/** Three readings a concept: its vector with noise. */
const read = {
  concepts: CONCEPTS,
  labels: CONCEPTS.flatMap((_, i) => [i, i, i]),
  rows: CONCEPTS.flatMap((concept, i) =>
    [0, 1, 2].map((k) => {
      const noise = normals(keyOf('noise', i, k), WIDTH)
      return Float64Array.from(vectorOf(concept), (v, h) => 3 * v + 0.3 * noise[h]!)
    }),
  ),
}

describe('situations', () => {
  test('readings that follow the vectors pass', () => {
    const { result, top1, top3, chance, byConcept } = judgeSituations(read, vectorOf)
    expect({ result, chance }).toEqual({ result: 'pass', chance: 1 / 14 })
    expect(top1).toBeGreaterThan(0.7)
    expect(top3).toBeGreaterThanOrEqual(top1)
    expect(Object.keys(byConcept)).toEqual(CONCEPTS)
  })

  test.each([
    ['other random vectors', (concept: string) => randomVector(100 + CONCEPTS.indexOf(concept), WIDTH)],
    ["each the next one's vector", (concept: string) => vectorOf(CONCEPTS[(CONCEPTS.indexOf(concept) + 1) % 14]!)],
  ])('%s fail', (_, wrong) => {
    expect(judgeSituations(read, wrong).result).toBe('fail')
  })
})

describe('geometry', () => {
  const ratings = Object.fromEntries(
    CONCEPTS.map((c, i) => [c, { valence: i / 6.5 - 1, arousal: ((i * 5) % 14) / 6.5 - 1 }]),
  )
  const along = (weight: number) =>
    new Map(
      CONCEPTS.map((c, i) => {
        const noise = normals(keyOf('spread', i), WIDTH)
        return [c, Float32Array.from(noise, (v, h) => 0.2 * v + (h === 3 ? weight * ratings[c]!.valence : 0))]
      }),
    )

  test('a planted valence axis is the first component', () => {
    const { result, valence, arousal } = judgeGeometry(along(4), ratings)
    expect(result).toBe('pass')
    expect(valence).toMatchObject({ component: 1 })
    expect(valence!.r).toBeGreaterThan(0.95)
    expect(valence!.p).toBeLessThan(0.01)
    expect(arousal!.p).toBeGreaterThan(0.05)
  })

  test('without one it fails; with few concepts nothing can be said', () => {
    expect(judgeGeometry(along(0), ratings).result).toBe('fail')
    expect(judgeGeometry(new Map([...along(4)].slice(0, 11)), ratings)).toEqual({
      result: 'not testable',
      concepts: 11,
    })
  })
})
