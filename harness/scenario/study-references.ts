import { fileIdFaults, named, optionFaults, repeatedNames, runChecks, unknownNames, type Check } from './checks.ts'
import type { Fault, Path } from './positions.ts'
import type { Scenario, Study } from './schema.ts'
import type { Parts } from './sound-parts.ts'

/** Names of vectors that can be built; left out = not checked. */
export interface KnownVectors {
  readonly vectors?: readonly string[]
  /** What is wrong with a vector's name and which part of it is; stands in for `vectors` where names have a grammar. */
  readonly vectorFault?: (name: string) => { readonly message: string; readonly part: string } | undefined
  /** For `controls.unrelated`. */
  readonly unrelated?: readonly string[]
}

type ScenarioWithTasks = Scenario & { readonly tasks?: readonly unknown[] }

interface Facts {
  /** The file name without `.yaml`. */
  readonly fileId: string
  /** The scenario of this id, or why there is none. */
  readonly scenarioOf: (id: string) => ScenarioWithTasks | string
  readonly known: KnownVectors
}

/** What is wrong between the parts of a study, and between it and its scenarios. */
export function studyFaults(parts: Parts<Study>, { fileId, scenarioOf, known }: Facts): Fault[] {
  const checks: Check<Study>[] = [
    { needs: ['study'], faults: ({ study }) => fileIdFaults(study, { key: 'study', fileId }) },
    {
      needs: ['vectors'],
      faults: ({ vectors }) => [
        ...vectorFaults(vectors, ['vectors'], known.vectors),
        ...nameFaults(vectors, ['vectors'], known.vectorFault),
      ],
    },
    {
      needs: ['controls'],
      faults: ({ controls }) => vectorFaults(controls.unrelated, ['controls', 'unrelated'], known.unrelated),
    },
    { needs: ['strengths'], faults: ({ strengths }) => strengthFaults(strengths, ['strengths']) },
    {
      needs: ['scenarios'],
      faults: ({ scenarios }) => scenarios.flatMap((entry, index) => entryFaults(entry, { index, scenarioOf })),
    },
    { needs: ['scenarios'], faults: turnsFaults },
    { needs: ['scenarios', 'vectors'], faults: episodeVectorFaults },
  ]
  return runChecks(checks, parts)
}

function vectorFaults(vectors: readonly string[], path: Path, known: readonly string[] | undefined): Fault[] {
  const names = named(vectors, path)
  const unknown = known === undefined ? [] : unknownNames(names, { what: 'a vector that can be built', known })
  return [...unknown, ...repeatedNames(names, 'a vector')]
}

function nameFaults(vectors: readonly string[], path: Path, faultOf: KnownVectors['vectorFault']): Fault[] {
  return named(vectors, path).flatMap(({ name, path: at }) => {
    const fault = faultOf?.(name)
    return fault ? [{ path: at, ...fault }] : []
  })
}

function strengthFaults(strengths: readonly number[], path: Path): Fault[] {
  return repeatedNames(named(strengths.map(String), path), 'a strength')
}

type Entry = Study['scenarios'][number]

function entryFaults(entry: Entry, { index, scenarioOf }: { index: number; scenarioOf: Facts['scenarioOf'] }): Fault[] {
  const path = ['scenarios', index]
  const alone = [
    ...repeatedNames(named(entry.probes, [...path, 'probes']), 'a probe'),
    ...strengthFaults(entry.strengths ?? [], [...path, 'strengths']),
    ...idleFaults(entry, path),
  ]
  const scenario = scenarioOf(entry.scenario)
  if (typeof scenario === 'string') {
    return [
      {
        path: [...path, 'scenario'],
        message: `expected a sound scenario, got an error for "${entry.scenario}":`,
        hint: scenario,
      },
      ...alone,
    ]
  }
  return [...alone, ...scenarioFaults(entry, scenario, path)]
}

function idleFaults({ probes, epochs }: Entry, path: Path): Fault[] {
  if (probes.length > 0 || epochs > 0) return []
  return [
    {
      path: [...path, 'scenario'],
      on: 'key',
      message: 'expected "probes" or "epochs" above 0, got neither: nothing would run',
    },
  ]
}

function scenarioFaults(entry: Entry, scenario: ScenarioWithTasks, path: Path): Fault[] {
  const probes = scenario.probes.map(({ id }) => id)
  const variants = entry.variants.flatMap((chosen, index) =>
    Object.entries(chosen).flatMap(([axis, option]) =>
      optionFaults(scenario.variants, { axis, option, path: [...path, 'variants', index, axis] }),
    ),
  )
  return [
    ...unknownNames(named(entry.probes, [...path, 'probes']), {
      what: `a probe of ${scenario.scenario}`,
      known: probes,
    }),
    ...variants,
    ...countFaults(entry, scenario, path),
  ]
}

function countFaults({ items }: Entry, scenario: ScenarioWithTasks, path: Path): Fault[] {
  const what = scenario.tasks ? 'tasks' : 'items'
  const most = (scenario.tasks ?? scenario.items).length
  if (items === undefined || items <= most) return []
  return [
    { path: [...path, 'items'], message: `expected at most the ${most} ${what} of ${scenario.scenario}, got ${items}` },
  ]
}

/** Another number of turns makes another scenario, and a study knows a scenario by its id: one id, one number. */
function turnsFaults({ scenarios }: Pick<Study, 'scenarios'>): Fault[] {
  return scenarios.flatMap(({ scenario, turns }, index) => {
    const first = scenarios.find((other) => other.scenario === scenario)!
    if (first.turns === turns) return []
    const message = `expected the turns of the earlier entry of ${scenario} (${first.turns ?? 'none given'}), got ${turns ?? 'none'}`
    return [{ path: ['scenarios', index, ...(turns === undefined ? ['scenario'] : ['turns'])], message }]
  })
}

/** Episodes are read beside the study's manipulation check, which is made for its vectors only. */
function episodeVectorFaults({ scenarios, vectors: known }: Study): Fault[] {
  return scenarios.flatMap(({ vectors = [] }, index) => {
    const names = named(vectors, ['scenarios', index, 'vectors'])
    return [...unknownNames(names, { what: 'a vector of the study', known }), ...repeatedNames(names, 'a vector')]
  })
}
