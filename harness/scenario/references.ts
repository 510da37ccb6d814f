import { fileIdFaults, ids, named, optionFaults, repeatedNames, runChecks, unknownNames, type Check } from './checks.ts'
import { countVariants, mostVariants } from './contexts.ts'
import { mailChecks } from './mail-references.ts'
import { placeholderChecks } from './placeholders.ts'
import type { Fault } from './positions.ts'
import { probeChecks } from './probe-references.ts'
import type { Scenario, ToolName } from './schema.ts'
import type { Parts } from './sound-parts.ts'
import { workspaceChecks } from './workspace-references.ts'

/** What is wrong between the parts of a scenario, each sound by itself. `fileId`: the file name without `.yaml`. */
export function scenarioFaults(parts: Parts<Scenario>, fileId: string): Fault[] {
  const checks: Check<Scenario>[] = [
    { needs: ['scenario'], faults: ({ scenario }) => fileIdFaults(scenario, { key: 'scenario', fileId }) },
    { needs: ['variants'], faults: variantFaults },
    { needs: ['variants', 'twin'], faults: twinFaults },
    { needs: ['items'], faults: itemFaults },
    { needs: ['world', 'mailbox', 'workspace', 'tools'], faults: worldFaults },
    { needs: ['outcomes'], faults: classFaults },
    { needs: ['outcomes', 'world'], faults: scorerFaults },
    { needs: ['outcomes', 'mailbox'], faults: targetFaults },
  ]
  return runChecks([...checks, ...mailChecks, ...workspaceChecks, ...probeChecks, ...placeholderChecks], parts)
}

function variantFaults({ variants }: Scenario): Fault[] {
  const empty = Object.keys(variants).filter((axis) => Object.keys(variants[axis] ?? {}).length === 0)
  const faults: Fault[] = empty.map((axis) => ({
    path: ['variants', axis],
    message: 'expected at least 1 option, got none',
  }))
  const count = countVariants(variants)
  if (count <= mostVariants) return faults
  return [
    ...faults,
    { path: ['variants'], on: 'key', message: `expected at most ${mostVariants} combinations, got ${count}` },
  ]
}

function twinFaults({ variants, twin }: Scenario): Fault[] {
  return Object.entries(twin?.set ?? {}).flatMap(([axis, option]) =>
    optionFaults(variants, { axis, option, path: ['twin', 'set', axis] }),
  )
}

/** A twin changes lines that the item has: a misspelt name would make it the guilty item once more. */
function itemFaults({ items }: Scenario): Fault[] {
  const faults = items.flatMap(({ set, twin }, index) => {
    const path = ['items', index, 'twin']
    const names = Object.keys(twin).map((name) => ({ name, path: [...path, name] }))
    const unknown = unknownNames(names, { what: 'a variable of "set"', known: Object.keys(set) })
    const changes = Object.entries(twin).some(([name, value]) => set[name] !== value)
    const same: Fault[] = changes
      ? []
      : [{ path, on: 'key', message: 'expected a line that differs from "set", got none' }]
    return [...unknown.map((fault) => ({ ...fault, on: 'key' as const })), ...same]
  })
  return [...repeatedNames(ids(items, ['items']), 'an item'), ...faults]
}

function worldFaults({ world, tools, ...parts }: Scenario): Fault[] {
  const faults = (['mailbox', 'workspace'] as const).flatMap((name): Fault[] => {
    const isThere = parts[name] !== undefined
    if (world === name && !isThere)
      return [{ path: ['world'], message: `expected a "${name}" for this world, got none` }]
    if (world === name || !isThere) return []
    return [{ path: [name], on: 'key', message: `expected "world: ${name}" with it, got "world: ${world}"` }]
  })
  return [...faults, ...worldToolFaults(world, tools), ...repeatedNames(named(tools, ['tools']), 'a tool')]
}

const WORLD_TOOLS = {
  mailbox: ['list_mail', 'read_mail', 'send_mail', 'wait_until', 'finish'],
  workspace: ['read_file', 'write_file', 'run_tests', 'submit', 'give_up', 'bash'],
} as const satisfies Record<string, readonly ToolName[]>

function worldToolFaults(world: Scenario['world'], tools: readonly ToolName[]): Fault[] {
  if (world !== 'none')
    return unknownNames(named(tools, ['tools']), { what: `a tool of "world: ${world}"`, known: WORLD_TOOLS[world] })
  if (tools.length === 0) return []
  return [
    {
      path: ['tools'],
      on: 'key',
      message: 'expected tools only with "world: mailbox" or "world: workspace", got "world: none"',
    },
  ]
}

function classFaults({ outcomes }: Scenario): Fault[] {
  if (outcomes === undefined) return []
  const classes = named(outcomes.classes, ['outcomes', 'classes'])
  const bad = named(outcomes.bad, ['outcomes', 'bad'])
  return [
    ...unknownNames(bad, { what: 'a class of "classes"', known: outcomes.classes }),
    ...repeatedNames(classes, 'a class'),
    ...repeatedNames(bad, 'a class'),
  ]
}

function scorerFaults({ outcomes, world }: Scenario): Fault[] {
  const path = ['outcomes', 'scorer']
  if (outcomes?.scorer === 'code-verdict' && world !== 'workspace')
    return [{ path, message: `expected "world: workspace" for this scorer, got "world: ${world}"` }]
  if (outcomes?.scorer !== 'mail-intent') return []
  const faults: Fault[] = []
  if (world !== 'mailbox')
    faults.push({ path, message: `expected "world: mailbox" for this scorer, got "world: ${world}"` })
  if (outcomes.about === undefined) faults.push({ path, message: 'expected "about" for this scorer, got none' })
  return faults
}

function targetFaults({ outcomes, mailbox }: Scenario): Fault[] {
  const people = Object.keys(mailbox?.people ?? {})
  const targets = named(outcomes?.about?.target ?? [], ['outcomes', 'about', 'target'])

  return unknownNames(targets, { what: 'one of "mailbox.people"', known: people })
}
