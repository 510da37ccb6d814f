import type { Check } from './checks.ts'
import { placeholdersOf } from './expand.ts'
import type { Fault, Path } from './positions.ts'
import type { Scenario } from './schema.ts'
import { textSources, variablesOf, type PlacedText } from './texts.ts'
import { closest, list } from '../suggest.ts'
import { TASK_VARIABLES } from './workspace.ts'

/** Every `${name}` must have a value in every variant, item and probe in which its text is used. */
export const placeholderChecks: readonly Check<Scenario>[] = [
  ...textSources.map(({ needs, texts }) => ({
    needs: [...needs, 'variants', 'items', 'probes'] as const,
    faults: (scenario: Scenario) => texts(scenario).flatMap((text) => textFaults(text, scenario)),
  })),
  { needs: ['variants', 'items', 'probes'], faults: nestedFaults },
]

function textFaults({ text, path, when, probes }: PlacedText, scenario: Scenario): Fault[] {
  const known = [
    ...variablesOf(scenario).map(({ name }) => name),
    ...(scenario.world === 'workspace' ? TASK_VARIABLES : []),
  ]
  const names = [...new Set(placeholdersOf(text))]
  const open = names.flatMap((name): Fault[] => {
    const where = undefinedIn(name, { scenario, when, probes })
    if (where === undefined) return []
    const near = known.includes(name) ? undefined : closest(name, known)
    const hint = near === undefined ? `known: ${list([...new Set(known)], 12) || 'none'}` : `did you mean "${near}"?`
    return [{ path, part: `\${${name}}`, message: `expected a defined variable, got \${${name}}${where}`, hint }]
  })
  return [...open, ...unclosedFaults(text, path)]
}

function unclosedFaults(text: string, path: Path): Fault[] {
  const [part] = /\$\{(?![^{}\n]*\})[^{}\n]*/.exec(text) ?? []
  if (part === undefined) return []
  return [{ path, part, message: `expected "}" after "\${" and a name, got ${JSON.stringify(part.slice(0, 40))}` }]
}

interface Use {
  readonly scenario: Scenario
  readonly when: PlacedText['when']
  readonly probes: PlacedText['probes']
}

/**
 * Where a name has no value, as the end of a message; undefined where it always has one. It has none if some option of every
 * axis, some item and some probe leave it out together, so no combination need be built.
 */
function undefinedIn(name: string, { scenario, when, probes }: Use): string | undefined {
  if (!isUsable(when, scenario.variants)) return undefined
  if (scenario.world === 'workspace' && TASK_VARIABLES.some((known) => known === name)) return undefined
  const lists: Source[][] = Object.entries(scenario.variants).map(([axis, options]) =>
    Object.entries(options)
      .filter(([option]) => allows(when, axis, option))
      .map(([option, variables]) => ({ label: `${axis}=${option}`, defines: Object.hasOwn(variables, name) })),
  )
  lists.push(scenario.items.map(({ id, set }) => ({ label: `item ${id}`, defines: Object.hasOwn(set, name) })))
  lists.push(probes.map(({ id, set = {} }) => ({ label: `probe ${id}`, defines: Object.hasOwn(set, name) })))
  const gaps = lists.map((sources) => sources.find(({ defines }) => !defines))
  if (lists.some((sources, index) => sources.length > 0 && gaps[index] === undefined)) return undefined
  const telling = lists.flatMap((sources, index) =>
    sources.some(({ defines }) => defines) ? [gaps[index]?.label ?? ''] : [],
  )
  return telling.length > 0 ? `, which has no value in ${telling.join(', ')}` : ''
}

interface Source {
  readonly label: string
  readonly defines: boolean
}

/** A `when` that names no axis or option of the scenario is told elsewhere; nothing can be said of its text. */
function isUsable(when: PlacedText['when'], variants: Scenario['variants']): boolean {
  return Object.keys(when ?? {}).every((axis) =>
    Object.keys(variants[axis] ?? {}).some((option) => allows(when, axis, option)),
  )
}

function allows(when: PlacedText['when'], axis: string, option: string): boolean {
  const wanted = when?.[axis]
  return wanted === undefined || (Array.isArray(wanted) ? wanted.includes(option) : wanted === option)
}

/** Values go in as they are, so the name of a variable inside one would reach the model unfilled. */
function nestedFaults(scenario: Scenario): Fault[] {
  const variables = variablesOf(scenario)
  const known = new Set(variables.map(({ name }) => name))
  return variables.flatMap(({ value, path }) =>
    placeholdersOf(value)
      .filter((name) => known.has(name))
      .map((name) => ({
        path,
        part: `\${${name}}`,
        message: `expected a value that is ready, got \${${name}} inside it, which is not filled`,
        hint: 'variables are filled once, in texts; write the words out here, or use both variables in the text',
      })),
  )
}
