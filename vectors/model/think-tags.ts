import type { Tokenizer } from './tokenizer.ts'

/** The tokens that a model opens and closes its thinking with. */
export interface ThinkTags {
  readonly open: readonly number[]
  readonly close: readonly number[]
}

/** The tags that a chat template speaks of; undefined where it knows none. */
export function thinkTagsOf(template: string, tokenizer: Tokenizer): ThinkTags | undefined {
  if (!template.includes('<think>') || !template.includes('</think>')) return undefined
  return { open: tokenizer.encode('<think>'), close: tokenizer.encode('</think>') }
}

/**
 * Whether the token at `position` stands between an opened tag and its close; a whole tag is no thinking. Looks at no later token, so that the
 * answer is the same while the text is being written: where a tag takes several tokens, the first ones of a closing tag still count as thinking.
 */
export function isThinking({ open, close }: ThinkTags, position: number, sequence: readonly number[]): boolean {
  for (let at = position; at >= 0; at--) {
    if (endsWith(sequence, at, close)) return false
    if (endsWith(sequence, at, open)) return at < position
  }
  return false
}

const endsWith = (sequence: readonly number[], at: number, tag: readonly number[]): boolean =>
  tag.every((id, k) => sequence[at - tag.length + 1 + k] === id)
