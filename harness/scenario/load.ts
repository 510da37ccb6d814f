import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { z } from 'zod'
import { InputError } from '../errors.ts'
import { issueFaults } from './issues.ts'
import type { Fault } from './positions.ts'
import { scenarioFaults } from './references.ts'
import { scenarioSchema, studySchema, type Scenario, type Study } from './schema.ts'
import { soundParts, type Parts } from './sound-parts.ts'
import { studyFaults, type KnownVectors } from './study-references.ts'
import { loadTasks, type LoadedTask } from './task.ts'
import { treeFaults } from './tree-faults.ts'
import { faultsError, readYaml } from './yaml-file.ts'

/** `hash`: sha256 of the content with its defaults filled in, so comments and layout do not count. */
interface Origin {
  readonly path: string
  readonly hash: string
}

export type LoadedScenario = Scenario &
  Origin & {
    /** Of a workspace, by name. */
    readonly tasks?: readonly LoadedTask[]
  }
export type LoadedStudy = Study & Origin

/**
 * Reads a scenario and checks it whole: YAML, schema, references, variables; the tasks of a workspace with it.
 * @throws FileProblems with everything that is wrong, each with its line and column; InputError if the file cannot be read
 */
export function loadScenario(path: string): LoadedScenario {
  const scenario = load({ path, schema: scenarioSchema, check: (parts) => scenarioFaults(parts, idOf(path)) })
  return scenario.workspace
    ? { ...scenario, tasks: loadTasks(join(dirname(path), scenario.workspace.tasks)) }
    : scenario
}

/**
 * Reads a study and the scenarios it names.
 * @throws FileProblems, InputError as `loadScenario`
 */
export function loadStudy(path: string, options: StudyOptions = {}): LoadedStudy {
  const { scenarioPath = (id) => join(dirname(dirname(path)), `${id}.yaml`), ...known } = options
  const scenarioOf = (id: string): LoadedScenario | string => loaded(scenarioPath(id))
  return load({
    path,
    schema: studySchema,
    check: (parts) => studyFaults(parts, { fileId: idOf(path), scenarioOf, known }),
  })
}

export interface StudyOptions extends KnownVectors {
  /** Where the file of a scenario is. @default in the folder above the study's */
  readonly scenarioPath?: (id: string) => string
}

interface Loading<S extends z.ZodObject> {
  readonly path: string
  readonly schema: S
  readonly check: (parts: Parts<z.output<S>>) => readonly Fault[]
}

function load<S extends z.ZodObject>({ path, schema, check }: Loading<S>): z.output<S> & Origin {
  const file = readYaml(path)
  const result = schema.safeParse(file.data)
  const issues = result.success ? [] : issueFaults(result.error.issues, { schema, data: file.data })
  const parts = soundParts(schema, file.data)
  const faults = [...issues, ...treeFaults(file.document, parts.value), ...check(parts)]
  if (!result.success || faults.length > 0) throw faultsError(file, faults)
  return { ...result.data, path, hash: createHash('sha256').update(JSON.stringify(result.data)).digest('hex') }
}

/** The scenario, or what is wrong with its file. */
function loaded(path: string): LoadedScenario | string {
  try {
    return loadScenario(path)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

function idOf(path: string): string {
  return basename(path, '.yaml')
}
