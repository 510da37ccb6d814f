import type { Chat, Message } from '../../vectors/model/chat.ts'
import { type Tool, toolInstructions } from '../../vectors/model/tools.ts'
import { InputError } from '../errors.ts'
import { fillText } from '../scenario/expand.ts'
import type { Scenario } from '../scenario/schema.ts'
import { toolsOf } from './tools.ts'

export type Protocol = 'native' | 'tags' | 'none'

/** How tools are spoken of: by the template's own calls where it has them, else by tags that the system prompt explains. */
export function protocolOf(scenario: Scenario, chat: Chat): Protocol {
  if (scenario.tools.length === 0) return 'none'
  if (scenario.protocol === 'native' && !chat.supportsTools) {
    throw new InputError(
      `${scenario.scenario}: protocol native needs a chat template with tools, which this model lacks; use auto or tags`,
    )
  }
  if (scenario.protocol === 'auto') return chat.supportsTools ? 'native' : 'tags'
  return scenario.protocol
}

/** Tools that the chat template is given; with tags they stand in the system message instead. */
export const templateTools = (scenario: Scenario, protocol: Protocol): readonly Tool[] | undefined =>
  protocol === 'native' ? toolsOf(scenario) : undefined

/** The messages before the model says anything. */
export function openingMessages(
  scenario: Scenario,
  variables: Readonly<Record<string, string>>,
  protocol: Protocol,
): Message[] {
  const system = scenario.system === undefined ? [] : [fillText(scenario.system, variables).trim()]
  const explained = protocol === 'tags' ? [...system, toolInstructions(toolsOf(scenario))] : system
  const first: Message[] = explained.length > 0 ? [{ role: 'system', content: explained.join('\n\n') }] : []
  return [...first, ...scenario.turns.map(({ role, text }) => ({ role, content: fillText(text, variables) }))]
}
