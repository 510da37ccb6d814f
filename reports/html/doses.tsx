import type { Dose } from '../findings.ts'
import { amount, signed, strengthText } from '../numbers.ts'
import { Table } from './parts.tsx'

const HEADS = [
  'vector',
  'strength',
  'raw L2',
  '÷ norm',
  '÷ centred',
  '÷ robust',
  'mean KL',
  'p95 KL',
  'cosine',
  'NLL rise',
  'ceiling',
].map((name, index) => ({ name, isNumber: index > 0 && name !== 'ceiling' }))

/** A longer table waits folded. */
const FEW = 24

/** Every dose in every unit, so that it can be compared with other work. */
export function DoseTable({ doses, unit }: { readonly doses: readonly Dose[]; readonly unit: string }) {
  if (doses.length === 0) return null
  return (
    <section aria-labelledby="doses">
      <h2 id="doses">The doses in all units</h2>
      <p class="note">
        {`Strengths are in the unit ${unit}. KL: nats a token against strength 0; cosine: between the residual with and without; NLL rise: nats a token on neutral text.`}
      </p>
      <details open={doses.length <= FEW}>
        <summary>{`${doses.length} doses`}</summary>
        <Table caption="Each dose in all units" heads={HEADS}>
          {doses.map((dose) => (
            <tr key={dose.condition} class={dose.overCeiling ? 'over' : undefined}>
              <th scope="row">{dose.vector === '' ? dose.condition : dose.vector}</th>
              <td class="number">{strengthText(dose.strength)}</td>
              {[dose.rawL2, dose.overNorm, dose.overCentred, dose.overRobust, dose.meanKl, dose.p95Kl, dose.cosine].map(
                (value, index) => (
                  <td key={index} class="number">
                    {amount(value)}
                  </td>
                ),
              )}
              <td class="number">{signed(dose.nllRise)}</td>
              <td>{dose.overCeiling ? 'over' : ''}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  )
}
