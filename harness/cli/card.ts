import { amount, oneDecimal, percent, pValue, signed } from '../../reports/numbers.ts'
import type { LensWords } from '../../vectors/verify/logit-lens.ts'
import type { CardParts, VerificationCard } from '../../vectors/verify/verify.ts'

/** The verification card for a terminal. */
export function renderCard(card: VerificationCard, model: string): string {
  const part = (name: string, key: keyof typeof PARTS, own: readonly string[] = []) => [
    headed(name, card[key].result, PARTS[key](card)),
    ...own,
    ...Object.entries(card.controls).map(([control, parts]) =>
      sub(control, parts[key].result, key === 'manipulation' ? meanEffect(parts) : PARTS[key](parts)),
    ),
  ]
  const lines = [
    `vectors on ${model}, layer ${card.layer}: ${card.result}`,
    `(indented random, shuffled, unrelated: the same with vectors that know nothing of their names; they must fail)`,
    ...(card.unit === 'norm'
      ? []
      : [
          `(doses in unit ${card.unit}: three dimensions hold so much of the energy that the mean norm means nothing here)`,
        ]),
    '',
    ...part('situations', 'situations'),
    ...part('selectivity', 'selectivity', extremes(card)),
    ...part('geometry', 'geometry'),
    ...part('manipulation', 'manipulation', card.manipulation.rows.map(checkLine)),
    ...part('steering', 'steering', card.steering.rows.map(steeringLine)),
    '',
    'ladders        (reading from first to last step in SD of neutral text; control beside it; gate = does the model itself tell)',
    ...card.ladders.map(
      (l) =>
        `  ${l.id.padEnd(13)}${l.result.padEnd(14)}${l.concept.padEnd(11)}${l.kind.padEnd(9)}${signed(l.effect)}  control ${signed(l.control)}  gate ${signed(l.gate)}`,
    ),
    '',
    ...(Object.keys(card.lens).length === 0 ? [] : ['words          (logit lens: what the vector alone would say)']),
    ...Object.entries(card.lens).map(([name, lens]) => lensLine(name, lens)),
    `split-half     ${splitHalves(card.splitHalf)}`,
  ]
  return `${lines.join('\n')}\n`
}

const headed = (name: string, result: string, text: string): string => `${name.padEnd(15)}${result.padEnd(13)}${text}`
const sub = (name: string, result: string, text: string): string => `  ${name.padEnd(13)}${result.padEnd(13)}${text}`

/** What each part says in a line, of a set as of a control. */
const PARTS = {
  situations: ({ situations: s }: CardParts) =>
    `top-1 ${percent(s.top1)}, top-3 ${percent(s.top3)} (chance ${percent(s.chance)}, 95 % of label permutations below ${percent(s.permuted95)})`,
  selectivity: ({ selectivity: s }: CardParts) => {
    const all = Object.values(s.byConcept)
    if (all.length === 0) return 'too few concepts'
    const ranks = all.map((c) => c.rank).toSorted((a, b) => a - b)
    return `own vector at z ${oneDecimal(s.meanZ)} among ${all[0]!.of}, median rank ${ranks[ranks.length >> 1]} (95 % of label permutations below z ${oneDecimal(s.permuted95)})`
  },
  geometry: ({ geometry: { concepts, valence, arousal } }: CardParts) => {
    if (!valence || !arousal) return `${concepts} rated concepts are too few`
    const axis = (name: string, { component, r, p }: typeof valence) =>
      `${name} on component ${component}, |r| ${amount(Number(r.toFixed(2)))}, p ${pValue(p)}`
    return `${axis('valence', valence)}; ${axis('arousal', arousal)} (${concepts} concepts)`
  },
  manipulation: ({ manipulation: m }: CardParts) => m.reason,
  steering: ({ steering: s }: CardParts) =>
    s.rows.length === 0
      ? 'too few of its concepts are in the set'
      : `own continuations gain most under ${s.firsts} of ${s.rows.length} vectors, p ${pValue(s.p)} against exchanged names`,
} as const

/** Of a control: why it fails, and that it should, is no news. */
const meanEffect = ({ manipulation: { rows, reason } }: CardParts): string =>
  rows.length === 0
    ? reason
    : `mean ${signed(rows.reduce((sum, r) => sum + r.ownMinusOthers, 0) / rows.length)} nats a token, ${rows.filter((r) => r.result === 'pass').length} of ${rows.length} pass`

const SHOWN = 5

/** The concepts that stand out most and least. */
function extremes({ selectivity: { byConcept } }: VerificationCard): string[] {
  const sorted = Object.entries(byConcept).toSorted(([, a], [, b]) => b.z - a.z)
  const text = (entries: typeof sorted) =>
    entries.map(([name, { z, rank }]) => `${name} ${oneDecimal(z)} (rank ${rank})`).join(', ')
  if (sorted.length <= 2 * SHOWN) return sorted.length === 0 ? [] : [`  by concept   ${text(sorted)}`]
  return [`  strongest    ${text(sorted.slice(0, SHOWN))}`, `  weakest      ${text(sorted.slice(-SHOWN))}`]
}

const checkLine = (r: CardParts['manipulation']['rows'][number]): string =>
  sub(
    r.vector,
    r.result,
    `own − others ${signed(r.ownMinusOthers)} nats, z ${oneDecimal(r.zAgainstRandom)}${r.timesLexical === null ? '' : `, ${oneDecimal(r.timesLexical)} × lexical`}`,
  )

const steeringLine = (r: CardParts['steering']['rows'][number]): string =>
  sub(r.vector, '', `own − best other ${signed(r.margin)} nats, rank ${r.rank}`)

/** One line of a vector's words. */
function lensLine(name: string, { up, down, ownRank }: LensWords): string {
  const text = (words: LensWords['up']) => words.map((w) => w.text).join(' ')
  const rank = ownRank === null ? '' : ` (own word: rank ${ownRank})`
  return `  ${name.padEnd(13)}+ ${text(up)}  − ${text(down)}${rank}`
}

function splitHalves(all: VerificationCard['splitHalf']): string {
  const sorted = Object.entries(all).toSorted(([, a], [, b]) => a - b)
  const text = (entries: typeof sorted) => entries.map(([name, value]) => `${name} ${signed(value)}`).join(', ')
  if (sorted.length <= 20) return text(sorted)
  return `median ${signed(sorted[sorted.length >> 1]![1])} of ${sorted.length}; lowest: ${text(sorted.slice(0, 2 * SHOWN))}`
}
