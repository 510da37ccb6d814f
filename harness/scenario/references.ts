import { fileIdFaults, ids, named, optionFaults, repeatedNames, runChecks, unknownNames, type Check } from './checks.ts'
import { countVariants, mostVariants } from './contexts.ts'
import { mailChecks } from './mail-references.ts'
import { placeholderChecks } from './placeholders.ts'
import type { Fault } from './positions.ts'
import { probeChecks } from './probe-references.ts'
import type { Scenario } from './schema.ts'
import type { Parts } from './sound-parts.ts'

/** What is wrong between the parts of a scenario, each sound by itself. `fileId`: the file name without `.yaml`. */
export function scenarioFaults(parts: Parts<Scenario>, fileId: string): Fault[] {
  const checks: Check<Scenario>[] = [
    { needs: ['scenario'], faults: ({ scenario }) => fileIdFaults(scenario, { key: 'scenario', fileId }) },
    { needs: ['variants'], faults: variantFaults },
    { needs: ['variants', 'twin'], faults: twinFaults },
    { needs: ['items'], faults: itemFaults },
    { needs: ['world', 'mailbox', 'tools'], faults: worldFaults },
    { needs: ['outcomes'], faults: classFaults },
    { needs: ['outcomes', 'world'], faults: scorerFaults },
    { needs: ['outcomes', 'mailbox'], faults: targetFaults },
  ]
  return runChecks([...checks, ...mailChecks, ...probeChecks, ...placeholderChecks], parts)
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

function worldFaults({ world, mailbox, tools }: Scenario): Fault[] {
  const faults: Fault[] = []
  if (world === 'mailbox' && mailbox === undefined) {
    faults.push({ path: ['world'], message: 'expected a "mailbox" for this world, got none' })
  }
  if (world !== 'mailbox' && mailbox !== undefined) {
    faults.push({ path: ['mailbox'], on: 'key', message: `expected "world: mailbox" with it, got "world: ${world}"` })
  }
  if (world !== 'mailbox' && tools.length > 0) {
    faults.push({
      path: ['tools'],
      on: 'key',
      message: `expected tools only with "world: mailbox", got "world: ${world}"`,
    })
  }
  return [...faults, ...repeatedNames(named(tools, ['tools']), 'a tool')]
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
  if (outcomes?.scorer !== 'mail-intent') return []
  const path = ['outcomes', 'scorer']
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
