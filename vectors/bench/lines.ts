import type { Line } from './bench.ts'
import { median, pairedRatios, spread } from './statistics.ts'

/** A line of two sides measured in rounds: medians, and the spread of the ratio of each round. */
export function pairedLine(
  line: Omit<Line, 'ours' | 'other' | 'ratio'>,
  ours: readonly number[],
  other: { readonly what: string; readonly figures: readonly number[] | undefined },
): Line {
  if (other.figures === undefined) return { ...line, ours: median(ours) }
  return {
    ...line,
    ours: median(ours),
    other: { what: other.what, value: median(other.figures) },
    ratio: spread(pairedRatios(ours, other.figures)),
  }
}
