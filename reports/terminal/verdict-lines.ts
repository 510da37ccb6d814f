import type { Findings } from '../findings.ts'
import { gathered, type SharedVerdict, subjects } from '../verdicts.ts'
import { type Screen, VERDICT_TONES } from './paint.ts'
import { labelled } from './prose.ts'

const WORD_COLUMN = 20

/** Is it the emotion? Every verdict with its reason, the strongest claim first. */
export function verdictLines(findings: Findings, screen: Screen): readonly string[] {
  const all = gathered(subjects(findings))
  if (all.length === 0) return []
  const lines = all.flatMap((shared, index) => {
    const { word } = shared.verdict
    const label = word === all[index - 1]?.verdict.word ? '' : word
    const item = { label, labelTone: VERDICT_TONES[word], text: sentence(shared) }
    return labelled(item, { ...screen, indent: 2, column: WORD_COLUMN })
  })
  return [screen.paint('strong', 'Is it the emotion?'), ...lines]
}

function sentence({ verdict, places }: SharedVerdict): string {
  const where = places.map(
    ({ vectors, strength, scenario, readout }) => `${vectors.join(', ')} ${strength} on ${scenario}, ${readout}`,
  )
  return verdict.reason === '' ? where.join('; ') : `${where.join('; ')}: ${verdict.reason}`
}
