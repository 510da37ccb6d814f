import { keyOf } from '../random.ts'
import { type Bench, type Line, openOurs } from './bench.ts'
import { assistantSteering } from './interventions.ts'
import type { Llama } from './llama.ts'
import { median, spread } from './statistics.ts'

const STRENGTHS = [-0.1, -0.05, 0, 0.05, 0.1]
const VECTORS = 2
const EPOCHS = 16
const NEW_TOKENS = 48
const RUNS = STRENGTHS.length * VECTORS
const ROWS = RUNS * EPOCHS
const TEMPERATURE = 0.8
/** What the anchor may take; what is left of its runs is taken to last as long as those that were done. */
const ANCHOR_LIMIT_MS = 180_000
const HOUR_MS = 3_600_000

/**
 * The sweep of design §17: 5 strengths × 2 vectors × 16 epochs after one prompt. Ours in one go, with its shared beginning; the anchor as one
 * llama.cpp process a strength and vector would: every sequence reads the prompt, then 16 decode together. Its loading is not counted.
 */
export async function sweep(bench: Bench): Promise<Line[]> {
  const before = await oursMs(bench)
  const anchor = bench.llama && (await anchorRuns(bench, bench.llama))
  const ours = anchor ? [before, await oursMs(bench)] : [before]
  const line = {
    benchmark: `sweep, ${ROWS} rows`,
    unit: 'rows/hour',
    ours: (ROWS * HOUR_MS) / median(ours),
  }
  if (!anchor) return [{ ...line, test: 'one engine' }]
  const extrapolated = anchor.length < RUNS ? `${anchor.length} of ${RUNS} runs measured, the rest taken as alike` : ''
  const against = (what: string, runMs: (run: AnchorRun) => number) => {
    const wholeMs = median(anchor.map(runMs)) * RUNS
    return {
      other: { what, value: (ROWS * HOUR_MS) / wholeMs },
      ratio: spread(ours.flatMap((ms) => anchor.map((run) => (runMs(run) * RUNS) / ms))),
    }
  }
  return [
    {
      ...line,
      test: 'nothing shared by the other',
      ...against('llama.cpp, 10 runs', (run) => run.readMs * EPOCHS + run.decodeMs),
      target: { bound: 'least', value: 3 },
      note: extrapolated || undefined,
    },
    {
      ...line,
      test: 'prompt read once a run by the other',
      ...against('llama.cpp, 10 runs', (run) => run.readMs + run.decodeMs),
      note: 'computed from the line above',
    },
  ]
}

async function oursMs(bench: Bench): Promise<number> {
  await using engine = await openOurs(bench, {
    maxRows: EPOCHS,
    contextTokens: bench.prompt.tokens.length + NEW_TOKENS + 2,
    steerLayers: [bench.reference.layer],
  })
  const start = bench.now()
  await Promise.all(
    Array.from({ length: ROWS }, (_, i) => {
      const run = Math.floor(i / EPOCHS)
      return engine.generate({
        tokens: bench.prompt.tokens,
        maxNewTokens: NEW_TOKENS,
        sampling: { temperature: TEMPERATURE, seed: keyOf('bench', i % EPOCHS), turn: 0 },
        stopTokens: [],
        steering: assistantSteering(bench, Math.floor(run / STRENGTHS.length), STRENGTHS[run % STRENGTHS.length]!),
      })
    }),
  )
  return bench.now() - start
}

interface AnchorRun {
  /** Of one sequence's prompt. */
  readonly readMs: number
  readonly decodeMs: number
}

async function anchorRuns(bench: Bench, llama: Llama): Promise<AnchorRun[]> {
  const { model, threads, prompt, now } = bench
  await using context = await llama.open(model.path, {
    threads,
    sequences: EPOCHS,
    contextTokens: prompt.tokens.length + NEW_TOKENS + 2,
  })
  const runs: AnchorRun[] = []
  const begun = now()
  const fits = () => ((now() - begun) / runs.length) * (runs.length + 1) < ANCHOR_LIMIT_MS
  while (runs.length === 0 || (runs.length < RUNS && fits())) {
    const samplers = Array.from({ length: EPOCHS }, (_, seed) => context.sampler({ temperature: TEMPERATURE, seed }))
    const start = now()
    let last: number[] = []
    for (const [sequence, sampler] of samplers.entries())
      last = [...last, await context.read(sequence, prompt.tokens, 0, sampler)]
    const hasRead = now()
    for (let done = 1; done < NEW_TOKENS; done++)
      last = await context.step(last, prompt.tokens.length + done - 1, samplers)
    runs.push({ readMs: (hasRead - start) / EPOCHS, decodeMs: now() - hasRead })
    for (let sequence = 0; sequence < EPOCHS; sequence++) context.truncate(sequence, 0)
  }
  return runs
}
