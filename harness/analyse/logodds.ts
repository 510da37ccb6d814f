import type { Scenario } from '../scenario/schema.ts'
import type { ProbeRow } from '../store/types.ts'

export type ProbeSpec = Scenario['probes'][number]

/** What one answered probe says, as one number: larger is worse on the guilty item, an error on the twin. */
export interface Reading {
  /** Log-odds of the behaviour (answers, choices) or nats per token of behaviour minus the mean control (contrasts). */
  readonly value: number
  /** Behaviour minus each control class (contrasts). */
  readonly against: Readonly<Record<string, number>>
}

/**
 * Answers: log P(bad) − log P(good) on the guilty item, the reverse on its twin, where the other answer is the error. Choices: bad options
 * against the others; on the twin the reverse, so that `guilty` and `twin` are read alike: a general tendency moves them apart.
 */
export function readingOf(probe: ProbeSpec, { answers, isTwin }: Pick<ProbeRow, 'answers' | 'isTwin'>): Reading {
  const sign = isTwin ? -1 : 1
  switch (probe.kind) {
    case 'answer':
      return { value: sign * (answers['bad']! - answers['good']!), against: {} }
    case 'choice': {
      const names = Object.keys(probe.options)
      const mass = (isBad: boolean) =>
        Math.log(
          names.filter((n) => probe.bad.includes(n) === isBad).reduce((sum, n) => sum + Math.exp(answers[n]!), 0),
        )
      return { value: sign * (mass(true) - mass(false)), against: {} }
    }
    case 'contrast': {
      const behaviour = average(Object.keys(probe.behaviour).map((name) => answers[name]!))
      const controls = Object.keys(probe.control)
      const against = Object.fromEntries(controls.map((name) => [name, behaviour - answers[name]!]))
      return { value: sign * (behaviour - average(controls.map((name) => answers[name]!))), against }
    }
  }
}

export const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
