import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, normals, philox, uniform } from '../../vectors/random.ts'
import { type DosePoint, type DoseResponse, doseResponse } from './logistic.ts'

type Fitted = Extract<DoseResponse, { status: 'fitted' }>

function fitted(points: readonly DosePoint[]): Fitted {
  const result = doseResponse(points)
  if (result.status !== 'fitted') throw new Error(`expected a fit, got ${result.status}: ${result.reason}`)
  return result
}

const logit = (p: number): number => Math.log(p / (1 - p))
const meanAt = (x: number, intercept: number, slope: number): number => 1 / (1 + Math.exp(-intercept - slope * x))

/** O-ring distress by temperature in the 23 flights before Challenger (Dalal, Fowlkes and Hoadley 1989), each its own cluster. */
const flights: DosePoint[] = [
  ...[53, 57, 58, 63, 70, 70, 75].map((strength) => ({ strength, successes: 1 })),
  ...[66, 67, 67, 67, 68, 69, 70, 70, 72, 73, 75, 76, 76, 78, 79, 81].map((strength) => ({ strength, successes: 0 })),
].map((point, i) => ({ ...point, cluster: `${i}` }))

/** Where a falling function crosses 0, between −60 and 60. */
function root(falling: (value: number) => number): number {
  let [low, high] = [-60, 60]
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2
    if (falling(middle) > 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Maximum likelihood without derivatives of second order: both score equations by nested bisection. */
function byBisection(points: readonly DosePoint[]): { intercept: number; slope: number } {
  const score = (intercept: number, slope: number, weigh: (x: number) => number): number =>
    points.reduce(
      (sum, { strength: x, successes, trials = 1 }) =>
        sum + (successes - trials * meanAt(x, intercept, slope)) * weigh(x),
      0,
    )
  const interceptAt = (slope: number): number => root((intercept) => score(intercept, slope, () => 1))
  const slope = root((slope) => score(interceptAt(slope), slope, (x) => x))
  return { intercept: interceptAt(slope), slope }
}

describe('known answers', () => {
  it('Challenger: intercept 15.0429, slope −0.2322 (R, glm)', () => {
    const fit = fitted(flights)
    expect(fit.intercept).toBeCloseTo(15.0429, 4)
    expect(fit.slope).toBeCloseTo(-0.2322, 4)
    expect(fit.clusters).toBe(23)
  })

  it('two strengths: the difference of logits, its error from the delta method cluster by cluster', () => {
    const cells = [
      ['a', 3, 10, 6, 10],
      ['b', 2, 8, 7, 9],
      ['c', 5, 12, 4, 7],
      ['d', 1, 5, 5, 6],
    ] as const
    const points = cells.flatMap(([cluster, successes0, trials0, successes1, trials1]) => [
      { strength: 0, successes: successes0, trials: trials0, cluster },
      { strength: 0.2, successes: successes1, trials: trials1, cluster },
    ])
    const [p, q] = [11 / 35, 22 / 32]
    const influences = cells.map(
      ([, k0, n0, k1, n1]) => (k1 - n1 * q) / (32 * q * (1 - q)) - (k0 - n0 * p) / (35 * p * (1 - p)),
    )
    const variance = influences.reduce((sum, influence) => sum + influence ** 2, 0) * (4 / 3)
    const fit = fitted(points)
    expect(fit.intercept).toBeCloseTo(logit(p), 10)
    expect(fit.slope).toBeCloseTo((logit(q) - logit(p)) / 0.2, 9)
    expect(fit.se).toBeCloseTo(Math.sqrt(variance) / 0.2, 9)
    // t(.975, 3) = 3.182446 (tables).
    expect(fit.interval.high - fit.slope).toBeCloseTo(3.182446305 * fit.se, 6)
  })

  it('Challenger equals nested bisection to 1e-8', () => {
    const reference = byBisection(flights.map((point) => ({ ...point, strength: point.strength - 70 })))
    const fit = fitted(flights)
    expect(Math.abs(fit.slope - reference.slope)).toBeLessThan(1e-8)
    expect(Math.abs(fit.intercept + 70 * fit.slope - reference.intercept)).toBeLessThan(1e-8)
  })
})

const overlapping = fc
  .array(
    fc.record({
      strength: fc.integer({ min: -4, max: 4 }).map((step) => step / 10),
      successes: fc.integer({ min: 1, max: 9 }),
      cluster: fc.constantFrom('a', 'b', 'c', 'd'),
    }),
    { minLength: 3, maxLength: 20 },
  )
  .map((points) => [
    { strength: -0.5, successes: 3, trials: 10, cluster: 'a' },
    { strength: 0.5, successes: 4, trials: 10, cluster: 'b' },
    ...points.map((point) => ({ ...point, trials: 10 })),
  ])

describe('laws', () => {
  it('equals nested bisection on any overlapping outcomes', () => {
    fc.assert(
      fc.property(overlapping, (points) => {
        const [fit, reference] = [fitted(points), byBisection(points)]
        expect(Math.abs(fit.slope - reference.slope)).toBeLessThan(1e-8)
        expect(Math.abs(fit.intercept - reference.intercept)).toBeLessThan(1e-8)
      }),
      { numRuns: 40 },
    )
  })

  it('follows its units: turned strengths and outcomes turn the slope, halved strengths double it', () => {
    fc.assert(
      fc.property(overlapping, (points) => {
        const fit = fitted(points)
        const turned = fitted(points.map((point) => ({ ...point, strength: -point.strength })))
        const failures = fitted(points.map((point) => ({ ...point, successes: point.trials - point.successes })))
        const halved = fitted(points.map((point) => ({ ...point, strength: point.strength / 2 + 3 })))
        for (const other of [turned, failures]) {
          expect(other.slope).toBeCloseTo(-fit.slope, 8)
          expect(other.se).toBeCloseTo(fit.se, 8)
        }
        expect(halved.slope).toBeCloseTo(2 * fit.slope, 7)
        expect(halved.se).toBeCloseTo(2 * fit.se, 7)
      }),
    )
  })

  it('does not care for order, or whether episodes come one by one or counted', () => {
    fc.assert(
      fc.property(overlapping, (points) => {
        const single = points.flatMap(({ trials, successes, ...point }) =>
          Array.from({ length: trials }, (_, i) => ({ ...point, successes: i < successes ? 1 : 0 })),
        )
        const [fit, other] = [fitted(points), fitted(single.toReversed())]
        expect(other.slope).toBeCloseTo(fit.slope, 8)
        expect(other.se).toBeCloseTo(fit.se, 8)
      }),
    )
  })

  it('episodes copied within their cluster change nothing', () => {
    const copies = flights.flatMap((point) => [point, point, point])
    expect(fitted(copies).se).toBeCloseTo(fitted(flights).se, 10)
  })
})

it('the interval covers the true slope when scenarios differ', () => {
  const [runs, clusters, episodes] = [300, 20, 6]
  const words = new Uint32Array(4)
  let covered = 0
  for (let run = 0; run < runs; run++) {
    const shifts = normals(keyOf('shift', run), clusters)
    const key = keyOf('coverage', run)
    const points = [...shifts].flatMap((shift, c) =>
      [-0.2, -0.1, 0, 0.1, 0.2].map((strength, s) => {
        const hits = Array.from({ length: episodes }, (_, i) => uniform(philox([c, s, i, 0], key, words)[0]!))
        // A small shift: the marginal slope stays within 2 % of 3.
        const rate = meanAt(strength, -0.5 + 0.3 * shift, 3)
        return { strength, successes: hits.filter((hit) => hit < rate).length, trials: episodes, cluster: `${c}` }
      }),
    )
    const { low, high } = fitted(points).interval
    if (low <= 3 && 3 <= high) covered++
  }
  expect(covered / runs).toBeGreaterThan(0.91)
  expect(covered / runs).toBeLessThan(0.985)
})

const point = (strength: number, successes: number, cluster = `${strength}${successes}`): DosePoint => ({
  strength,
  successes,
  cluster,
})

describe('says what it cannot fit', () => {
  it.each<[string, readonly DosePoint[], string, string]>([
    ['complete', [point(0, 0), point(1, 0), point(2, 1)], 'separated', 'successes only from strength 2 up'],
    [
      'at one shared strength',
      [point(0, 0), point(1, 0), point(1, 1), point(2, 1)],
      'separated',
      'successes only from',
    ],
    ['downwards', [point(0, 1), point(2, 0)], 'separated', 'failures only from strength 2 up'],
    ['floor', [point(0, 0), point(1, 0)], 'separated', 'no success at any strength'],
    ['ceiling', [point(0, 1), point(1, 1)], 'separated', 'nothing but successes'],
    ['one strength', [point(1, 0), point(1, 1)], 'not estimable', 'two strengths or more'],
    ['one cluster', [point(0, 0.3, 'a'), point(1, 0.6, 'a')], 'not estimable', 'two clusters or more, got 1'],
    ['nothing', [], 'not estimable', 'two strengths or more'],
  ])('%s', (_, points, status, reason) => {
    const result = doseResponse(points)
    expect(result).toMatchObject({ status, converged: false, reason: expect.stringContaining(reason) })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })

  it('nearly separated outcomes still converge', () => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7].map((x) => point(x, x < 4 ? 1e-6 : 1 - 1e-6))
    expect(fitted(points).slope).toBeGreaterThan(5)
  })

  it('refuses more successes than trials', () => {
    expect(() => doseResponse([point(0, 2)])).toThrow(
      'points[0]: expected 0 ≤ successes ≤ trials, got 2 of 1 at strength 0',
    )
  })
})
