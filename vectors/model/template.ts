import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { InputError } from '../errors.ts'

/** Renders a compiled chat template with the given variables. Errors: InputError when it refuses, fails or exceeds a bound. */
export type RenderTemplate = (variables: Readonly<Record<string, unknown>>) => string

/** Templates come from strangers' files. Qwen's takes 5,500 steps for 100 messages of 1 kB (a step more for every 256 characters it handles); at this limit a loop has run for some seconds. */
const MAX_STEPS = 200_000
const MAX_LENGTH = 2 << 20
const CHARACTERS_A_STEP = 256
/** Entries of a list that a call or a filter makes; a loop takes a step an entry, since the library makes a scope for each before the first turn. */
const MADE_ENTRIES_A_STEP = 16

/** The longest real template has some 20 kB. */
const MAX_SOURCE = 256 << 10
/** The library's lexer takes a time that grows with the square of a run's length: half a second for a longest source in runs like this. */
const MAX_WHITESPACE = 4096

/** A template that ran into a bound, which took a second or two: nobody should try it again. */
export class RunawayTemplate extends InputError {}

/** Compiles a model's chat template. `now` is the clock of templates that print the date. Errors: InputError with the place of a syntax error. */
export function compileTemplate(source: string, now?: () => Date): RenderTemplate {
  refuseLong(source)
  const program = translated('cannot be read', () =>
    parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })),
  )
  return (variables) => {
    const environment = new Environment()
    for (const [name, value] of Object.entries({ ...globals(now), ...variables })) environment.set(name, value)
    const interpreter = bounded(new Interpreter(environment) as Evaluator)
    const { value } = translated('failed', () => interpreter.run(program))
    if (typeof value !== 'string') throw new InputError('the chat template gave no text')
    return value
  }
}

function refuseLong(source: string): void {
  if (source.length > MAX_SOURCE)
    throw new InputError(
      `the chat template cannot be read: it has ${source.length} characters, more than ${MAX_SOURCE} are not accepted`,
    )
  for (const [run] of source.matchAll(/\s+/g)) {
    if (run.length > MAX_WHITESPACE)
      throw new InputError(
        `the chat template cannot be read: it has ${run.length} spaces or line ends in a row, more than ${MAX_WHITESPACE} are not accepted`,
      )
  }
}

/** The parts of the library's program and interpreter that are used (its type declarations do not resolve under Node's rules). */
interface Statement {
  readonly type: string
  /** Of a loop. */
  readonly iterable?: Statement
  /** Of a loop's iterable with a condition: what is looped over. */
  readonly lhs?: Statement
}
interface Evaluator {
  evaluate(statement: Statement | undefined, environment: unknown): { readonly value: unknown }
  run(program: unknown): { readonly value: unknown }
}

/**
 * Every expression goes through `evaluate`, so this is where endless loops and growing texts are stopped. A loop whose body is empty or ends its
 * turn early has no further step to count, so it is paid in advance, by the size of what it loops over.
 */
function bounded(interpreter: Evaluator): Evaluator {
  const evaluate = interpreter.evaluate.bind(interpreter)
  const loopedOver = new WeakSet<Statement>()
  let steps = 0
  interpreter.evaluate = (statement, environment) => {
    const iterable = statement?.type === 'For' ? statement.iterable : undefined
    if (iterable) loopedOver.add((iterable.type === 'SelectExpression' && iterable.lhs) || iterable)
    const result = evaluate(statement, environment)
    const size = sizeOf(result.value)
    if (size > MAX_LENGTH)
      throw new RunawayTemplate(
        `the chat template made a text or list longer than ${MAX_LENGTH}: stopped; the template or the conversation is broken`,
      )
    const isLoop = statement !== undefined && loopedOver.has(statement)
    steps += 1 + size / (isLoop ? 1 : sizeAStep(statement, result.value))
    if (steps > MAX_STEPS)
      throw new RunawayTemplate(`the chat template took more than ${MAX_STEPS} steps: stopped; it loops over too much`)
    return result
  }
  return interpreter
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return value instanceof Map ? value.size : 0
}

/** Lists that a call or a filter has just made cost more than those that are only named. */
function sizeAStep(statement: Statement | undefined, value: unknown): number {
  const isMade = statement?.type === 'CallExpression' || statement?.type === 'FilterExpression'
  return isMade && typeof value !== 'string' ? MADE_ENTRIES_A_STEP : CHARACTERS_A_STEP
}

function globals(now: (() => Date) | undefined): Record<string, unknown> {
  return {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range,
    raise_exception: (message: unknown) => {
      throw new InputError(`the chat template refuses this conversation: ${String(message)}`)
    },
    strftime_now: (format: unknown) => {
      if (now === undefined)
        throw new InputError(
          'the chat template asks for the date, and none was given: episodes must not depend on the day they run',
        )
      return formatDate(String(format), now())
    },
  }
}

/** Python's `range`, with a limit before anything is allocated. */
function range(...bounds: readonly number[]): number[] {
  const [start, stop, step] = [
    bounds.length > 1 ? (bounds[0] ?? 0) : 0,
    bounds[bounds.length > 1 ? 1 : 0] ?? 0,
    bounds[2] ?? 1,
  ]
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= MAX_STEPS))
    throw new InputError(`the chat template asks for a range of ${length} numbers: more than ${MAX_STEPS} are not made`)
  return Array.from({ length }, (_, i) => start + i * step)
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const two = (value: number): string => String(value).padStart(2, '0')
const month = (date: Date): string => MONTHS[date.getUTCMonth()] ?? ''
const day = (date: Date): string => DAYS[date.getUTCDay()] ?? ''

const DATE_FIELDS: Readonly<Record<string, (date: Date) => string>> = {
  '%': () => '%',
  Y: (date) => String(date.getUTCFullYear()),
  m: (date) => two(date.getUTCMonth() + 1),
  d: (date) => two(date.getUTCDate()),
  H: (date) => two(date.getUTCHours()),
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  B: month,
  b: (date) => month(date).slice(0, 3),
  A: day,
  a: (date) => day(date).slice(0, 3),
}

/** Python's `strftime` for the fields that templates use, in UTC. */
function formatDate(format: string, date: Date): string {
  return format.replaceAll(/%(.)/g, (_, field: string) => {
    const write = DATE_FIELDS[field]
    if (write === undefined)
      throw new InputError(
        `the chat template asks for the date field %${field}: known are ${Object.keys(DATE_FIELDS).join(' ')}`,
      )
    return write(date)
  })
}

function translated<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`the chat template ${what}: ${(cause as Error).message}`, { cause })
  }
}
