import { amount, oneDecimal, percent, signed } from '../../reports/numbers.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { loadCard } from '../../vectors/verify/card-file.ts'
import { type CardLine, type Neighbour, profileVector, type VectorProfile } from '../../vectors/verify/profile.ts'
import { vectorNeeds, withImports } from '../run/named-vectors.ts'
import type { CliContext } from './context.ts'
import { obtainVectors, type VectorFlags } from './vectors.ts'

export interface ShowFlags extends VectorFlags {
  readonly layer?: number
}

/** Prints what is known of one vector: its neighbours, its words, its numbers and its part of the card. */
export async function showCommand(name: string, flags: ShowFlags, context: CliContext): Promise<number> {
  const { model, set: extracted, path } = await obtainVectors(flags, context)
  const layer = flags.layer ?? layerAt(2 / 3, model.layers)
  const card = loadCard({ path, set: extracted, layer })
  const set = withImports(extracted, context.machine.home, vectorNeeds([name], [layer]))
  const { gguf, tokenizer } = model
  const profile = profileVector({ set, layer, name, gguf, tokenizer, card })
  context.out(
    flags.json
      ? `${JSON.stringify(profile, null, 2)}\n`
      : text(profile, { model: flags.model, isVerified: card !== undefined }),
  )
  return 0
}

function text(profile: VectorProfile, { model, isVerified }: { model: string; isVerified: boolean }): string {
  const { name, family, layer, lens, neutral, norm, lexical, splitHalf, rawNorm } = profile
  const near = (neighbours: readonly Neighbour[]) => neighbours.map((n) => `${n.name} ${signed(n.cosine)}`).join(', ')
  const words = (side: typeof lens.up) => side.map((w) => `${w.text} ${oneDecimal(w.z)}`).join(', ')
  const lines: [string, string][] = [
    ['nearest', near(profile.nearest)],
    ['farthest', near(profile.farthest)],
    ['says', `${words(lens.up)}   (logit lens, z among all tokens)`],
    ['unsays', words(lens.down)],
    ...(lens.ownRank === null || lexical === null
      ? []
      : ([['own word', `rank ${lens.ownRank} among all tokens; cosine with the word's own row ${signed(lexical)}`]] as [
          string,
          string,
        ][])),
    ['split-half', splitHalf === null ? 'not made from texts' : signed(splitHalf)],
    [
      'norms',
      `${rawNorm === null ? '' : `difference of means ${amount(rawNorm)}, `}neutral residuals ${amount(norm)} (strength 1)`,
    ],
    ['neutral', `mean ${amount(neutral.mean)}, sd ${amount(neutral.sd)}: the zero and the unit of its readings`],
    ['card', isVerified ? cardText(profile.card) : `not made: duress vectors verify --model ${model}`],
  ]
  const body = lines.map(([head, content]) => `${head.padEnd(13)}${content}\n`).join('')
  return `${name} on ${model}, layer ${layer} (${family})\n${body}`
}

function cardText(card: CardLine | null): string {
  if (card === null) return 'says nothing of this vector'
  const { result, situations, selectivity, manipulation } = card
  const parts = [
    `the set's: ${result}`,
    situations === null
      ? 'no situations of its own'
      : `first on ${percent(situations)} of its own situations${selectivity ? ` (z ${oneDecimal(selectivity.z)}, rank ${selectivity.rank} of ${selectivity.of})` : ''}`,
    manipulation === null
      ? 'not in the manipulation check'
      : `manipulation ${manipulation.result}, ${signed(manipulation.ownMinusOthers)} nats, z ${oneDecimal(manipulation.zAgainstRandom)}`,
  ]
  return parts.join('; ')
}
