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

/** Steering of a prompt under a condition: which of its tokens the window selects. The baseline selects the same tokens and adds nothing. */
export function steeringFor(condition: Condition, roles: readonly Role[], window: Window): Steering {
  const isSelected = (role: Role) => window === 'all' || role === 'assistant' || role === 'assistant-start'
  return { additions: condition.additions, selected: Uint8Array.from(roles, (role) => (isSelected(role) ? 1 : 0)), generated: true }
}
