import type { Findings } from '../findings.ts'
import { Check } from './check.tsx'
import { Claims, Warnings } from './claims.tsx'
import { DoseTable } from './doses.tsx'
import { Document } from './document.tsx'
import { Episode } from './episode.tsx'
import { Header } from './header.tsx'
import { Scenario } from './scenario.tsx'
import { Verdicts } from './verdicts.tsx'
import { Versions } from './versions.tsx'
import { vectorColours } from './palette.ts'

/** The whole document, in the order in which a reader asks. */
export function Page({ findings }: { readonly findings: Findings }) {
  const { run, scenarios, episode } = findings
  const colours = vectorColours(run.vectors)
  return (
    <Document title={run.title} vitals={episode?.vitals.length ?? 0}>
      <Header run={run} />
      <Warnings warnings={findings.warnings} />
      <Verdicts findings={findings} />
      <Claims claims={findings.claims} />
      <Check check={findings.manipulation} />
      <section aria-labelledby="moved">
        <h2 id="moved">What moved?</h2>
        {scenarios.length === 0 ? <p class="note">No scenario was run.</p> : null}
        {scenarios.map((scenario) => (
          <Scenario key={scenario.scenario} scenario={scenario} colours={colours} />
        ))}
      </section>
      {episode === undefined ? null : <Episode episode={episode} />}
      <DoseTable doses={findings.doses} unit={run.unit} />
      <Versions run={run} />
    </Document>
  )
}
