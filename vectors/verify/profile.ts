import { type NamedFamily, namedVector, neutralPlace } from '../controls/named.ts'
import { cosine } from '../extract/algebra.ts'
import { layerOf, type VectorSet } from '../extract/set.ts'
import type { Gguf } from '../model/gguf.ts'
import type { Tokenizer } from '../model/tokenizer.ts'
import { type LensWords, logitLens } from './logit-lens.ts'
import type { CheckRow } from './manipulation.ts'
import type { ConceptSelectivity } from './selectivity.ts'
import type { VerificationCard } from './verify.ts'

export interface Neighbour {
  readonly name: string
  readonly cosine: number
}

/** What is known of one vector. */
export interface VectorProfile {
  /** In its one spelling. */
  readonly name: string
  readonly family: NamedFamily
  readonly layer: number
  /** Emotions and topics of the set, the most alike first; not the vector itself. */
  readonly nearest: readonly Neighbour[]
  /** The most opposed first. */
  readonly farthest: readonly Neighbour[]
  /** Cosine with the lexical vector of its own word; null without one. */
  readonly lexical: number | null
  readonly lens: LensWords
  /** Reliability between scenes; null for a vector that was not made from texts. */
  readonly splitHalf: number | null
  /** Length of the difference of means it was made from; null as above. */
  readonly rawNorm: number | null
  /** Projection of neutral tokens, in raw units. */
  readonly neutral: { readonly mean: number; readonly sd: number }
  /** Mean length of neutral residuals at the layer: strength 1. */
  readonly norm: number
  /** Its part of the card; null when no card was made, or it is no vector of the set itself. */
  readonly card: CardLine | null
}

export interface CardLine {
  /** Of the whole set. */
  readonly result: VerificationCard['result']
  /** Share of its own situations that project on it most; null when it has none. */
  readonly situations: number | null
  readonly selectivity: ConceptSelectivity | null
  readonly manipulation: CheckRow | null
}

export interface ProfileOptions {
  readonly set: VectorSet
  readonly layer: number
  readonly name: string
  readonly gguf: Gguf
  readonly tokenizer: Tokenizer
  readonly card?: VerificationCard | undefined
  /** Of either kind. @default 8 */
  readonly neighbours?: number
}

/** Everything that is known of a named vector at a layer. Errors: InputError for an unknown name or a missing layer. */
export function profileVector(options: ProfileOptions): VectorProfile {
  const { set, layer, gguf, tokenizer, card, neighbours = 8 } = options
  const own = layerOf(set, layer)
  const named = namedVector(set, layer, options.name)
  const { name, vector, family } = named
  const known = [...set.families].filter(([other, kind]) => kind !== 'lexical' && other !== name)
  const sorted = known
    .map(([other]): Neighbour => ({ name: other, cosine: cosine(vector, own.vectors.get(other)!) }))
    .toSorted((a, b) => b.cosine - a.cosine)
  const word = own.vectors.get(`lexical:${name}`)
  const facts = set.families.get(name) === 'lexical' ? undefined : own.facts.get(name)
  const lens = logitLens({ gguf, tokenizer }, new Map([[name, vector]]), { wordOf: (of) => (word ? of : undefined) })
  return {
    name,
    family,
    layer,
    nearest: sorted.slice(0, neighbours),
    farthest: sorted.toReversed().slice(0, neighbours),
    lexical: word ? cosine(vector, word) : null,
    lens: lens.get(name)!,
    splitHalf: facts?.splitHalf ?? null,
    rawNorm: facts?.rawNorm ?? null,
    neutral: neutralPlace(own, named),
    norm: own.norms.norm,
    card: card && set.families.has(name) ? cardLine(card, name) : null,
  }
}

const cardLine = ({ result, situations, selectivity, manipulation }: VerificationCard, name: string): CardLine => ({
  result,
  situations: situations.byConcept[name] ?? null,
  selectivity: selectivity.byConcept[name] ?? null,
  manipulation: manipulation.rows.find((row) => row.vector === name) ?? null,
})
