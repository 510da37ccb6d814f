import { allVariants, fillText, placeholdersOf } from './expand.ts'
import type { Scenario } from './schema.ts'

/** The variables that hold in one variant, on one item or its twin. */
export interface Context {
  readonly variables: Readonly<Record<string, string>>
  /** ` in pressure=boss, item late (twin)`; empty where there is only one context. */
  readonly where: string
}

/** Every variant × item × {guilty, twin}; `set` is a probe's, which overrules all. None where there are too many variants. */
export function contextsOf(
  scenario: Pick<Scenario, 'variants' | 'items'>,
  set: Readonly<Record<string, string>> = {},
): Context[] {
  if (countVariants(scenario.variants) > mostVariants) return []
  const sides = scenario.items.flatMap((item) => [
    { name: `item ${item.id}`, variables: item.set },
    { name: `item ${item.id} (twin)`, variables: { ...item.set, ...item.twin } },
  ])
  const either = sides.length > 0 ? sides : [{ name: '', variables: {} }]
  return allVariants(scenario).flatMap((variant) =>
    either.map(({ name, variables }) => ({
      variables: { ...variant.variables, ...variables, ...set },
      where: whereText([Object.keys(variant.options).length > 0 ? variant.name : '', name]),
    })),
  )
}

/** What some texts become together, each different outcome with its first context; contexts that leave a variable open are passed over. */
export function fillings(texts: readonly string[], contexts: readonly Context[]): { texts: string[]; where: string }[] {
  const names = texts.flatMap(placeholdersOf)
  if (names.length === 0) return [{ texts: [...texts], where: '' }]
  const filled = new Map<string, { texts: string[]; where: string }>()
  for (const { variables, where } of contexts) {
    if (!names.every((name) => Object.hasOwn(variables, name))) continue
    const result = texts.map((text) => fillText(text, variables))
    const key = JSON.stringify(result)
    if (!filled.has(key)) filled.set(key, { texts: result, where })
  }
  return [...filled.values()]
}

/** More combinations of options are a mistake: nobody has the hours to run them. */
export const mostVariants = 1000

/** How many combinations `allVariants` would make, without making them. */
export function countVariants(variants: Scenario['variants']): number {
  return Object.values(variants).reduce((product, options) => product * Object.keys(options).length, 1)
}

function whereText(parts: readonly string[]): string {
  const said = parts.filter((part) => part !== '')
  return said.length > 0 ? ` in ${said.join(', ')}` : ''
}
