import { createHash } from 'node:crypto'

/** JSON with sorted keys and no undefined: the same value gives the same text. Errors: TypeError for numbers that JSON cannot hold. */
function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, v]) => `${JSON.stringify(key)}:${canonicalJson(v)}`)
    .join(',')}}`
}

/** Sha256 of the canonical JSON. */
export const keyHash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex')
