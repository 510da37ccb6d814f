import type { VerificationCard } from '../../vectors/verify/verify.ts'

const percent = (share: number): string => `${Math.round(100 * share)} %`
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`

function geometryText({ result, concepts, valence, arousal }: VerificationCard['geometry']): string {
  if (!valence || !arousal) return `${result.padEnd(12)} ${concepts} rated concepts are too few`
  const axis = (name: string, { component, r, p }: NonNullable<VerificationCard['geometry']['valence']>) =>
    `${name} on component ${component}, |r| ${r.toFixed(2)}, p ${p.toFixed(3)}`
  return `${result.padEnd(12)} ${axis('valence', valence)}; ${axis('arousal', arousal)} (${concepts} concepts)`
}

/** The verification card for a terminal. */
export function renderCard(card: VerificationCard, model: string): string {
  const { situations: s, ladders, manipulation: m } = card
  const lines = [
    `vectors on ${model}, layer ${card.layer}: ${card.result}`,
    '',
    `situations     ${s.result.padEnd(12)} top-1 ${percent(s.top1)}, top-3 ${percent(s.top3)} (chance ${percent(s.chance)}, 95 % of label permutations below ${percent(s.permuted95)})`,
    ...Object.entries(card.controls).map(
      ([name, control]) =>
        `  ${name.padEnd(13)}${control.situations.result.padEnd(12)} top-1 ${percent(control.situations.top1)}, top-3 ${percent(control.situations.top3)}: a control, must fail`,
    ),
    `geometry       ${geometryText(card.geometry)}`,
    ...Object.entries(card.controls).map(([name, control]) => `  ${name.padEnd(13)}${geometryText(control.geometry)}`),
    `manipulation   ${m.result.padEnd(12)} ${m.reason}`,
    ...m.rows.map(
      (r) =>
        `  ${r.vector.padEnd(13)}${r.result.padEnd(12)} own − others ${signed(r.ownMinusOthers)} nats, z ${r.zAgainstRandom.toFixed(1)}${r.timesLexical === null ? '' : `, ${r.timesLexical.toFixed(1)} × lexical`}`,
    ),
    '',
    'ladders        (reading from first to last step in SD of neutral text; control beside it; gate = does the model itself tell)',
    ...ladders.map(
      (l) =>
        `  ${l.id.padEnd(13)}${l.result.padEnd(14)}${l.concept.padEnd(11)}${l.kind.padEnd(9)}${signed(l.effect)}  control ${signed(l.control)}  gate ${signed(l.gate)}`,
    ),
    '',
    `split-half     ${Object.entries(card.splitHalf)
      .map(([name, value]) => `${name} ${value.toFixed(2)}`)
      .join(', ')}`,
  ]
  return `${lines.join('\n')}\n`
}
