import type { Steering } from '../engine/types.ts'
import { type Bench, type Line, openOurs, type Target } from './bench.ts'
import { oursDecoding } from './decoding.ts'
import { assistantSteering, TRACE_VECTORS, tracing } from './interventions.ts'
import { pairedLine } from './lines.ts'
import { interleave } from './rounds.ts'

/** A difference of two per cent is below the noise of a few rounds, most of all where a round is short. */
const SIZES = [
  { rows: 1, roundsTimes: 10 },
  { rows: 16, roundsTimes: 4 },
]
const STEPS = 32
/** The end of the prompt only: turns that follow each other quickly see the same machine. */
const PROMPT_TAIL = 96
const CONTEXT = 256

/** Decoding with one steered layer against a graph that has no steering. */
export const steering = (bench: Bench): Promise<Line[]> =>
  overhead(bench, {
    benchmark: 'steering',
    what: 'ours, not steered',
    target: { bound: 'least', value: 0.98 },
    layers: { steerLayers: [bench.reference.layer] },
    row: { steering: tailOf(assistantSteering(bench, 0, 0.1)) },
  })

/** Decoding with a trace against a graph that captures nothing. */
export const trace = (bench: Bench): Promise<Line[]> =>
  overhead(bench, {
    benchmark: `trace of ${TRACE_VECTORS} vectors at 4 layers`,
    what: 'ours, not traced',
    target: { bound: 'least', value: 0.95 },
    layers: tracing(bench),
    row: { trace: true },
  })

interface Overhead {
  readonly benchmark: string
  readonly what: string
  readonly target: Target
  readonly layers: Parameters<typeof openOurs>[1]
  readonly row: Partial<Parameters<typeof oursDecoding>[1]>
}

async function overhead(bench: Bench, { layers, row, benchmark, what, target }: Overhead): Promise<Line[]> {
  const size = { maxRows: Math.max(...SIZES.map(({ rows }) => rows)), contextTokens: CONTEXT }
  const tokens = bench.prompt.tokens.slice(-PROMPT_TAIL)
  await using plain = await openOurs(bench, size)
  await using busy = await openOurs(bench, { ...size, ...layers })
  const lines: Line[] = []
  for (const { rows, roundsTimes } of SIZES) {
    const decoding = { tokens, rows, steps: STEPS, now: bench.now }
    const [on, off] = await interleave(
      [() => oursDecoding(busy, { ...decoding, ...row }), () => oursDecoding(plain, decoding)],
      roundsTimes * bench.rounds,
    )
    const test = rows === 1 ? 'decode 1 row' : `decode ${rows} rows`
    lines.push(pairedLine({ benchmark, test, unit: 'tokens/s', target }, on!, { what, figures: off }))
  }
  return lines
}

const tailOf = (whole: Steering): Steering => ({ ...whole, selected: whole.selected.slice(-PROMPT_TAIL) })
