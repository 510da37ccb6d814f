import type { ScenarioFindings } from '../findings.ts'
import { Attempts } from './attempts.tsx'
import type { VectorColours } from './palette.ts'
import { Rates } from './rates.tsx'
import { ReadoutView } from './readout.tsx'

/** All that was measured in one scenario. */
export function Scenario(props: { readonly scenario: ScenarioFindings; readonly colours: VectorColours }) {
  const { scenario, title, readouts, rates, attempts } = props.scenario
  return (
    <article>
      <h3>
        {title} <span class="id">{scenario}</span>
      </h3>
      {readouts.map((readout) => (
        <ReadoutView key={readout.id} readout={readout} colours={props.colours} />
      ))}
      {rates === undefined ? null : <Rates table={rates} />}
      {attempts === undefined ? null : <Attempts table={attempts} />}
    </article>
  )
}
