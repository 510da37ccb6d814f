import type { Findings, RateRow, Readout, ReadoutRow, Verdict, VerdictWord } from './findings.ts'
import { groupBy } from './group.ts'
import { amount, strengthText } from './numbers.ts'

/** A verdict and what it is about. */
export interface Subject {
  readonly scenario: string
  /** Readout id, or the variant whose episodes were counted. */
  readonly readout: string
  readonly vector: string
  /** `±.2` for odd parts, `+.2` for episodes. */
  readonly strength: string
  readonly verdict: Verdict
}

/** From the strongest claim to none at all; the order of the list of verdicts. */
const VERDICT_ORDER: readonly VerdictWord[] = [
  'effect, specific',
  'criterion shift',
  'effect, not specific',
  'no effect seen',
  'not measurable',
  'incoherent',
]

/** Every verdict of the study's own vectors, in the order of the run; control vectors carry none. */
export function subjects(findings: Findings): readonly Subject[] {
  return findings.scenarios.flatMap((scenario) => [
    ...scenario.readouts.flatMap((readout) => readout.rows.map((row) => ofReadout(scenario.scenario, readout, row))),
    ...(scenario.rates?.rows ?? []).flatMap((row) => ofRate(scenario.scenario, row)),
  ])
}

/** A verdict with all that it was given to. */
export interface SharedVerdict {
  readonly verdict: Verdict
  readonly places: readonly (Omit<Subject, 'vector' | 'verdict'> & { readonly vectors: readonly string[] })[]
}

/** Verdicts told once, the strongest first; within one, the vectors of the same readout and strength together. */
export function gathered(all: readonly Subject[]): readonly SharedVerdict[] {
  const shared = [...groupBy(all, ({ verdict }) => JSON.stringify([verdict.word, verdict.reason])).values()]
  const verdicts = shared.flatMap((members): readonly SharedVerdict[] => {
    const [first] = members
    return first === undefined ? [] : [{ verdict: first.verdict, places: places(members) }]
  })
  return VERDICT_ORDER.flatMap((word) => verdicts.filter(({ verdict }) => verdict.word === word))
}

function places(members: readonly Subject[]): SharedVerdict['places'] {
  const groups = groupBy(members, ({ scenario, readout, strength }) => JSON.stringify([scenario, readout, strength]))
  return [...groups.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const { scenario, readout, strength } = first
    return [{ scenario, readout, strength, vectors: same.map(({ vector }) => vector) }]
  })
}

function ofReadout(scenario: string, readout: Readout, row: ReadoutRow): Subject {
  return {
    scenario,
    readout: readout.id,
    vector: row.vector,
    strength: `±${amount(Math.abs(row.strength))}`,
    verdict: row.verdict,
  }
}

function ofRate(scenario: string, { variant, vector, strength, verdict }: RateRow): Subject[] {
  return verdict === null
    ? []
    : [{ scenario, readout: `episodes, ${variant}`, vector, strength: strengthText(strength), verdict }]
}
