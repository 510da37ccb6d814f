import type { Steering } from '../../vectors/engine/types.ts'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import { isThinking, type ThinkTags } from '../../vectors/model/think-tags.ts'
import type { Window } from '../scenario/schema.ts'

/** A window as a question about one token: whose it is, where it stands in the conversation, from 0, and whether it is thinking. */
export type IsSelected = (role: Role, position: number, isThought: boolean) => boolean

type Clause = Extract<Window, object>
type Speaker = NonNullable<Clause['roles']>[number]

const SPEAKERS: Readonly<Record<Role, Speaker>> = {
  system: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  'assistant-start': 'generation-prompt',
}

export function isSelectedBy(window: Window): IsSelected {
  switch (window) {
    case 'all':
      return () => true
    case 'assistant':
      return (role) => role === 'assistant' || role === 'assistant-start'
    case 'generated':
      return (role) => role === 'assistant'
    case 'prompt':
      return (role) => role !== 'assistant'
  }
  const { except, ...wanted } = window
  return (...token) => matches(wanted, token) && !(except && matches(except, token))
}

function matches(
  { roles, tokens }: Omit<Clause, 'except'>,
  [role, position, isThought]: Parameters<IsSelected>,
): boolean {
  if (roles && !roles.includes(SPEAKERS[role]) && !(isThought && roles.includes('think'))) return false
  return !tokens || (position >= tokens.from && position < (tokens.to ?? Infinity))
}

/** Whether the token that the model writes at a place is steered: the answer itself where all are alike. */
export function generatedBy(window: Window, tags?: ThinkTags): Steering['generated'] {
  const isSelected = isSelectedBy(window)
  if (speaksOfThinking(window) && tags)
    return (position, sequence) => isSelected('assistant', position, isThinking(tags, position, sequence))
  const hasPlaces = typeof window === 'object' && (window.tokens ?? window.except?.tokens) !== undefined
  return hasPlaces ? (position) => isSelected('assistant', position, false) : isSelected('assistant', 0, false)
}

/** Whether it takes a model that thinks in tags to say what the window selects. */
export const speaksOfThinking = (window: Window): boolean =>
  typeof window === 'object' && [window.roles, window.except?.roles].some((roles) => roles?.includes('think'))
