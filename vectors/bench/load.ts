import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { type Bench, type Line, openOurs, PROMPT_TOKENS } from './bench.ts'
import { fillSequences, llamaDecoding, oursDecoding } from './decoding.ts'
import { pairedLine } from './lines.ts'

const ROWS = 16
const STEPS = 8
const CONTEXT = 768
const MOST_ROUNDS = 3

/** What one fresh process found; memory in MiB, as the system counts it (mapped file pages included). */
export interface LoadFacts {
  readonly openMs: number
  readonly emptyMib: number
  readonly loadedMib: number
  readonly peakMib: number
}

/** Starts this program again to open the model on one side and report; `graphs` = where built weights go. */
export type StartProbe = (side: 'ours' | 'llama', graphs: string) => Promise<LoadFacts>

/** Time until the model can run, and memory after that and at the peak of a small piece of work; every figure from a process of its own. */
export async function load(bench: Bench, start: StartProbe, folder: string): Promise<Line[]> {
  const cold = await coldOpening(start, folder)
  const facts = { ours: [] as LoadFacts[], llama: [] as LoadFacts[] }
  for (let round = 0; round < Math.min(bench.rounds, MOST_ROUNDS); round++) {
    facts.ours.push(await start('ours', bench.graphs))
    if (bench.llama) facts.llama.push(await start('llama', bench.graphs))
  }
  const line = (benchmark: string, test: string, unit: string, pick: (facts: LoadFacts) => number) =>
    pairedLine({ benchmark, test, unit }, facts.ours.map(pick), {
      what: 'llama.cpp',
      figures: bench.llama && facts.llama.map(pick),
    })
  return [
    { benchmark: 'opening', test: 'first use: weights re-laid, graph written', unit: 's', ours: cold.openMs / 1000 },
    line('opening', 'built before', 's', ({ openMs }) => openMs / 1000),
    line('memory', 'the program before opening', 'MiB', ({ emptyMib }) => emptyMib),
    line('memory', 'after opening', 'MiB', ({ loadedMib }) => loadedMib),
    line('memory', `peak, ${ROWS} rows of ${PROMPT_TOKENS} tokens`, 'MiB', ({ peakMib }) => peakMib),
  ]
}

async function coldOpening(start: StartProbe, folder: string): Promise<LoadFacts> {
  mkdirSync(folder, { recursive: true })
  const graphs = mkdtempSync(join(folder, 'cold-'))
  try {
    return await start('ours', graphs)
  } finally {
    rmSync(graphs, { recursive: true, force: true })
  }
}

/** The command line of a probe, run as a child process that prints its facts as JSON. */
export const childProbe =
  (command: readonly string[]): StartProbe =>
  async (side, graphs) => {
    const { stdout } = await execa(process.execPath, [...process.execArgv, ...command, side, graphs])
    return JSON.parse(stdout.split('\n').at(-1)!) as LoadFacts
  }

/** Inside such a process: opens the model on one side, lets 16 rows decode, and tells what it took. */
export async function probe(bench: Bench, side: 'ours' | 'llama'): Promise<LoadFacts> {
  const decoding = { tokens: bench.prompt.tokens.slice(0, PROMPT_TOKENS), rows: ROWS, steps: STEPS, now: bench.now }
  const emptyMib = residentMib()
  const start = bench.now()
  if (side === 'ours') {
    await using engine = await openOurs(bench, { maxRows: ROWS, contextTokens: CONTEXT })
    const opened = { openMs: bench.now() - start, emptyMib, loadedMib: residentMib() }
    await oursDecoding(engine, decoding)
    return { ...opened, peakMib: peakMib() }
  }
  const { path } = bench.model
  const size = { threads: bench.threads, sequences: ROWS, contextTokens: CONTEXT }
  await using context = await bench.llama!.open(path, size)
  const opened = { openMs: bench.now() - start, emptyMib, loadedMib: residentMib() }
  await fillSequences(context, decoding.tokens, ROWS)
  await llamaDecoding(context, decoding)
  return { ...opened, peakMib: peakMib() }
}

const residentMib = (): number => process.memoryUsage.rss() / 2 ** 20

/** The peak that getrusage tells a child begins with its parent's size; /proc has the process's own. */
function peakMib(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kib) / 1024
}
