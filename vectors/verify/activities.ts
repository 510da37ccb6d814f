import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { keyOf, permutation } from '../random.ts'
import { readYaml } from '../yaml-file.ts'
import { shippedItems } from './items.ts'
import { activitiesFile } from './items/schema.ts'

export const KINDS = ['pleasant', 'useful', 'dull', 'unpleasant'] as const
export type ActivityKind = (typeof KINDS)[number]

export interface Activity {
  /** A noun phrase. */
  readonly text: string
  readonly kind: ActivityKind
}

/** The activities that preferences are asked about, kind by kind. Errors: InputError naming file and line. */
export function loadActivities(folder: string = shippedItems()): Activity[] {
  const byKind = readYaml(join(folder, 'activities.yaml'), activitiesFile)
  return KINDS.flatMap((kind) => byKind[kind].map((text) => ({ text, kind })))
}

/** Indices of two activities. */
export type Pair = readonly [number, number]

/**
 * Pairs of `count` things in which each meets `against` others (an even number) and no two meet twice: a circulant graph over a drawn
 * order, connected because neighbours in that order always meet. The same numbers give the same pairs.
 * Errors: InputError for a number that no such design can have.
 */
export function designPairs(count: number, against: number): Pair[] {
  const furthest = Math.ceil(count / 2) - 1
  if (against % 2 !== 0 || against < 2 || against / 2 > furthest)
    throw new InputError(`each of ${count} activities can meet 2, 4, … ${2 * furthest} others, not ${against}`)
  const order = permutation(keyOf('preference order', count), count)
  const further = permutation(keyOf('preference distances', count), furthest - 1).map((i) => i + 2)
  const distances = [1, ...further].slice(0, against / 2)
  return distances.flatMap((distance) => order.map((a, i): Pair => [a, order[(i + distance) % count]!]))
}

/** One half of each kind, and pairs of one of it with one of the other half; each of either half is in `against` pairs. */
export function designHalves(
  activities: readonly Activity[],
  against: number,
): { readonly half: ReadonlySet<number>; readonly pairs: readonly Pair[] } {
  const drawn = permutation(keyOf('preference halves', activities.length), activities.length)
  const [half, rest]: [number[], number[]] = [[], []]
  for (const kind of KINDS) {
    const members = drawn.filter((i) => activities[i]!.kind === kind)
    half.push(...members.slice(0, members.length >> 1))
    rest.push(...members.slice(members.length >> 1))
  }
  // A drawn order of the rest, so that no kind meets one kind only.
  const order = permutation(keyOf('preference opponents', rest.length), rest.length).map((i) => rest[i]!)
  const pairs = half.flatMap((a, i) =>
    Array.from({ length: Math.min(against, order.length) }, (_, k): Pair => [a, order[(i + k) % order.length]!]),
  )
  return { half: new Set(half), pairs }
}
