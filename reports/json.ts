import type { Findings } from './findings.ts'

/**
 * Findings as indented JSON ending in a newline. Keys are sorted at every level, so that equal findings give equal
 * bytes whatever built them; numbers keep full precision, those that are not finite become null.
 */
export function renderJson(findings: Findings): string {
  return `${JSON.stringify(sorted(findings), null, 2)}\n`
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // fromEntries defines own properties: a key named __proto__ stays data
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
