import type { Engine, Sampling, Steering } from '../engine/types.ts'
import type { LlamaContext } from './llama.ts'

export interface Decoding {
  readonly tokens: readonly number[]
  readonly rows: number
  /** Steps that are timed. */
  readonly steps: number
  readonly now: () => number
}

const GREEDY: Sampling = { temperature: 0, seed: [0, 0], turn: 0 }

/**
 * Tokens per second of our engine while `rows` rows decode together after the same prompt. Rows join one a step, so the clock runs from the
 * first token of the last row, and earlier rows get as many tokens more as they have waited. Every step draws a token for every row.
 */
export async function oursDecoding(
  engine: Engine,
  { tokens, rows, steps, now, ...options }: Decoding & { readonly steering?: Steering; readonly trace?: boolean },
): Promise<number> {
  const stamps: number[] = []
  const stamp = () => {
    stamps.push(now())
    return false
  }
  await Promise.all(
    Array.from({ length: rows }, (_, row) =>
      engine.generate({
        tokens,
        maxNewTokens: rows - row + steps,
        sampling: GREEDY,
        stopTokens: [],
        ...options,
        ...(row === rows - 1 ? { stopWhen: stamp } : {}),
      }),
    ),
  )
  return (rows * steps * 1000) / (stamps[steps]! - stamps[0]!)
}

/** The prompt in sequences 0 … rows − 1, read once and copied. */
export async function fillSequences(context: LlamaContext, tokens: readonly number[], rows: number): Promise<void> {
  await context.read(0, tokens, 0, context.sampler({ temperature: 0, seed: 0 }))
  for (let sequence = 1; sequence < rows; sequence++) await context.copy(0, sequence)
}

/** The same for llama.cpp, whose sequences hold the prompt (see `fillSequences`) before and after. */
export async function llamaDecoding(context: LlamaContext, { tokens, rows, steps, now }: Decoding): Promise<number> {
  const samplers = Array.from({ length: rows }, () => context.sampler({ temperature: 0, seed: 0 }))
  const step = (last: readonly number[], done: number) => context.step(last, tokens.length + done, samplers)
  let last = await step(
    samplers.map(() => tokens.at(-1)!),
    0,
  )
  const start = now()
  for (let done = 1; done <= steps; done++) last = await step(last, done)
  const seconds = (now() - start) / 1000
  for (let sequence = 0; sequence < rows; sequence++) context.truncate(sequence, tokens.length)
  return (rows * steps) / seconds
}
