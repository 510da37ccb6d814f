import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { layerOf, type VectorSet, vectorHash } from '../extract/set.ts'
import { writeJson } from '../model/json-file.ts'
import { loadItems } from './items.ts'
import type { VerificationCard } from './verify.ts'

/** Raised whenever the same vectors and items would be judged otherwise. */
const CARD_VERSION = 'c3'

interface StoredCard {
  readonly version: string
  readonly items: string
  readonly model: string
  readonly card: VerificationCard
}

/** Whose card: a layer of the set that lies at `path`. */
export interface CardOf {
  readonly path: string
  readonly set: VectorSet
  readonly layer: number
}

/**
 * Where the card of a layer lies: beside the set, named by the vectors it judges, so that a set with other layers beside the same vectors
 * has the same card.
 */
export function cardPath({ path, set, layer }: CardOf): string {
  const hash = createHash('sha256')
  for (const [name, vector] of [...layerOf(set, layer).vectors].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(vectorHash(vector))
  return join(dirname(path), `${hash.digest('hex').slice(0, 16)}.${layer}.card.json`)
}

/** Keeps a card for later reports. In the file, as in all JSON, a number that is not finite is null. */
export async function saveCard(of: CardOf, card: VerificationCard): Promise<void> {
  const stored: StoredCard = { version: CARD_VERSION, items: loadItems().hash, model: of.set.modelSha256, card }
  await writeJson(cardPath(of), stored)
}

/** The stored card, unless there is none or it was made with other items or rules. */
export function loadCard(of: CardOf): VerificationCard | undefined {
  const stored = parse(cardPath(of))
  const isCurrent = stored?.version === CARD_VERSION && stored.items === loadItems().hash
  return isCurrent && stored.model === of.set.modelSha256 ? stored.card : undefined
}

function parse(path: string): StoredCard | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StoredCard
  } catch {
    return undefined
  }
}

/** What a report says of the vectors that a run steers with. */
export type CardWord = VerificationCard['result'] | 'not made'

/** The worst of the layers' cards; `not made` where one is missing and none failed. */
export function cardWord(of: Omit<CardOf, 'layer'>, layers: readonly number[]): CardWord {
  const words = layers.map((layer): CardWord => loadCard({ ...of, layer })?.result ?? 'not made')
  return (['fail', 'not made', 'not testable'] as const).find((word) => words.includes(word)) ?? 'pass'
}
