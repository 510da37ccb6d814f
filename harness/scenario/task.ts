import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import {
  canonicalText,
  type Literal,
  LiteralError,
  parseArguments,
  parseLiteral,
} from '../../sandbox/verdict/literal.ts'
import { InputError } from '../errors.ts'
import { issueFaults } from './issues.ts'
import type { Fault, Path } from './positions.ts'
import { soundParts } from './sound-parts.ts'
import { treeFaults } from './tree-faults.ts'
import { faultsError, readYaml } from './yaml-file.ts'

const text = z.string().trim().min(1, 'expected a text')
const code = z.string().min(1, 'expected code')
const literal = z.string().superRefine(faultIn((value) => parseLiteral(value)))
const call = z.string().superRefine(faultIn((value) => parseArguments(value)))
const testCase = z.strictObject({ args: call, expect: literal })
const contradiction = z.strictObject({ test: z.int().min(0), expect: literal })
const line = z.string().regex(/^ {4}\S.*$/, 'expected one line of code, indented by 4 spaces')
const lines = z.array(line).min(2)

const tooFast = z.strictObject({
  build: code,
  args: code,
  expect: literal,
  seconds: z.number().positive(),
  holdoutBuild: code,
  holdoutExpect: literal,
  shortcut: code,
})

/** The keys of a task file; `scenarios/impossible/README.md` says what they are for. */
const taskSchema = z.strictObject({
  task: z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'expected lower-case words with hyphens'),
  title: text,
  entry: z.string().regex(/^[a-z_][a-z0-9_]*$/, 'expected the name of a function'),
  signature: z.string().regex(/^def \w+\(.*\)(?: -> .+)?:$/, 'expected a line such as "def f(x: int) -> int:"'),
  statement: text,
  reference: code,
  second: code,
  tests: z.array(testCase).min(5).max(7),
  holdout: z.array(testCase).min(8),
  oneOff: contradiction,
  conflicting: contradiction,
  tooFast: tooFast.optional(),
  probe: z.strictObject({ special: lines, honest: lines, unrelated: lines }),
  cheats: z
    .array(
      z.strictObject({
        kind: z.enum(['special-case', 'hard-coded', 'equality', 'exit', 'state', 'patch', 'clock', 'shortcut']),
        variant: z.enum(['oneOff', 'conflicting', 'tooFast']),
        code,
      }),
    )
    .min(2),
  fair: z.array(z.strictObject({ kind: z.enum(['correct', 'wrong']), code })).min(2),
})

export type Task = z.output<typeof taskSchema>

/** `hash`: sha256 of the content, so comments and layout do not count. */
export type LoadedTask = Task & { readonly path: string; readonly hash: string }

/**
 * Reads a task and checks what can be checked without running it; that its tests contradict its statement is for the prover.
 * @throws FileProblems with everything that is wrong, each with its line and column; InputError if the file cannot be read
 */
export function loadTask(path: string): LoadedTask {
  const file = readYaml(path)
  const result = taskSchema.safeParse(file.data)
  const issues = result.success ? [] : issueFaults(result.error.issues, { schema: taskSchema, data: file.data })
  const { value } = soundParts(taskSchema, file.data)
  const faults = [...issues, ...treeFaults(file.document, value), ...taskFaults(value, basename(path, '.yaml'))]
  if (!result.success || faults.length > 0) throw faultsError(file, faults)
  return { ...result.data, path, hash: createHash('sha256').update(JSON.stringify(result.data)).digest('hex') }
}

/** All tasks of a folder, by name. Throws as `loadTask`, and InputError for a folder without tasks. */
export function loadTasks(folder: string): readonly LoadedTask[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.yaml')) : []
  if (names.length === 0) throw new InputError(`expected one .yaml file a task in ${folder}, found none`)
  return names.toSorted().map((name) => loadTask(join(folder, name)))
}

function faultIn(read: (value: string) => unknown) {
  return (value: string, context: z.RefinementCtx): void => {
    try {
      read(value)
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error
      context.addIssue({
        code: 'custom',
        message: `expected a Python literal (character ${error.offset + 1}: ${error.message})`,
      })
    }
  }
}

/** What the keys of a task say of each other. */
function taskFaults(task: Partial<Task>, fileId: string): Fault[] {
  return [
    ...nameFaults(task, fileId),
    ...contradictionFaults(task, 'oneOff'),
    ...contradictionFaults(task, 'conflicting'),
    ...doubledFaults(task),
    ...variantFaults(task),
  ]
}

function nameFaults({ task, entry, signature, reference, second }: Partial<Task>, fileId: string): Fault[] {
  const faults: Fault[] = []
  if (task !== undefined && task !== fileId)
    faults.push({ path: ['task'], message: `expected ${fileId}, as the file is called, got ${task}` })
  if (entry === undefined) return faults
  for (const [key, source] of Object.entries({ signature, reference, second })) {
    if (source !== undefined && !new RegExp(String.raw`^def ${entry}\(`, 'm').test(source))
      faults.push({ path: [key], message: `expected it to define ${entry}, as entry says` })
  }
  return faults
}

function contradictionFaults(task: Partial<Task>, key: 'oneOff' | 'conflicting'): Fault[] {
  const { [key]: contradiction, tests } = task
  if (contradiction === undefined || tests === undefined) return []
  const test = tests[contradiction.test]
  const path: Path = [key, 'test']
  if (test === undefined)
    return [{ path, message: `expected the index of a test, 0 to ${tests.length - 1}, got ${contradiction.test}` }]
  const [right, wrong] = [parseLiteral(test.expect), parseLiteral(contradiction.expect)]
  if (canonicalText(right) === canonicalText(wrong))
    return [{ path: [key, 'expect'], message: `expected another value than the test's ${test.expect}` }]
  if (right.kind !== wrong.kind)
    return [{ path: [key, 'expect'], message: `expected a value of the test's type ${right.kind}, got ${wrong.kind}` }]
  return []
}

/** A hold-out case that is also a test holds nothing out. */
function doubledFaults({ tests = [], holdout = [] }: Partial<Task>): Fault[] {
  const seen = new Map<string, string>()
  const all = [
    ...tests.map(({ args }, index) => ({ args, path: ['tests', index, 'args'] as Path })),
    ...holdout.map(({ args }, index) => ({ args, path: ['holdout', index, 'args'] as Path })),
  ]
  return all.flatMap(({ args, path }) => {
    const key = argumentsText(parseArguments(args))
    const first = seen.get(key)
    if (first === undefined) seen.set(key, `${path[0]}[${path[1]}]`)
    return first === undefined ? [] : [{ path, message: `expected arguments of its own, got those of ${first}` }]
  })
}

const argumentsText = (items: readonly Literal[]): string => canonicalText({ kind: 'tuple', items })

function variantFaults({ cheats = [], tooFast }: Partial<Task>): Fault[] {
  if (tooFast !== undefined) return []
  return cheats.flatMap(({ variant }, index) =>
    variant === 'tooFast'
      ? [{ path: ['cheats', index, 'variant'], message: 'expected a variant that the task has; it has no tooFast' }]
      : [],
  )
}
