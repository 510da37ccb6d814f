import { distanceTo } from '../model/kl.ts'
import { type Bench, type Line, openOurs } from './bench.ts'

/**
 * Distance of next-token distributions from those that another framework computed in fp32 (`vectors/model/reference`): mean KL in nats over
 * all stored positions, by one estimator for ours and for llama.cpp. Both round activations to 8 bits.
 */
export async function fidelity(bench: Bench): Promise<Line[]> {
  const ours = meanKl(bench, await ourLogits(bench))
  const line = { benchmark: 'KL from fp32', unit: 'nats a token' }
  const lines: Line[] = [
    { ...line, test: 'mean', ours: ours.all, target: { of: 'ours', bound: 'most', value: 1e-2 } },
    { ...line, test: 'mean after the first token', ours: ours.afterFirst },
  ]
  if (!bench.llama) return lines
  const theirs = meanKl(bench, await llamaLogits(bench))
  const pair = (ours: number, value: number) => ({
    ours,
    other: { what: 'llama.cpp', value },
    ratio: { median: ours / value, min: ours / value, max: ours / value },
    target: { bound: 'most', value: 1.3 } as const,
  })
  return [
    lines[0]!,
    { ...line, test: 'mean', ...pair(ours.all, theirs.all) },
    { ...line, test: 'mean after the first token', ...pair(ours.afterFirst, theirs.afterFirst) },
  ]
}

/** Logits (or log-probabilities) after the given positions of a prompt. */
type LogitsAt = readonly (readonly Float32Array[])[]

async function ourLogits(bench: Bench): Promise<LogitsAt> {
  const { prompts } = bench.reference
  const longest = Math.max(...prompts.map((p) => p.ids.length))
  await using engine = await openOurs(bench, { maxRows: 1, contextTokens: longest + 1 })
  const all: Float32Array[][] = []
  for (const { ids, positions } of prompts) {
    const logprobs = await engine.logprobs({ tokens: ids, positions })
    const vocabulary = logprobs.length / positions.length
    all.push(positions.map((_, i) => logprobs.subarray(i * vocabulary, (i + 1) * vocabulary)))
  }
  return all
}

async function llamaLogits({ llama, model, threads, reference }: Bench): Promise<LogitsAt> {
  const longest = Math.max(...reference.prompts.map((p) => p.ids.length))
  await using context = await llama!.open(model.path, { threads, sequences: 1, contextTokens: longest + 1 })
  const all: Float32Array[][] = []
  for (const { ids, positions } of reference.prompts) all.push(await context.logits(ids, positions))
  return all
}

function meanKl({ reference }: Bench, logits: LogitsAt): { readonly all: number; readonly afterFirst: number } {
  const distances = reference.prompts.flatMap((prompt, p) =>
    prompt.positions.map((position, i) => ({
      position,
      ...distanceTo({ ids: prompt.top_ids[i]!, logprobs: prompt.top_logprobs[i]! }, logits[p]![i]!),
    })),
  )
  const mean = (list: typeof distances) => list.reduce((sum, { kl }) => sum + kl, 0) / list.length
  return { all: mean(distances), afterFirst: mean(distances.filter(({ position }) => position > 0)) }
}
