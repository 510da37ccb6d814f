import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { execa } from 'execa'
import { InfraError, InputError } from '../errors.ts'
import { readArchitecture } from '../model/architecture.ts'
import { openGguf } from '../model/gguf.ts'
import { duressHome } from '../model/home.ts'
import { pullModel } from '../model/pull.ts'
import { readReference } from '../model/reference.ts'
import { resolveModel } from '../model/registry.ts'
import type { Bench, Benchmark, Line } from './bench.ts'
import { decode } from './decode.ts'
import { fidelity } from './fidelity.ts'
import { kv } from './kv.ts'
import { type Llama, openLlama } from './llama.ts'
import { childProbe, load, probe } from './load.ts'
import { machineFacts } from './machine.ts'
import { lineText, type Measured, replaceSection, sectionOf } from './markdown.ts'
import { steering, trace } from './overhead.ts'
import { prefill } from './prefill.ts'
import { readPrompt } from './prompt.ts'
import { strengths } from './strengths.ts'
import { sweep } from './sweep.ts'

/** `npm run bench`: the program's own edge, where clock, environment and process are read. Exit codes as those of duress: 2 input, 3 machine. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = join(ROOT, 'docs', 'benchmarks.md')
const HERE = fileURLToPath(import.meta.url)
const SHORT: Readonly<Record<string, string>> = {
  '135m': 'smollm2-135m',
  '0.5b': 'qwen2.5-coder-0.5b',
  '1.5b': 'qwen2.5-coder-1.5b',
}

const home = duressHome(process.env)
const folder = join(home.root, 'bench')
const now = () => performance.now()
const say = (text: string) => void process.stderr.write(`${text}\n`)

const benchmarks: Readonly<Record<string, Benchmark>> = {
  fidelity,
  load: (bench) => load(bench, childProbe([HERE, 'probe', bench.model.id, String(bench.threads)]), folder),
  prefill,
  decode,
  kv,
  steering,
  trace,
  strengths,
  sweep,
}

const count = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('expected a whole number from 1 up.')
  return n
}

interface Flags {
  readonly model: string
  readonly threads: number
  readonly rounds: number
  readonly only?: string
  readonly json?: string
  readonly write?: true
}

async function openBench(
  id: string,
  { threads, rounds }: Pick<Flags, 'threads' | 'rounds'>,
): Promise<Omit<Bench, 'llama'>> {
  const file = await pullModel(resolveModel(id), { home, env: process.env })
  using gguf = openGguf(file.path)
  const { layers, width } = readArchitecture(gguf)
  return {
    model: { id, path: file.path, sha256: file.sha256, layers, width },
    prompt: readPrompt(file.path),
    reference: readReference(join(ROOT, 'vectors', 'model', 'reference'), id),
    threads,
    rounds,
    graphs: home.graphs,
    now,
  }
}

async function llamaOrNone(): Promise<Llama | undefined> {
  try {
    return await openLlama(folder, process.env, say)
  } catch (error) {
    if (!(error instanceof InfraError)) throw error
    say(`${error.message}\nwithout llama.cpp: our side only`)
    return undefined
  }
}

async function run(flags: Flags): Promise<void> {
  const names = flags.only?.split(',') ?? Object.keys(benchmarks)
  const unknown = names.find((name) => !(name in benchmarks))
  if (unknown !== undefined)
    throw new InputError(`no benchmark "${unknown}"; there are ${Object.keys(benchmarks).join(', ')}`)
  if (flags.write && flags.only !== undefined)
    throw new InputError('--write replaces the whole table of a model: leave out --only, or use --json')
  const id = SHORT[flags.model] ?? flags.model
  const parts = await openBench(id, flags)
  await using llama = await llamaOrNone()
  const bench: Bench = { ...parts, llama }
  const machine = machineFacts({ now, llama: llama?.version })
  const lines: Line[] = []
  for (const name of names) {
    const start = now()
    const found = await benchmarks[name]!(bench)
    for (const line of found) process.stdout.write(`${lineText(line)}\n`)
    say(`  (${name}: ${((now() - start) / 1000).toFixed(0)} s)`)
    lines.push(...found)
  }
  const { threads, rounds } = flags
  const some = flags.only === undefined ? '' : ` --only ${flags.only}`
  const command = `npm run bench -- --model ${id} --threads ${threads} --rounds ${rounds}${some}`
  const date = new Date().toISOString().slice(0, 10)
  const measured = { model: id, date, command, code: await codeVersion(), threads, rounds, machine, lines }
  publish(measured, flags)
}

function publish(measured: Measured, flags: Flags): void {
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(measured, null, 1)}\n`)
  if (!flags.write) return
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Benchmarks\n'
  writeFileSync(PAGE, replaceSection(page, measured.model, sectionOf(measured)))
}

async function codeVersion(): Promise<string> {
  const git = (...args: string[]) => execa('git', args, { cwd: ROOT, reject: false })
  const { failed, stdout } = await git('rev-parse', '--short', 'HEAD')
  if (failed) return 'code of unknown commit'
  const changed = (await git('status', '--porcelain', '--', 'vectors')).stdout !== ''
  return `commit ${stdout}${changed ? ' with changes' : ''}`
}

/** Prints one JSON line; see `load.ts`. */
async function runProbe(id: string, threads: number, side: string, graphs: string): Promise<void> {
  const parts = await openBench(id, { threads, rounds: 1 })
  await using llama = side === 'llama' ? await openLlama(folder, process.env, say) : undefined
  const facts = await probe({ ...parts, graphs, llama }, side === 'llama' ? 'llama' : 'ours')
  process.stdout.write(`${JSON.stringify(facts)}\n`)
}

const program = new Command('bench')
  .description('Measures the engine against llama.cpp on the same file and threads, in turns.')
  .option('--model <id>', '135m, 0.5b, 1.5b or a registry id', 'smollm2-135m')
  .option('--threads <n>', 'threads on both sides', count, Math.min(8, availableParallelism()))
  .option('--rounds <n>', 'rounds of every benchmark', count, 5)
  .option('--only <names>', `some of ${Object.keys(benchmarks).join(',')}`)
  .option('--json <file>', 'writes everything that was measured')
  .option('--write', 'replaces the table of this model in docs/benchmarks.md')
  .action((flags: Flags) => run(flags))
program
  .command('probe <model> <threads> <side> <graphs>', { hidden: true })
  .action((id: string, threads: string, side: string, graphs: string) => runProbe(id, Number(threads), side, graphs))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof InputError) && !(error instanceof InfraError)) throw error
  say(error.message)
  process.exitCode = error instanceof InputError ? 2 : 3
}
