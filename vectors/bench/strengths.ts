import type { Engine } from '../engine/types.ts'
import { type Bench, type Line, openOurs } from './bench.ts'
import { assistantSteering } from './interventions.ts'
import { pairedLine } from './lines.ts'
import { interleave } from './rounds.ts'

const EPISODES = 256
const DISTINCT = [1, 64, 256]
const PLACES = 32
const NEW_TOKENS = 16
/** A round takes long: more would pass the ten minutes of a default run. */
const MOST_ROUNDS = 2
/** Ordinary words of every vocabulary from here on. */
const FIRST_WORD = 1000

/**
 * 256 generations, 32 at a time, with 1, 64 and 256 distinct strengths among them, from one prompt to the last token. Each prompt has a last word of
 * its own: rows of one prompt and one strength would share the steered end of it, too, which is less work and not a cost of strengths.
 */
export async function strengths(bench: Bench): Promise<Line[]> {
  await using engine = await openOurs(bench, {
    maxRows: PLACES,
    contextTokens: 1024,
    steerLayers: [bench.reference.layer],
  })
  const contestants = DISTINCT.map((distinct) => () => rowsPerSecond(bench, engine, distinct))
  const [one, ...more] = await interleave(contestants, Math.min(bench.rounds, MOST_ROUNDS))
  return more.map((figures, i) =>
    pairedLine(
      {
        benchmark: 'distinct strengths',
        test: `${EPISODES} rows, ${DISTINCT[i + 1]} strengths`,
        unit: 'rows/s',
        target: { bound: 'least', value: 0.98 },
        note: `${PLACES} at a time, ${NEW_TOKENS} new tokens`,
      },
      figures,
      { what: 'ours, 1 strength', figures: one },
    ),
  )
}

async function rowsPerSecond(bench: Bench, engine: Engine, distinct: number): Promise<number> {
  const start = bench.now()
  await Promise.all(
    Array.from({ length: EPISODES }, (_, i) =>
      engine.generate({
        tokens: ownPrompt(bench.prompt, i),
        maxNewTokens: NEW_TOKENS,
        sampling: { temperature: 0, seed: [0, 0], turn: 0 },
        stopTokens: [],
        steering: assistantSteering(bench, 0, (0.1 * (1 + (i % distinct))) / distinct),
      }),
    ),
  )
  return (EPISODES * 1000) / (bench.now() - start)
}

/** The prompt with another token a few places before the assistant begins. */
function ownPrompt({ tokens, isAssistant }: Bench['prompt'], row: number): number[] {
  const place = isAssistant.indexOf(1) - 4
  return tokens.map((token, i) => (i === place ? FIRST_WORD + row : token))
}
