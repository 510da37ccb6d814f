import { type Bench, type Line, openOurs, PROMPT_TOKENS } from './bench.ts'
import { fillSequences, llamaDecoding, oursDecoding } from './decoding.ts'
import { pairedLine } from './lines.ts'
import { interleave } from './rounds.ts'

const ROWS = [1, 4, 8, 16, 32]
/** Row counts for which design §17 sets a target. */
const AIMED = new Set([1, 16])
const STEPS = 24
const CONTEXT = 768

/** Decoding of 1 to 32 rows after the same 512 tokens; llama.cpp keeps its keys and values in f16, as it does by itself. */
export async function decode(bench: Bench): Promise<Line[]> {
  await using engine = await openOurs(bench, { maxRows: Math.max(...ROWS), contextTokens: CONTEXT })
  const lines: Line[] = []
  for (const rows of ROWS) {
    const decoding = { tokens: bench.prompt.tokens.slice(0, PROMPT_TOKENS), rows, steps: STEPS, now: bench.now }
    // A context with as many sequences as decode: it is llama.cpp's best case.
    await using context = await bench.llama?.open(bench.model.path, {
      threads: bench.threads,
      sequences: rows,
      contextTokens: CONTEXT,
    })
    if (context) await fillSequences(context, decoding.tokens, rows)
    const contestants = [() => oursDecoding(engine, decoding)]
    if (context) contestants.push(() => llamaDecoding(context, decoding))
    const [ours, theirs] = await interleave(contestants, bench.rounds)
    const target = AIMED.has(rows) ? ({ bound: 'least', value: 1 } as const) : undefined
    const test = rows === 1 ? '1 row' : `${rows} rows`
    lines.push(
      pairedLine({ benchmark: 'decode', test, unit: 'tokens/s', target }, ours!, {
        what: 'llama.cpp',
        figures: theirs,
      }),
    )
  }
  return lines
}
