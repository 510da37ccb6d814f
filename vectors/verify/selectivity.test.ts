import { describe, expect, test } from 'vitest'
import { randomVector } from '../controls/random.ts'
import { keyOf, normals } from '../random.ts'
import { judgeSelectivity, judgeSteering } from './selectivity.ts'

const WIDTH = 48
const ALL = Array.from({ length: 30 }, (_, i) => `c${i}`)
const TESTED = ALL.slice(0, 12)
const vectorOf = (concept: string) => randomVector(ALL.indexOf(concept), WIDTH)

/** Three readings a tested concept: noise, and its vector `weight` times. */
const readings = (weight: number) => ({
  concepts: TESTED,
  labels: TESTED.flatMap((_, i) => [i, i, i]),
  rows: TESTED.flatMap((concept, i) =>
    [0, 1, 2].map((k) => {
      const noise = normals(keyOf('noise', i, k), WIDTH)
      return Float64Array.from(vectorOf(concept), (v, h) => weight * v + 0.3 * noise[h]!)
    }),
  ),
})

describe('selectivity of readings', () => {
  test('readings that follow the vectors stand out from all others, tested or not', () => {
    const { result, meanZ, permuted95, byConcept } = judgeSelectivity(readings(3), ALL, vectorOf)
    expect(result).toBe('pass')
    expect(meanZ).toBeGreaterThan(2)
    expect(permuted95).toBeLessThan(1)
    expect(Object.keys(byConcept)).toEqual(TESTED)
    expect(Object.values(byConcept).every(({ of, rank }) => of === 30 && rank <= 3)).toBe(true)
  })

  test('z and rank of one concept, by hand', () => {
    // Columns have mean square 1 already; the own scores of c0 are 1, the others' means 0, −1, 0 and 1.
    const rows = [
      [1, 1, -1, 1, 1],
      [1, -1, -1, -1, 1],
      [-1, 1, 1, 1, -1],
      [-1, -1, 1, -1, -1],
    ].map((row) => Float64Array.from(row))
    const axis = (concept: string) => Float32Array.from(ALL.slice(0, 5), (c) => (c === concept ? 1 : 0))
    const { byConcept } = judgeSelectivity(
      { concepts: ['c0', 'c2'], labels: [0, 0, 1, 1], rows },
      ALL.slice(0, 5),
      axis,
    )
    // Others of c0: 0, −1, 0, 1: mean 0, sd √(2/3).
    expect(byConcept['c0']!.z).toBeCloseTo(1 / Math.sqrt(2 / 3), 10)
    expect(byConcept['c0']).toMatchObject({ rank: 1, of: 5 })
  })

  test.each([
    ['other random vectors', (concept: string) => randomVector(100 + ALL.indexOf(concept), WIDTH)],
    ["each the next one's vector", (concept: string) => vectorOf(ALL[(ALL.indexOf(concept) + 1) % 30]!)],
  ])('%s fail', (_, wrong) => {
    const { result, meanZ } = judgeSelectivity(readings(3), ALL, wrong)
    expect(result).toBe('fail')
    expect(Math.abs(meanZ)).toBeLessThan(1)
  })

  test('readings without the vectors fail; one concept leaves nothing to tell apart', () => {
    expect(judgeSelectivity(readings(0), ALL, vectorOf).result).toBe('fail')
    const one = { concepts: ['c0'], labels: [0, 0, 0], rows: readings(3).rows.slice(0, 3) }
    expect(judgeSelectivity(one, ALL, vectorOf).result).toBe('not testable')
  })
})

describe('selectivity of steering', () => {
  const concepts = ALL.slice(0, 6)
  const noise = (name: string) => normals(keyOf(name), 36)
  const baseline = [concepts.map(() => -3), concepts.map(() => -4)]
  /** Under vector v the continuations of `own(v)` gain `gain`; those of c5 gain under every vector. */
  const answers = (gain: number, own: (v: number) => number) =>
    concepts.map((_, v) =>
      baseline.map((context, k) =>
        context.map(
          (b, c) => b + 0.02 * noise(`steering ${v} ${k}`)[c]! + (c === own(v) ? gain : 0) + (c === 5 ? 0.1 : 0),
        ),
      ),
    )
  const judge = (own: ReturnType<typeof answers>) => judgeSteering({ concepts, vectors: concepts, baseline, own })

  test('vectors that raise their own continuations pass', () => {
    const { result, rows, firsts, p } = judge(answers(0.3, (v) => v))
    expect({ result, firsts }).toEqual({ result: 'pass', firsts: 6 })
    expect(p).toBeLessThan(0.01)
    expect(rows.every(({ margin, rank }) => margin > 0.1 && rank === 1)).toBe(true)
    for (const { effects } of rows) expect(effects.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10)
  })

  test.each([
    ['that raise the next one’s', answers(0.3, (v) => (v + 1) % 6)],
    ['that raise all alike', answers(0, (v) => v)],
    ['that all raise the same one', answers(0.3, () => 2)],
  ])('vectors %s fail', (_, own) => {
    const { result, firsts } = judge(own)
    expect(result).toBe('fail')
    expect(firsts).toBeLessThanOrEqual(2)
  })

  test('effects of the size of roundings are none, however well they are ordered', () => {
    const own = concepts.map((_, v) => baseline.map((context) => context.map((b, c) => b + (c === v ? 1e-6 : 0))))
    expect(judge(own)).toMatchObject({ result: 'fail', firsts: 6 })
  })

  test('with three vectors no order of the names is rare', () => {
    const three = concepts.slice(0, 3)
    const own = answers(0.3, (v) => v).slice(0, 3)
    expect(judgeSteering({ concepts, vectors: three, baseline, own }).result).toBe('not testable')
  })
})
