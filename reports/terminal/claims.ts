import type { Findings } from '../findings.ts'
import type { Screen } from './paint.ts'
import { labelled } from './prose.ts'

/** What may be claimed, and what may not. */
export function claimLines({ claims }: Findings, screen: Screen): readonly string[] {
  const may = claims.may.length > 0 ? claims.may : ['nothing from this run']
  return [
    screen.paint('strong', 'What may be claimed?'),
    ...items(may, 'may', screen),
    ...items(claims.mayNot, 'may not', screen),
  ]
}

export function warningLines(warnings: readonly string[], screen: Screen): readonly string[] {
  if (warnings.length === 0) return []
  const lines = warnings.flatMap((text) =>
    labelled({ label: '!', labelTone: 'doubt', text }, { ...screen, indent: 2, column: 1 }),
  )
  return [screen.paint('doubt', warnings.length === 1 ? 'Warning' : 'Warnings'), ...lines]
}

function items(texts: readonly string[], word: 'may' | 'may not', screen: Screen): readonly string[] {
  const labelTone = word === 'may' ? 'good' : 'bad'
  return texts.flatMap((text, index) =>
    labelled({ label: index === 0 ? word : '', labelTone, text }, { ...screen, indent: 2, column: 'may not'.length }),
  )
}
