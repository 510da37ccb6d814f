import type { Findings, VerdictWord } from '../findings.ts'
import { groupBy } from '../group.ts'
import { type Subject, subjects } from '../verdicts.ts'
import { Table, VerdictLabel } from './parts.tsx'

const HEADS = ['scenario', 'readout', 'vector', 'strength', 'verdict', 'because'].map((name) => ({ name }))

const MEANINGS: readonly (readonly [VerdictWord, string])[] = [
  ['effect, specific', 'the behaviour moves and its twin does not; beyond every control; the check passed'],
  ['criterion shift', 'behaviour and twin move together: the model says it more, whether or not it is so'],
  ['effect, not specific', 'something moves, and a control moves it as far'],
  ['no effect seen', 'the check passed and nothing moved that this run could have seen'],
  ['not measurable', 'floor, ceiling, coverage or a failed check: nothing can be said'],
  ['incoherent', 'the dose broke the text; the rate says nothing about behaviour'],
]

/** Is it the emotion? One line per vector and readout. */
export function Verdicts({ findings }: { readonly findings: Findings }) {
  const scenarios = groupBy(subjects(findings), ({ scenario }) => scenario)
  return (
    <section aria-labelledby="verdicts">
      <h2 id="verdicts">Is it the emotion?</h2>
      {scenarios.size === 0 ? (
        <p class="note">Nothing was judged.</p>
      ) : (
        <Table caption="A verdict per vector and readout" heads={HEADS}>
          {[...scenarios.values()].map(rowsOf)}
        </Table>
      )}
      <details>
        <summary>What the words mean</summary>
        <dl class="meanings">
          {MEANINGS.map(([word, meaning]) => (
            <div key={word}>
              <dt>
                <VerdictLabel word={word} />
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  )
}

/** Scenario and readout are written once, beside all of their rows. */
function rowsOf(scenario: readonly Subject[]) {
  const readouts = groupBy(scenario, ({ readout }) => readout)
  return [...readouts.values()].flatMap((members, place) =>
    members.map((subject, index) => (
      <tr key={`${place} ${index}`} class={index === 0 ? 'group' : undefined}>
        {place > 0 || index > 0 ? null : (
          <th scope="row" rowSpan={scenario.length}>
            {subject.scenario}
          </th>
        )}
        {index > 0 ? null : <td rowSpan={members.length}>{subject.readout}</td>}
        <td>{subject.vector}</td>
        <td class="nowrap">{subject.strength}</td>
        <td>
          <VerdictLabel word={subject.verdict.word} />
        </td>
        <td class="because">{subject.verdict.reason}</td>
      </tr>
    )),
  )
}
