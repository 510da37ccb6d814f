import type { Chat, Message } from '../../vectors/model/chat.ts'
import { type Tool, toolInstructions } from '../../vectors/model/tools.ts'
import { InputError } from '../errors.ts'
import { fillText, type Variant } from '../scenario/expand.ts'
import type { Scenario } from '../scenario/schema.ts'
import { act, type MailboxState, openingText, openMailbox } from './mailbox.ts'
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

export interface Played {
  readonly messages: readonly Message[]
  readonly state: MailboxState
}

/** The mailbox at its start: opening messages and what the agent is told first. */
export function openWorld(scenario: Scenario, variant: Variant, protocol: Protocol): Played {
  if (!scenario.mailbox) throw new InputError(`${scenario.scenario}: the world mailbox needs a mailbox`)
  const state = openMailbox(scenario.mailbox, variant)
  const messages: Message[] = [
    ...openingMessages(scenario, variant.variables, protocol),
    { role: 'user', content: openingText(state) },
  ]
  return { messages, state }
}

/** Plays a named point's scripted calls through the world, so that what the model is shown is what the world would have said. */
export function playPoint(scenario: Scenario, variant: Variant, protocol: Protocol, point: string): Played {
  const calls = scenario.points[point]
  if (!calls) throw new InputError(`${scenario.scenario}: there is no point ${JSON.stringify(point)}`)
  let { messages, state } = openWorld(scenario, variant, protocol)
  for (const { say, call, args } of calls) {
    const acted = act(state, call, args)
    if (acted.isError)
      throw new InputError(`${scenario.scenario}: the scripted call ${call} of point ${point} fails: ${acted.reply}`)
    state = acted.state
    messages = [
      ...messages,
      {
        role: 'assistant',
        content: say === undefined ? '' : fillText(say, variant.variables),
        toolCalls: [{ name: call, arguments: args }],
      },
      { role: 'tool', content: acted.reply },
    ]
  }
  return { messages, state }
}
