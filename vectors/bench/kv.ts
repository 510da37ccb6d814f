import { type Bench, type Line, openOurs, PROMPT_TOKENS } from './bench.ts'
import { fillSequences, llamaDecoding, oursDecoding } from './decoding.ts'
import { pairedLine } from './lines.ts'
import type { LlamaContext } from './llama.ts'
import { interleave } from './rounds.ts'

const ROWS = 16
const STEPS = 24
const CONTEXT = 768

/** Types of keys and values: ours in f16 against ours in f32; llama.cpp in f16 and in f32 against ours in f32. */
export async function kv(bench: Bench): Promise<Line[]> {
  const { llama, model, threads, now } = bench
  const decoding = { tokens: bench.prompt.tokens.slice(0, PROMPT_TOKENS), rows: ROWS, steps: STEPS, now }
  const open = async (type: 'f16' | 'f32') => {
    const context = await llama?.open(model.path, { threads, sequences: ROWS, contextTokens: CONTEXT, kv: type })
    if (context) await fillSequences(context, decoding.tokens, ROWS)
    return context
  }
  await using engine = await openOurs(bench, { maxRows: ROWS, contextTokens: CONTEXT })
  await using engineInHalf = await openOurs(bench, { maxRows: ROWS, contextTokens: CONTEXT, kvType: 'f16' })
  await using half = await open('f16')
  await using full = await open('f32')
  const theirs = [half, full].filter((context): context is LlamaContext => context !== undefined)
  const [ours, oursInHalf, ...others] = await interleave(
    [
      () => oursDecoding(engine, decoding),
      () => oursDecoding(engineInHalf, decoding),
      ...theirs.map((context) => () => llamaDecoding(context, decoding)),
    ],
    bench.rounds,
  )
  const line = { benchmark: 'keys and values', test: `decode ${ROWS} rows, ours f32`, unit: 'tokens/s' }
  return [
    pairedLine({ ...line, test: `decode ${ROWS} rows, ours f16` }, oursInHalf!, { what: 'ours f32', figures: ours }),
    pairedLine(line, ours!, { what: 'llama.cpp f16', figures: others[0] }),
    ...(llama ? [pairedLine(line, ours!, { what: 'llama.cpp f32', figures: others[1] })] : []),
  ]
}
