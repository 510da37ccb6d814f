import type { Findings, ScenarioFindings } from '../findings.ts'
import { attemptLines } from './attempts.ts'
import type { Screen } from './paint.ts'
import { rateLines } from './rates.ts'
import { readoutLines } from './readouts.ts'
import { clean, wrap } from '../width.ts'

const UNITS = 'half the gap between +s and −s, in log-odds (contrast: nats)'

/** What moved? Every readout and every rate table, by scenario. */
export function movedLines({ scenarios }: Findings, screen: Screen): readonly string[] {
  const heading = `${screen.paint('strong', 'What moved?')}   ${screen.paint('faint', UNITS)}`
  if (scenarios.length === 0) return [heading, screen.paint('faint', '  no scenario was run')]
  return [heading, ...scenarios.flatMap((scenario) => scenarioLines(scenario, screen))]
}

function scenarioLines(scenario: ScenarioFindings, screen: Screen): readonly string[] {
  const title = wrap(clean(`${scenario.scenario}: ${scenario.title}`), screen.width - 2)
  const parts = [
    ...scenario.readouts.map((readout) => readoutLines(readout, screen)),
    ...(scenario.rates === undefined ? [] : [rateLines(scenario.rates, screen)]),
    ...(scenario.attempts === undefined ? [] : [attemptLines(scenario.attempts, screen)]),
  ]
  return [...title.map((line) => `  ${screen.paint('strong', line)}`), ...parts.flat()]
}
