import type { Engine, Steering } from '../../vectors/engine/types.ts'
import type { Chat } from '../../vectors/model/chat.ts'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import type { Tokenizer } from '../../vectors/model/tokenizer.ts'
import type { Condition } from '../plan/conditions.ts'

/** Everything that an episode needs of a model. */
export interface Subject {
  readonly engine: Engine
  readonly tokenizer: Tokenizer
  readonly chat: Chat
}

export type Window = 'assistant' | 'all'

/**
 * Steering of an episode's prompt under a condition: which of its tokens the window selects. `assistant` = every turn that the model wrote, with
 * its generation prompt. The baseline selects the same tokens and adds nothing.
 */
export function steeringFor(condition: Condition, roles: readonly Role[], window: Window): Steering {
  const isSelected = (role: Role) => window === 'all' || role === 'assistant' || role === 'assistant-start'
  return select(condition, (_, role) => isSelected(role), roles)
}

/**
 * Steering of a probe's prompt. `assistant` = the last generation prompt and what follows it: turns of a scripted history were not written by
 * the model and are left alone, which also lets all conditions share their keys and values.
 */
export function probeSteering(condition: Condition, roles: readonly Role[], window: Window): Steering {
  let start = roles.lastIndexOf('assistant-start')
  while (start > 0 && roles[start - 1] === 'assistant-start') start--
  return select(condition, (i) => window === 'all' || i >= start, roles)
}

const select = (
  condition: Condition,
  isSelected: (index: number, role: Role) => boolean,
  roles: readonly Role[],
): Steering => ({
  additions: condition.additions,
  selected: Uint8Array.from(roles, (role, i) => (isSelected(i, role) ? 1 : 0)),
  generated: true,
})
