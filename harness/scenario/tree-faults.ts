import { isMap, isScalar, isSeq, type Document } from 'yaml'
import { keyName, type Fault, type Path } from './positions.ts'

/**
 * What a schema cannot see, because turning YAML into JavaScript has hidden it: doubled keys, keys that are no text, and
 * numbers whose spelling is lost where a text is meant (`1.50` would be shown to the model as `1.5`).
 */
export function treeFaults(document: Document, parsed: unknown): Fault[] {
  return faultsOf(document.contents, { path: [], parsed })
}

function faultsOf(node: unknown, { path, parsed }: { path: Path; parsed: unknown }): Fault[] {
  if (isScalar(node)) return lostSpelling(node.value, { source: node.source ?? '', path, parsed })
  if (isSeq(node)) {
    return node.items.flatMap((item, index) => faultsOf(item, { path: [...path, index], parsed: child(parsed, index) }))
  }
  if (!isMap(node)) return []
  const seen = new Set<string>()
  return node.items.flatMap(({ key, value }) => {
    const name = keyName(key)
    const inside = { path: [...path, name], parsed: child(parsed, name) }
    const faults = [...keyFaults(key, { path: inside.path, doubled: seen.has(name) }), ...faultsOf(value, inside)]
    seen.add(name)
    return faults
  })
}

function keyFaults(key: unknown, { path, doubled }: { path: Path; doubled: boolean }): Fault[] {
  if (!isScalar(key)) return [{ path, on: 'key', message: 'expected a text as key, got a list or a mapping' }]
  if (keyName(key) === '__proto__') return [{ path, on: 'key', message: 'expected another key, got __proto__' }]
  if (doubled)
    return [{ path, on: 'key', message: 'expected this key once, got it again', hint: 'take one of the two out' }]
  return []
}

function lostSpelling(
  value: unknown,
  { source, path, parsed }: { source: string; path: Path; parsed: unknown },
): Fault[] {
  const isTextNow = typeof value !== 'string' && typeof parsed === 'string'
  if (!isTextNow || parsed === source) return []
  return [
    {
      path,
      message: `expected a text, got ${source}, which would become "${parsed}"`,
      hint: `put it in quotes: "${source}"`,
    },
  ]
}

function child(parsed: unknown, key: string | number): unknown {
  if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, key)) return undefined
  return (parsed as Record<string | number, unknown>)[key]
}
