/** How the model's own stories came out. */
export interface WrittenStories {
  readonly written: number
  /** Those that name their concept; they are left out. */
  readonly leaked: number
  /** Those that end before the mean begins; they are left out. */
  readonly tooShort: number
  /** Concepts of which too few stories were left; the set has no vector of them. */
  readonly withoutVector: readonly string[]
}

/** What a set made from the model's own stories is worth before anything else is asked. */
export interface StoriesVerdict extends WrittenStories {
  readonly valid: boolean
  readonly leakRate: number
  /** Mean over the emotions at `layer`: vectors from half of the topics against those from the other half. */
  readonly splitHalf: number
  readonly layer: number
}

/** Below this the vectors are mostly noise: hand-written passages give .35 to .47 from as few as two a half, a small model's stories .09 to .20. */
const LEAST_SPLIT_HALF = 0.3

/** Reliability decides; the leak rate is told. `splitHalves`: one an emotion. */
export function judgeStories(
  stories: WrittenStories,
  { layer, splitHalves }: { readonly layer: number; readonly splitHalves: readonly number[] },
): StoriesVerdict {
  const splitHalf = splitHalves.reduce((sum, v) => sum + v, 0) / splitHalves.length
  const leakRate = stories.leaked / Math.max(1, stories.written)
  return { ...stories, valid: splitHalf >= LEAST_SPLIT_HALF, leakRate, splitHalf, layer }
}

/** One line for whoever is about to use the set; undefined when there is nothing to warn of. */
export function storiesWarning(stories: StoriesVerdict | undefined): string | undefined {
  if (stories === undefined || stories.valid) return undefined
  return `these vectors are not valid: split-half ${stories.splitHalf.toFixed(2)} at layer ${stories.layer}, at least ${LEAST_SPLIT_HALF} is needed; the model's own stories do not tell its concepts apart`
}
