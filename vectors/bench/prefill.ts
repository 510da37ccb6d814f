import { type Bench, type Line, openOurs, PROMPT_TOKENS } from './bench.ts'
import { pairedLine } from './lines.ts'
import { interleave } from './rounds.ts'

/** Reading a prompt of 512 tokens up to the distribution of the next one. */
export async function prefill(bench: Bench): Promise<Line[]> {
  const { now, llama, model, threads } = bench
  const tokens = bench.prompt.tokens.slice(0, PROMPT_TOKENS)
  const speed = async (read: () => Promise<unknown>) => {
    const start = now()
    await read()
    return (tokens.length * 1000) / (now() - start)
  }
  await using engine = await openOurs(bench, { maxRows: 1, contextTokens: PROMPT_TOKENS * 2 })
  await using context = await llama?.open(model.path, { threads, sequences: 1, contextTokens: PROMPT_TOKENS * 2 })
  // A score without continuations reads the prompt and keeps nothing that the next round could reuse.
  const contestants = [() => speed(() => engine.score({ tokens, continuations: [] }))]
  if (context) {
    const sampler = context.sampler({ temperature: 0, seed: 0 })
    contestants.push(async () => {
      const figure = await speed(() => context.read(0, tokens, 0, sampler))
      context.truncate(0, 0)
      return figure
    })
  }
  const [ours, theirs] = await interleave(contestants, bench.rounds)
  return [
    pairedLine(
      {
        benchmark: 'prefill',
        test: `${PROMPT_TOKENS} tokens`,
        unit: 'tokens/s',
        target: { bound: 'least', value: 1 },
      },
      ours!,
      { what: 'llama.cpp', figures: theirs },
    ),
  ]
}
