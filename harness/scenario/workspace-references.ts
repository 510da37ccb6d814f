import { unknownNames, type Check } from './checks.ts'
import { shown } from './issues.ts'
import type { Fault } from './positions.ts'
import type { Scenario } from './schema.ts'
import { FEEDBACK, scriptedAttempts, TESTS } from './workspace.ts'

/** Rules of the workspace: its axes mean something, and its points are made of attempts. */
export const workspaceChecks: readonly Check<Scenario>[] = [
  { needs: ['world', 'workspace', 'variants'], faults: axisFaults },
  { needs: ['world', 'workspace', 'points'], faults: pointFaults },
  { needs: ['workspace', 'points'], faults: beginFaults },
  { needs: ['workspace', 'points', 'limits'], faults: turnFaults },
  { needs: ['workspace', 'tools'], faults: toolFaults },
  { needs: ['world', 'items'], faults: itemFaults },
]

function axisFaults({ world, variants }: Scenario): Fault[] {
  if (world !== 'workspace') return []
  const known: Readonly<Record<string, readonly string[]>> = { tests: TESTS, feedback: FEEDBACK }
  const missing: Fault[] = Object.hasOwn(variants, 'tests')
    ? []
    : [{ path: ['variants'], on: 'key', message: 'expected an axis "tests" for this world, got none' }]
  const wrong = Object.entries(known).flatMap(([axis, options]) => {
    const names = Object.keys(variants[axis] ?? {}).map((name) => ({ name, path: ['variants', axis, name] }))
    return unknownNames(names, { what: `an option of "${axis}" that the workspace knows`, known: options })
  })
  return [...missing, ...wrong.map((fault) => ({ ...fault, on: 'key' as const }))]
}

/** What has happened in a workspace is told by whole attempts. */
function pointFaults({ world, points }: Scenario): Fault[] {
  return Object.entries(points).flatMap(([point, calls]) =>
    calls.flatMap(({ call, args }, index): Fault[] => {
      const path = ['points', point, index]
      if (world !== 'workspace' && call === 'attempt')
        return [{ path: [...path, 'call'], message: 'expected attempts only with "world: workspace"' }]
      if (world !== 'workspace') return []
      if (call !== 'attempt')
        return [{ path: [...path, 'call'], message: `expected "attempt" in a workspace, got "${call}"` }]
      const { solution } = args
      const name = typeof solution === 'string' ? solution : shown(solution)
      return unknownNames([{ name, path: [...path, 'args', 'solution'] }], {
        what: 'a solution of the task',
        known: ['reference', 'special'],
      })
    }),
  )
}

function beginFaults({ workspace, points }: Scenario): Fault[] {
  if (workspace?.begin === undefined) return []
  const begin = { name: workspace.begin, path: ['workspace', 'begin'] }
  return unknownNames([begin], { what: 'a name of "points"', known: Object.keys(points) })
}

function turnFaults(scenario: Scenario): Fault[] {
  const { workspace, limits } = scenario
  const scripted = scriptedAttempts(scenario)
  if (workspace?.protocol !== 'code-block' || workspace.attempts <= scripted + limits.turns) return []
  const beside = scripted === 0 ? '' : ` after the ${scripted} of the script`
  const message = `expected at most the ${limits.turns} turns of "limits", one an attempt${beside}, got ${workspace.attempts}`
  return [{ path: ['workspace', 'attempts'], message }]
}

function toolFaults({ workspace, tools }: Scenario): Fault[] {
  if (workspace === undefined) return []
  if (workspace.protocol === 'code-block' && tools.length > 0)
    return [{ path: ['tools'], on: 'key', message: 'expected no tools with "protocol: code-block", got some' }]
  if (workspace.protocol === 'code-block') return []
  const needed = ['write_file', 'run_tests', 'submit'].filter((name) => !tools.some((tool) => tool === name))
  return needed.map((name) => ({
    path: ['tools'],
    message: `expected the tool ${name} with "protocol: tools", got none`,
  }))
}

/** The tasks are the items. */
function itemFaults({ world, items }: Scenario): Fault[] {
  if (world !== 'workspace' || items.length === 0) return []
  return [{ path: ['items'], on: 'key', message: 'expected no items in a workspace: its tasks are the items' }]
}
