import type { Fault, Path } from './positions.ts'
import type { Scenario } from './schema.ts'
import type { Parts } from './sound-parts.ts'
import { hintFor } from '../suggest.ts'

/** A rule that ties parts of a file together; it runs only where all the parts it reads are sound. */
export interface Check<T> {
  readonly needs: readonly (keyof T & string)[]
  readonly faults: (whole: T) => readonly Fault[]
}

export function runChecks<T>(checks: readonly Check<T>[], { value, broken }: Parts<T>): Fault[] {
  // Each check reads only what it needs, and that is all there.
  const whole = value as T
  return checks.filter(({ needs }) => !needs.some((key) => broken.has(key))).flatMap(({ faults }) => faults(whole))
}

interface Named {
  readonly name: string
  readonly path: Path
}

/** Faults for the names that are not known; `what` says what they should name. */
export function unknownNames(
  names: readonly Named[],
  { what, known }: { what: string; known: readonly string[] },
): Fault[] {
  const wrong = names.filter(({ name }) => !known.includes(name))
  return wrong.map(({ name, path }) => ({
    path,
    message: `expected ${what}, got "${name}"`,
    hint: hintFor(name, known),
  }))
}

/** Faults for every name that an earlier one has already. */
export function repeatedNames(names: readonly Named[], what: string): Fault[] {
  const seen = new Set<string>()
  const again = names.filter(({ name }) => seen.size === seen.add(name).size)
  return again.map(({ name, path }) => ({ path, message: `expected ${what} to be named once, got "${name}" again` }))
}

/** The entries of a list of names with their paths. */
export function named(names: readonly string[], path: Path): Named[] {
  return names.map((name, index) => ({ name, path: [...path, index] }))
}

/** The ids of a list of things with their paths. */
export function ids(things: readonly { readonly id: string }[], path: Path): Named[] {
  return things.map(({ id }, index) => ({ name: id, path: [...path, index, 'id'] }))
}

/** The id of a file is its name, so that a reference leads to it. */
export function fileIdFaults(id: string, { key, fileId }: { key: string; fileId: string }): Fault[] {
  if (id === fileId) return []
  const hint = `the id is the file name without .yaml: write "${fileId}", or rename the file`
  return [{ path: [key], message: `expected "${fileId}", got "${id}"`, hint }]
}

/** For a place of a file that chooses an option of an axis. */
export function optionFaults(
  variants: Scenario['variants'],
  { axis, option, path }: { axis: string; option: string; path: Fault['path'] },
): Fault[] {
  const options = variants[axis]
  if (options !== undefined)
    return unknownNames([{ name: option, path }], { what: `an option of "${axis}"`, known: Object.keys(options) })
  const faults = unknownNames([{ name: axis, path }], { what: 'an axis of "variants"', known: Object.keys(variants) })
  return faults.map((fault) => ({ ...fault, on: 'key' }))
}
