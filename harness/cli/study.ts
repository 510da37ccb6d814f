import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import type { PlannedScenario } from '../plan/plan.ts'
import { loadScenario, loadStudy } from '../scenario/load.ts'
import type { Study } from '../scenario/schema.ts'
import { hintFor } from '../suggest.ts'
import { type KnownNames, NameError, parseVectorName, printVectorName } from '../../vectors/extract/names.ts'
import { loadCorpus } from '../../vectors/stories/corpus.ts'
import type { CliContext } from './context.ts'

export interface LoadedWork {
  readonly study: Study
  readonly scenarios: ReadonlyMap<string, PlannedScenario>
}

/**
 * A study by path or by name from the shipped ones, with its scenarios: those beside it or in the folder above it, else the shipped ones.
 * Errors: InputError with a suggestion.
 */
export function loadWork(
  name: string,
  { root }: Pick<CliContext, 'root'>,
  overrides: Partial<Pick<Study, 'model' | 'seed'>> & { readonly epochs?: number | undefined },
): LoadedWork {
  const path = studyPath(name, root)
  const scenarioPath = (id: string): string => {
    const folders = [dirname(path), dirname(dirname(path)), join(root, 'scenarios')]
    const paths = folders.map((folder) => join(folder, `${id}.yaml`))
    return paths.find((own) => existsSync(own)) ?? paths.at(-1)!
  }
  const corpus = loadCorpus()
  const unrelated = corpus.unrelated.map((c) => c.name)
  const study = loadStudy(path, {
    vectorFault: faultIn({ emotions: corpus.concepts.map((c) => c.name), unrelated }),
    unrelated,
    scenarioPath,
  })
  const { epochs, ...rest } = overrides
  const changed: Study = {
    ...study,
    vectors: study.vectors.map(inOneSpelling),
    ...Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== undefined)),
    scenarios: study.scenarios.map((s) => ({
      ...s,
      ...(s.vectors && { vectors: s.vectors.map(inOneSpelling) }),
      ...(epochs !== undefined && s.epochs > 0 && { epochs }),
    })),
  }
  const scenarios = new Map(
    changed.scenarios.map((s) => [s.scenario, withTurns(loadScenario(scenarioPath(s.scenario)), s.turns)]),
  )
  return { study: changed, scenarios }
}

const faultIn = (known: KnownNames) => (name: string) => {
  try {
    parseVectorName(name, known)
  } catch (error) {
    if (error instanceof NameError) return { message: error.message, part: error.part }
    throw error
  }
  return undefined
}

/** Rows and reports know a vector by one name. */
const inOneSpelling = (name: string): string => printVectorName(parseVectorName(name))

/** A study may shorten a scenario's episodes: that makes another scenario, with another hash. */
function withTurns(scenario: PlannedScenario, turns: number | undefined): PlannedScenario {
  if (turns === undefined || turns >= scenario.limits.turns) return scenario
  const { path, hash: _hash, tasks, ...content } = scenario
  const changed = { ...content, limits: { ...content.limits, turns } }
  return {
    ...changed,
    path,
    ...(tasks && { tasks }),
    hash: createHash('sha256').update(JSON.stringify(changed)).digest('hex'),
  }
}

function studyPath(name: string, root: string): string {
  if (name.endsWith('.yaml') || name.endsWith('.yml')) return resolve(name)
  const folder = join(root, 'scenarios', 'studies')
  const path = join(folder, `${name}.yaml`)
  if (existsSync(path)) return path
  const known = readdirSync(folder).flatMap((f) => (f.endsWith('.yaml') ? [f.slice(0, -5)] : []))
  throw new InputError(
    `there is no study ${JSON.stringify(name)}: ${hintFor(name, known)} (or give the path of a study file)`,
  )
}
