import type { RunFacts } from '../findings.ts'
import { duration } from '../numbers.ts'
import { episodesText, promptsText, runFacts } from '../run-facts.ts'
import type { Screen } from './paint.ts'
import { facts } from './prose.ts'

/** What was run, and how much of it is there. */
export function headLines(run: RunFacts, screen: Screen): readonly string[] {
  const prompts = promptsText(run)
  const done = [
    episodesText(run),
    duration(run.seconds),
    ...(prompts === '' ? [] : [prompts]),
    `digest ${run.digest.slice(0, 12)}`,
  ]
  return [
    ...facts(runFacts(run), { ...screen, indent: 0, tone: 'strong' }),
    ...facts(run.episodes.planned > 0 ? done : done.slice(1), { ...screen, indent: 0, tone: 'faint' }),
  ]
}
