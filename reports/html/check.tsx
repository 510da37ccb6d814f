import type { ManipulationCheck } from '../findings.ts'
import { amount, oneDecimal, signed } from '../numbers.ts'
import { CheckLabel, Table } from './parts.tsx'

const HEADS = [
  { name: 'vector' },
  { name: 'check' },
  { name: 'own − others, nats a token', isNumber: true },
  { name: 'z against random', isNumber: true },
  { name: '× lexical', isNumber: true },
]

/** Did the dose work? Does steering raise text that belongs to the concept, and not other text? */
export function Check({ check }: { readonly check: ManipulationCheck }) {
  return (
    <section aria-labelledby="check">
      <h2 id="check">Did the dose work?</h2>
      <p>
        <CheckLabel result={check.result} /> {check.reason}
      </p>
      <Table caption={`Manipulation check at strength ${amount(check.strength)}`} heads={HEADS}>
        {check.rows.map((row) => (
          <tr key={row.vector}>
            <th scope="row">{row.vector}</th>
            <td>
              <CheckLabel result={row.result} />
            </td>
            <td class="number">{signed(row.ownMinusOthers)}</td>
            <td class="number">{oneDecimal(row.zAgainstRandom)}</td>
            <td class="number">{oneDecimal(row.timesLexical)}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}
