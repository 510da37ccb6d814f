import { type Engine, pickIntervention, type Steering } from '../../vectors/engine/types.ts'
import type { Chat } from '../../vectors/model/chat.ts'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import type { Tokenizer } from '../../vectors/model/tokenizer.ts'
import type { Condition } from '../plan/conditions.ts'
import type { Window } from '../scenario/schema.ts'
import { generatedBy, isSelectedBy } from './window.ts'

/** Everything that an episode needs of a model. */
export interface Subject {
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly chat: Chat
}

/** Steering of an episode's prompt under a condition. The baseline selects the same tokens and adds nothing. */
export const steeringFor = (condition: Condition, roles: readonly Role[], window: Window): Steering =>
  select(condition, roles, window)

/**
 * Steering of a probe's prompt. Turns of a scripted history were not written by the model: only the last generation prompt and what follows
 * it count as the assistant's, which also lets all conditions share the keys and values before it.
 */
export function probeSteering(condition: Condition, roles: readonly Role[], window: Window): Steering {
  let start = roles.lastIndexOf('assistant-start')
  while (start > 0 && roles[start - 1] === 'assistant-start') start--
  const own = roles.map((role, i) =>
    i < start && (role === 'assistant' || role === 'assistant-start') ? 'user' : role,
  )
  return select(condition, own, window)
}

function select(condition: Condition, roles: readonly Role[], window: Window): Steering {
  const isSelected = isSelectedBy(window)
  return {
    ...pickIntervention(condition),
    selected: Uint8Array.from(roles, (role, i) => (isSelected(role, i) ? 1 : 0)),
    generated: generatedBy(window),
  }
}
