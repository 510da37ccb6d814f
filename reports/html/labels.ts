interface Label {
  readonly text: string
  readonly at: number
}

/**
 * Moves labels apart until each is at least `gap` from the next, keeping their order and the middle of every pile.
 * Units are those of `at`; the result is sorted from low to high.
 */
export function spreadLabels<T extends Label>(
  labels: readonly T[],
  gap: number,
): readonly (T & { readonly shown: number })[] {
  const sorted = labels.toSorted((a, b) => a.at - b.at)
  const piles: { members: T[]; middle: number }[] = []
  for (const label of sorted) {
    piles.push({ members: [label], middle: label.at })
    mergeLast(piles, gap)
  }
  return piles.flatMap(({ members, middle }) =>
    members.map((label, index) => ({ ...label, shown: middle + (index - (members.length - 1) / 2) * gap })),
  )
}

/** Joins the last two piles while they overlap. */
function mergeLast(piles: { members: Label[]; middle: number }[], gap: number): void {
  for (;;) {
    const last = piles.at(-1)
    const before = piles.at(-2)
    if (last === undefined || before === undefined) return
    const reach = ((last.members.length + before.members.length) / 2) * gap
    if (last.middle - before.middle >= reach) return
    const members = [...before.members, ...last.members]
    const middle = members.reduce((sum, { at }) => sum + at, 0) / members.length
    piles.splice(-2, 2, { members, middle })
  }
}
