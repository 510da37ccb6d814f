import type { Dose, Findings } from '../findings.ts'
import { amount, oneDecimal, signed, strengthText } from '../numbers.ts'
import { rangeOf } from '../controls.ts'
import type { Screen } from './paint.ts'
import { CHECK_TONES } from './paint.ts'
import { facts, labelled } from './prose.ts'
import { type Cell, type Column, renderTable } from './table.ts'

/** Did the dose work? The manipulation check, then what the largest dose did to the model. */
export function checkLines({ manipulation, doses }: Findings, screen: Screen): readonly string[] {
  const columns: readonly Column[] = [
    { head: 'Did the dose work?', align: 'left', headTone: 'strong' },
    { head: `s = ${amount(manipulation.strength)}`, align: 'left' },
    { head: 'own − others', align: 'right' },
    { head: 'z vs random', align: 'right' },
    { head: '× lexical', align: 'right' },
  ]
  const rows = manipulation.rows.map((row): readonly Cell[] => [
    { text: `  ${row.vector}` },
    { text: row.result, tone: CHECK_TONES[row.result] },
    { text: `${signed(row.ownMinusOthers)} nats` },
    { text: oneDecimal(row.zAgainstRandom) },
    { text: oneDecimal(row.timesLexical) },
  ])
  return [
    ...renderTable({ columns, rows, indent: 0, ...screen }),
    ...labelled(
      {
        label: manipulation.result,
        labelTone: CHECK_TONES[manipulation.result],
        text: `whole set: ${manipulation.reason}`,
      },
      { ...screen, indent: 2, column: manipulation.result.length },
    ),
    ...doseLines(doses, screen),
  ]
}

function doseLines(doses: readonly Dose[], screen: Screen): readonly string[] {
  const steered = doses.filter(({ strength }) => strength !== 0)
  const largest = Math.max(...steered.map(({ strength }) => Math.abs(strength)))
  const atLargest = steered.filter(({ strength }) => Math.abs(strength) === largest)
  if (atLargest.length === 0) return []
  const over = steered.filter(({ overCeiling }) => overCeiling)
  return [
    ...facts(
      [
        `largest dose |s| = ${amount(largest)}: raw L2 ${spread(atLargest.map(({ rawL2 }) => rawL2))}`,
        `KL ${spread(atLargest.map(({ meanKl }) => meanKl))} nats a token`,
        `cos ${spread(atLargest.map(({ cosine }) => cosine))}`,
        `NLL rise ${spread(atLargest.map(({ nllRise }) => nllRise))}`,
      ],
      { ...screen, indent: 2, tone: 'faint' },
    ),
    ...(over.length === 0
      ? []
      : labelled(
          { label: 'over the ceiling', labelTone: 'bad', text: over.map(doseName).join(', ') },
          { ...screen, indent: 2, column: 16 },
        )),
  ]
}

/** `.12` or `.12 to .14`: smallest and largest of the values that were measured. */
function spread(values: readonly (number | null)[]): string {
  const range = rangeOf(values.filter((value) => value !== null))
  if (range === null) return 'not measured'
  const [low, high] = [amount(range.low), amount(range.high)]
  return low === high ? low : `${low} to ${high}`
}

function doseName({ vector, strength }: Dose): string {
  return `${vector} ${strengthText(strength)}`
}
