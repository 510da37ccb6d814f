import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { InputError } from '../errors.ts'
import { readYaml } from '../yaml-file.ts'
import { laddersFile, manipulationFile, ratingsFile, situationsFile } from './items/schema.ts'

/** Steps of a growing dose and their control, step by step: same frame, same growing words, nothing at stake. */
export interface Ladder {
  readonly id: string
  readonly concept: string
  /** Where the concept's reading should go from the first step to the last. */
  readonly direction: 'up' | 'down'
  readonly steps: readonly string[]
  readonly control: readonly string[]
  /** Asked of the model itself first: the texts it should answer with yes, and with no. */
  readonly gate: { readonly question: string; readonly yes: readonly string[]; readonly no: readonly string[] }
}

/** A ladder whose steps are one text filled with rising numbers. */
interface NumericLadder extends Ladder {
  readonly values: readonly number[]
}

/** A neutral beginning and, for each concept, how that emotion would go on (first character a space). */
interface ManipulationContext {
  readonly id: string
  readonly user: string
  readonly prefix: string
  readonly continuations: Readonly<Record<string, string>>
}

/** Valence and arousal from −1 to 1: the project's own ratings. */
interface Rating {
  readonly valence: number
  readonly arousal: number
}

export interface VerificationItems {
  readonly situations: Readonly<Record<string, readonly string[]>>
  readonly ladders: readonly Ladder[]
  readonly numeric: readonly NumericLadder[]
  readonly manipulation: { readonly concepts: readonly string[]; readonly contexts: readonly ManipulationContext[] }
  readonly ratings: Readonly<Record<string, Rating>>
  /** SHA-256, hex, of the content: comments and layout of the files do not count. */
  readonly hash: string
}

/**
 * Reads the items by which vectors are verified: situations.yaml, ladders.yaml, manipulation.yaml and valence.yaml of `folder`
 * (default: the package's vectors/verify/items). Throws InputError naming file and line.
 */
export function loadItems(folder: string = shippedItems()): VerificationItems {
  const { situations } = readYaml(join(folder, 'situations.yaml'), situationsFile)
  const { ladders, numeric } = readYaml(join(folder, 'ladders.yaml'), laddersFile)
  const manipulation = readYaml(join(folder, 'manipulation.yaml'), manipulationFile)
  const { ratings } = readYaml(join(folder, 'valence.yaml'), ratingsFile)
  const content = {
    situations,
    ladders: ladders.map(fillGate),
    numeric: numeric.map(fillNumbers),
    manipulation,
    ratings,
  }
  return { ...content, hash: createHash('sha256').update(canonicalJson(content)).digest('hex') }
}

type WrittenLadder = z.infer<typeof laddersFile>['ladders'][number]
type WrittenNumeric = z.infer<typeof laddersFile>['numeric'][number]

function fillGate({ gate, ...ladder }: WrittenLadder): Ladder {
  const texts = (numbers: readonly number[]) => ladder.steps.filter((_, index) => numbers.includes(index + 1))
  return { ...ladder, gate: { question: gate.question, yes: texts(gate.yes), no: texts(gate.no) } }
}

function fillNumbers({ template, control, gate, ...ladder }: WrittenNumeric): NumericLadder {
  return {
    ...ladder,
    steps: fill(template, ladder.values),
    control: fill(control, ladder.values),
    gate: { question: gate.question, yes: fill(template, gate.yes), no: fill(template, gate.no) },
  }
}

function fill(text: string, values: readonly number[]): string[] {
  return values.map((value) => text.replace('{x}', String(value)))
}

/** The YAML is not compiled: from dist/ as from the sources, it lies under the folder of package.json. */
export function shippedItems(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'vectors', 'verify', 'items')
    if (folder === dirname(folder)) throw new InputError('no package.json above the program: give the items folder')
  }
}

/** Keys in order, so that the order in which a file names its concepts does not count. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
