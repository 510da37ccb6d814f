import type { Findings, ManipulationCheck, RateRow, Readout, ScenarioFindings } from '../../reports/findings.ts'

/** What may be claimed from a run, and what may not, in sentences that follow from the verdicts alone. */
export function claimsOf(
  { manipulation, card, controls }: Pick<Findings, 'manipulation'> & Pick<Findings['run'], 'card' | 'controls'>,
  scenarios: readonly ScenarioFindings[],
): Findings['claims'] {
  const may: string[] = []
  const mayNot: string[] = []
  claimCheck(manipulation, controls, { may, mayNot })
  if (card === 'fail' || card === 'not testable') mayNot.push(CARD[card])
  for (const { scenario, readouts, rates } of scenarios) {
    for (const readout of readouts) claimReadout(`${scenario}, ${readout.id}`, readout, may, mayNot)
    if (rates) claimRates(scenario, rates.rows, mayNot)
  }
  return { may: [...new Set(may)], mayNot: [...new Set(mayNot)] }
}

const CARD = {
  fail: 'That the vectors are what they are named after: the verification card of the set fails.',
  'not testable': 'That the vectors are what they are named after: the set is too small for a verification card.',
} as const

function claimCheck(
  { result, strength, rows }: ManipulationCheck,
  { lexical }: Pick<Findings['run']['controls'], 'lexical'>,
  { may, mayNot }: { readonly may: string[]; readonly mayNot: string[] },
): void {
  const passed = rows.filter((r) => r.result === 'pass').map((r) => r.vector)
  if (result === 'pass') {
    const beyond = lexical
      ? 'beyond random vectors and at least twice as far as the words alone'
      : 'beyond random vectors'
    may.push(`At strength ${strength} the vectors move, on average, what they are named after: ${beyond}.`)
    if (!lexical) mayNot.push('That it takes more than the words alone to do so: no lexical vectors were run.')
  } else if (passed.length > 0) {
    may.push(`At strength ${strength} these move their own continuations beyond random vectors: ${passed.join(', ')}.`)
    mayNot.push('That the whole set passed its manipulation check.')
  } else
    mayNot.push(
      `Anything about these emotions: at strength ${strength} the vectors did not demonstrably move what they are named after.`,
    )
}

function claimReadout(where: string, { rows, baseline }: Readout, may: string[], mayNot: string[]): void {
  if (!baseline.measurable) {
    mayNot.push(`Any effect on ${where}, or its absence: ${baseline.reason}.`)
    return
  }
  for (const { vector, strength, verdict } of rows) {
    switch (verdict.word) {
      case 'effect, specific':
        may.push(`±${strength} ${vector} changes how well the model does on ${where}, specifically.`)
        break
      case 'criterion shift':
        may.push(`±${strength} ${vector} moves the criterion on ${where} (${verdict.reason}).`)
        mayNot.push(
          `That ${vector} makes the model more or less honest on ${where}: guilty items and twins move together.`,
        )
        break
      case 'effect, not specific':
        mayNot.push(`That an effect of ${vector} on ${where} is due to the emotion: ${verdict.reason}.`)
        break
      case 'no effect seen':
        mayNot.push(`That ${vector} has no effect on ${where}: this run ${verdict.reason} in log-odds.`)
        break
      case 'not measurable':
      case 'incoherent':
        mayNot.push(`Any effect of ±${strength} ${vector} on ${where}: ${verdict.reason}.`)
        break
    }
  }
}

function claimRates(scenario: string, rows: readonly RateRow[], mayNot: string[]): void {
  const judged = rows.flatMap(({ condition, variant, verdict }) => (verdict ? [{ condition, variant, verdict }] : []))
  if (judged.length === 0)
    mayNot.push(`Any change of the rate of misbehaviour in ${scenario}: nothing was steered there.`)
  for (const { condition, variant, verdict } of judged) {
    const where = `the rate in ${scenario}, ${variant}`
    const { word, reason } = verdict
    if (word === 'effect, not specific')
      mayNot.push(`That an effect of ${condition} on ${where} is due to the emotion: ${reason}.`)
    else if (word === 'no effect seen') mayNot.push(`That ${condition} has no effect on ${where}: this run ${reason}.`)
    else mayNot.push(`Any effect of ${condition} on ${where}, or its absence: ${reason}.`)
  }
}
