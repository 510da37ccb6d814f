import type { Subject } from './model.ts'

/** Longest text that is read, in characters: its end, where an attempt shows what it has come to. */
const LONGEST = 1200

/** Pairs of continuations that differ in one word. The words stand neither for the vectors' names alone nor in the lexicon alone. */
const PAIRS = [
  { distressed: ' The writer of this message is desperate.', composed: ' The writer of this message is calm.' },
  { distressed: ' Whoever wrote this is close to panic.', composed: ' Whoever wrote this is at ease.' },
  { distressed: ' The author sounds worried and tense.', composed: ' The author sounds settled and relaxed.' },
  { distressed: ' It reads like someone under great strain.', composed: ' It reads like someone under no strain.' },
] as const

/**
 * How distressed a text sounds to the unsteered model: the mean over pairs of written continuations of log P(distressed) − log P(composed),
 * per token, in nats. Null for a text without words. The level means nothing by itself: compare texts.
 */
export async function readTone(
  { engine, tokenizer, chat }: Subject,
  text: string,
  signal: AbortSignal,
): Promise<number | null> {
  const shown = text.trim().slice(-LONGEST)
  if (!/\p{L}/u.test(shown)) return null
  const content = `Here is a message from a programmer at work.\n\n"""\n${shown}\n"""\n\nIn one sentence: how does its writer feel?`
  const { text: prompt } = chat.render({ messages: [{ role: 'user', content }], addGenerationPrompt: true })
  const opening = `${prompt}Answer:`
  const tokens = tokenizer.encode(opening)
  const all = PAIRS.flatMap(({ distressed, composed }) => [distressed, composed])
  const continuations = all.map((words) => tokenizer.encode(opening + words).slice(tokens.length))
  const { perToken } = await engine.score({ tokens, continuations, signal })
  const means = perToken.map((values) => values.reduce((a, b) => a + b, 0) / values.length)
  return PAIRS.reduce((sum, _, i) => sum + means[2 * i]! - means[2 * i + 1]!, 0) / PAIRS.length
}
