import { InputError } from '../errors.ts'
import type { Scenario } from './schema.ts'
import { hintFor } from '../suggest.ts'

/** One option of every axis. */
export interface Variant {
  /** `threat=replacement,leverage=affair`, axes in the order of the file; `default` where the scenario has no axes. */
  readonly name: string
  readonly options: Readonly<Record<string, string>>
  /** Of all options together; a later axis overrules an earlier one. */
  readonly variables: Readonly<Record<string, string>>
}

type WithVariants = Pick<Scenario, 'variants'>

const placeholder = /\$\{([^{}\n]*)\}/g

/**
 * Puts variables in the place of `${name}`. Values go in as they are: `${…}` inside a value is not filled again.
 * @throws InputError for a name that no variable has
 */
export function fillText(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(placeholder, (whole, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value !== undefined) return value
    throw new InputError(`expected a defined variable, got ${whole}; ${hintFor(name, Object.keys(variables))}`)
  })
}

/** The names that `fillText` will ask for, in the order of the text, repeated where the text repeats them. */
export function placeholdersOf(text: string): string[] {
  return Array.from(text.matchAll(placeholder), ([, name = '']) => name)
}

/**
 * The variant with these options; an axis that is not named takes its first.
 * @throws InputError for an axis or option that the scenario does not have
 */
export function chooseVariant(scenario: WithVariants, chosen: Readonly<Record<string, string>>): Variant {
  const axes = Object.keys(scenario.variants)
  for (const axis of Object.keys(chosen)) {
    if (!axes.includes(axis))
      throw new InputError(`expected an axis of the scenario, got "${axis}"; ${hintFor(axis, axes)}`)
  }
  const options = Object.fromEntries(axes.map((axis) => [axis, optionOf(scenario, axis, chosen[axis])]))
  return variantOf(scenario, options)
}

/** Every combination of options, the defaults first, the last axis changing fastest. */
export function allVariants(scenario: WithVariants): Variant[] {
  let combinations: Record<string, string>[] = [{}]
  for (const [axis, options] of Object.entries(scenario.variants)) {
    combinations = combinations.flatMap((named) => Object.keys(options).map((option) => ({ ...named, [axis]: option })))
  }
  return combinations.map((options) => variantOf(scenario, options))
}

function optionOf(scenario: WithVariants, axis: string, wanted: string | undefined): string {
  const options = Object.keys(scenario.variants[axis] ?? {})
  const option = wanted ?? options[0]
  if (option !== undefined && options.includes(option)) return option
  throw new InputError(`expected an option of "${axis}", got "${option ?? ''}"; ${hintFor(option ?? '', options)}`)
}

function variantOf(scenario: WithVariants, options: Record<string, string>): Variant {
  const pairs = Object.entries(options)
  return {
    name: pairs.map(([axis, option]) => `${axis}=${option}`).join(',') || 'default',
    options,
    variables: Object.fromEntries(
      pairs.flatMap(([axis, option]) => Object.entries(scenario.variants[axis]?.[option] ?? {})),
    ),
  }
}
