import { parseDocument, visit, type Document } from 'yaml'
import { FileProblems, showProblem, type Problem } from './frame.ts'
import { spanOf, type Fault, type Span } from './positions.ts'
import { readText } from './read-text.ts'

/** A YAML file that could be read; whether it says the right things is for others. */
export interface YamlFile {
  readonly path: string
  readonly text: string
  readonly document: Document
  readonly data: unknown
}

/** How many nodes aliases may stand for together: more is a "billion laughs", not a scenario. */
const mostAliases = 200

/**
 * Reads one YAML 1.2 document in UTF-8. Doubled keys are left to `duplicateFaults`, so that they are told with the rest.
 * @throws FileProblems for text that is not YAML, InputError for a file that cannot be read
 */
export function readYaml(path: string): YamlFile {
  const text = readText(path)
  // Checked by `duplicateFaults`: the library compares values, so 1 and "1" would pass and overwrite each other.
  const document = parseDocument(text, {
    prettyErrors: false,
    version: '1.2',
    uniqueKeys: false,
    logLevel: 'error',
  })
  const file = { path, text, document, data: undefined }
  const broken = syntaxProblems(file)
  if (broken.length > 0) throw problemsError(file, broken)
  try {
    return { ...file, data: document.toJS({ maxAliasCount: mostAliases }) }
  } catch (error) {
    if (error instanceof ReferenceError) throw problemsError(file, [aliasProblem(file, error)])
    throw error
  }
}

/** What is thrown for the faults of a file, in the order of its lines. */
export function faultsError(file: YamlFile, faults: readonly Fault[]): FileProblems {
  const placed = faults.map((fault) => ({
    span: spanOf({ document: file.document, text: file.text, fault }),
    message: `${pathText(fault)}${fault.message}`,
    ...(fault.hint !== undefined && { hint: fault.hint }),
  }))
  return problemsError(file, placed)
}

interface Placed {
  readonly span: Span
  readonly message: string
  readonly hint?: string
}

function problemsError(file: YamlFile, placed: readonly Placed[]): FileProblems {
  const shown = placed
    .toSorted((a, b) => a.span.start - b.span.start)
    .map(({ span, message, hint }) => {
      const { line, column } = placeOf(span.start, file.text)
      const problem: Problem = { file: file.path, line, column, message, ...(hint !== undefined && { hint }) }
      return { problem, frame: showProblem({ problem, text: file.text, length: span.end - span.start }) }
    })
  const problems = shown.map(({ problem }) => problem)
  return new FileProblems(
    problems,
    shown.map(({ frame }) => frame),
  )
}

/** Counted here: the library's own counter misses lines of some broken texts. */
function placeOf(offset: number, text: string): { line: number; column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** Only the first three: after a broken line the rest mostly follows from it. */
function syntaxProblems({ document }: YamlFile): Placed[] {
  const notes: Placed[] = [...document.errors, ...document.warnings].slice(0, 3).map(({ code, message, pos }) => ({
    span: { start: pos[0], end: pos[1] },
    message: `expected YAML, got an error: ${message}`,
    ...hintForCode(code),
  }))
  const { yaml } = document.directives ?? {}
  if (yaml?.explicit && yaml.version !== '1.2') {
    notes.push({ span: { start: 0, end: 9 }, message: `expected YAML 1.2, got a %YAML ${yaml.version} directive` })
  }
  visit(document, {
    Alias(_key, alias, ancestors) {
      const target = alias.resolve(document)
      if (target === undefined || !(ancestors as readonly unknown[]).includes(target)) return
      const [start, end] = alias.range ?? [0, 1]
      notes.push({
        span: { start, end },
        message: `expected an alias of something else, got *${alias.source} inside its own anchor`,
      })
    },
  })
  return notes
}

function hintForCode(code: string): { hint?: string } {
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { hint: 'a text with ": " in it needs quotes, or the indentation is off' }
    case 'BAD_SCALAR_START':
      return { hint: 'put the text in quotes' }
    case 'TAB_AS_INDENT':
      return { hint: 'indent with spaces' }
    case 'MULTIPLE_DOCS':
      return { hint: 'one document a file: take out the line "---"' }
    default:
      return {}
  }
}

function aliasProblem({ document }: YamlFile, error: ReferenceError): Placed {
  let span: Span = { start: 0, end: 1 }
  visit(document, {
    Alias(_key, alias) {
      const unresolved = alias.resolve(document) === undefined
      if (alias.range) span = { start: alias.range[0], end: alias.range[1] }
      return unresolved ? visit.BREAK : undefined
    },
  })
  if (/unresolved/i.test(error.message))
    return { span, message: 'expected an alias of an anchor above it, got none of this name' }
  return { span, message: `expected aliases that stand for at most ${mostAliases} nodes, got more` }
}

/** `probes[1].answers.bad[0]: `, empty for the file as a whole. */
function pathText({ path }: Fault): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
  return steps.length === 0 ? '' : `${steps.join('').replace(/^\./, '')}: `
}
