import type { CurvePoint, Effect, Interval, Readout, ReadoutRow } from '../../reports/findings.ts'
import { meanInterval } from '../stats/intervals.ts'
import { againstRandom, sensitivity } from '../stats/signal.ts'
import type { ConditionFacts } from '../store/types.ts'
import { changesOf, type OddParts, oddPartsOf, type ProbeTable } from './changes.ts'
import { average, sigmoid } from './logodds.ts'
import { verdictOf } from './verdict.ts'

export interface ReadoutInput {
  /** The probe's, with the variant's name where there are several. */
  readonly id: string
  readonly table: ProbeTable
  /** Conditions of the sweep, baseline included. */
  readonly conditions: readonly ConditionFacts[]
  readonly baseline: string
  readonly vectors: readonly string[]
  /** Condition keys above the damage ceiling. */
  readonly overCeiling: ReadonlySet<string>
  readonly check: (vector: string) => { readonly passed: boolean; readonly reason: string }
}

/** One probe over all conditions: baseline, curve, effects against the random distribution, verdicts. */
export function readoutOf(input: ReadoutInput): Readout {
  const { table, conditions } = input
  const { probe } = table
  const baseline = baselineOf(input)
  const strengths = controlStrengths(conditions)
  const random = familyParts(input, 'random', strengths.at(-1))
  const rows = input.vectors.flatMap((vector) =>
    strengths.flatMap((strength) => rowOf(input, { vector, strength, baseline })),
  )
  return {
    id: input.id,
    kind: probe.kind,
    form: probe.kind === 'answer' ? probe.form : probe.kind,
    items: table.items.length,
    baseline,
    rows,
    randomOddParts: {
      raw: [...random.values()].map((o) => o.raw),
      selective: [...random.values()].flatMap((o) => (o.selective === null ? [] : [o.selective])),
    },
    curve: conditions.flatMap((c) => curvePoint(input, c)),
  }
}

/** Strengths at which random vectors were run with both signs, ascending: only there can an effect be judged. */
const controlStrengths = (conditions: readonly ConditionFacts[]): number[] =>
  [
    ...new Set(conditions.filter((c) => c.family === 'random' && (c.strength ?? 0) > 0).map((c) => c.strength!)),
  ].toSorted((a, b) => a - b)

/** Below this share of probability on the options, their odds say little about what the model would write. */
const LEAST_COVERAGE = 0.5
const FLOOR = 0.02
const LEAST_SENSITIVITY = 1

function baselineOf({ table, baseline }: ReadoutInput): Readout['baseline'] {
  const { probe, items, rows } = table
  const guilty = items.flatMap((item) => table.guilty(baseline, item)?.value ?? [])
  const twin = items.flatMap((item) => table.twin(baseline, item)?.value ?? [])
  const coverages = rows.filter((r) => r.condition === baseline && r.coverage !== null).map((r) => r.coverage!)
  const coverage = coverages.length > 0 ? average(coverages) : null
  const isContrast = probe.kind === 'contrast'
  // A choice's twin is read with the sign turned (see readingOf); what people want to see is how often it is bad there.
  const twinRate = probe.kind === 'choice' ? twin.map((v) => sigmoid(-v)) : twin.map(sigmoid)
  const d =
    guilty.length > 0 && twin.length > 0 && probe.kind === 'answer' ? sensitivity(average(guilty), average(twin)) : null
  const rate = guilty.length > 0 && !isContrast ? meanOfProbabilities(guilty.map(sigmoid)) : null
  const reason = unmeasurable({ kind: probe.kind, rate, coverage, d, items: guilty.length })
  return {
    guilty: rate,
    twin: twin.length > 0 && !isContrast ? meanOfProbabilities(twinRate) : null,
    d,
    coverage,
    measurable: reason === undefined,
    reason: reason ?? '',
  }
}

function unmeasurable(o: {
  kind: Readout['kind']
  rate: Interval | null
  coverage: number | null
  d: number | null
  items: number
}): string | undefined {
  if (o.items === 0) return 'nothing was answered'
  if (o.coverage !== null && o.coverage < LEAST_COVERAGE)
    return `only ${Math.round(100 * o.coverage)} % of probability lies on the options`
  if (o.rate && o.rate.estimate < FLOOR) return 'floor'
  if (o.rate && o.rate.estimate > 1 - FLOOR) return 'ceiling'
  if (o.kind === 'answer' && o.d !== null && o.d <= LEAST_SENSITIVITY)
    return `it hardly tells guilty items from twins (d ${o.d.toFixed(1)})`
  return undefined
}

/** Mean over items with a t interval, kept within 0..1. */
function meanOfProbabilities(values: readonly number[]): Interval {
  const { estimate, low, high } = meanInterval(values)
  return { estimate, low: Math.max(0, low), high: Math.min(1, high) }
}

function familyParts(input: ReadoutInput, family: string, strength: number | undefined): Map<string, OddParts> {
  if (strength === undefined) return new Map()
  const names = new Set(
    input.conditions.filter((c) => c.family === family && c.strength === strength).map((c) => c.vector!),
  )
  return new Map(
    [...names].flatMap((vector) => {
      const odd = oddPartsOf(input.table, input.conditions, { vector, strength, baseline: input.baseline })
      return odd ? [[vector, odd] as const] : []
    }),
  )
}

function rowOf(
  input: ReadoutInput,
  at: { vector: string; strength: number; baseline: Readout['baseline'] },
): ReadoutRow[] {
  const { vector, strength, baseline } = at
  const odd = oddPartsOf(input.table, input.conditions, { vector, strength, baseline: input.baseline })
  if (!odd) return []
  const controlsOf = (...families: readonly string[]) =>
    new Map(families.flatMap((family) => [...familyParts(input, family, strength)]).filter(([name]) => name !== vector))
  const random = [...controlsOf('random', 'covariance').values()]
  const effect = (pick: (o: OddParts) => number | null): Effect | null => {
    const value = pick(odd)
    if (value === null) return null
    const { z, p } = againstRandom(
      value,
      random.flatMap((o) => pick(o) ?? []),
    )
    return { value, z, p }
  }
  const others = controlsOf('unrelated', 'shuffled', 'lexical')
  const keys = input.conditions
    .filter((c) => c.vector === vector && Math.abs(c.strength ?? 0) === strength)
    .map((c) => c.key)
  return [
    {
      vector,
      strength,
      raw: effect((o) => o.raw)!,
      twin: effect((o) => o.twin),
      criterion: effect((o) => o.criterion),
      selective: effect((o) => o.selective),
      againstControls: Object.fromEntries(
        Object.keys(odd.against).map((name) => [name, effect((o) => o.against[name] ?? null)!]),
      ),
      verdict: verdictOf({
        odd,
        random,
        controls: others,
        isCoherent: !keys.some((key) => input.overCeiling.has(key)),
        check: input.check(vector),
        baseline,
      }),
    },
  ]
}

function curvePoint({ table, baseline }: ReadoutInput, condition: ConditionFacts): CurvePoint[] {
  const { family, vector, strength, key } = condition
  if (vector === null || strength === null || family === 'baseline') return []
  const changes = changesOf(table, key, baseline).map((c) => c.guilty)
  if (changes.length === 0) return []
  const change = average(changes)
  const point = { vector, family: family as CurvePoint['family'], strength, change }
  if (changes.length < 2) return [point]
  const { low, high } = meanInterval(changes)
  return [{ ...point, low, high }]
}
