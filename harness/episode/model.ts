import { type Engine, pickIntervention, type Steering } from '../../vectors/engine/types.ts'
import type { Chat } from '../../vectors/model/chat.ts'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import { isThinking } from '../../vectors/model/think-tags.ts'
import type { Tokenizer } from '../../vectors/model/tokenizer.ts'
import type { Condition } from '../plan/conditions.ts'
import type { Window } from '../scenario/schema.ts'
import { generatedBy, isSelectedBy, speaksOfThinking } from './window.ts'

/** Everything that an episode needs of a model. */
export interface Subject {
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly chat: Chat
}

/** A prompt, token by token. */
interface Prompt {
  readonly ids: readonly number[]
  readonly roles: readonly Role[]
}

/** Steering of an episode's prompt under a condition. The baseline selects the same tokens and adds nothing. */
export const steeringFor = (condition: Condition, prompt: Prompt, window: Window, chat: Chat): Steering =>
  select(condition, prompt, window, chat)

/**
 * Steering of a probe's prompt. Turns of a scripted history were not written by the model: only the last generation prompt and what follows
 * it count as the assistant's, which also lets all conditions share the keys and values before it.
 */
export function probeSteering(condition: Condition, { ids, roles }: Prompt, window: Window, chat: Chat): Steering {
  let start = roles.lastIndexOf('assistant-start')
  while (start > 0 && roles[start - 1] === 'assistant-start') start--
  const own = roles.map((role, i) =>
    i < start && (role === 'assistant' || role === 'assistant-start') ? 'user' : role,
  )
  return select(condition, { ids, roles: own }, window, chat)
}

function select(condition: Condition, { ids, roles }: Prompt, window: Window, { thinkTags }: Chat): Steering {
  const isSelected = isSelectedBy(window)
  const isThought = (role: Role, at: number) =>
    thinkTags !== undefined && role === 'assistant' && speaksOfThinking(window) && isThinking(thinkTags, at, ids)
  return {
    ...pickIntervention(condition),
    selected: Uint8Array.from(roles, (role, i) => (isSelected(role, i, isThought(role, i)) ? 1 : 0)),
    generated: generatedBy(window, thinkTags),
  }
}
