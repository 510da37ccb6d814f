import type { Role } from '../../vectors/model/chat-tokens.ts'
import type { Window } from '../scenario/schema.ts'

/** A window as a question about one token: whose it is and where it stands in the conversation, from 0. */
export type IsSelected = (role: Role, position: number) => boolean

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
  return (role, position) => matches(wanted, role, position) && !(except && matches(except, role, position))
}

function matches({ roles, tokens }: Omit<Clause, 'except'>, role: Role, position: number): boolean {
  if (roles && !roles.includes(SPEAKERS[role])) return false
  return !tokens || (position >= tokens.from && position < (tokens.to ?? Infinity))
}

/** Whether the token that the model writes at a place is steered: the answer itself where all are alike. */
export function generatedBy(window: Window): boolean | ((position: number) => boolean) {
  const isSelected = isSelectedBy(window)
  const hasPlaces = typeof window === 'object' && (window.tokens ?? window.except?.tokens) !== undefined
  return hasPlaces ? (position) => isSelected('assistant', position) : isSelected('assistant', 0)
}
