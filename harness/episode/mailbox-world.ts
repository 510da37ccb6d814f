import type { Chat, Message } from '../../vectors/model/chat.ts'
import { InputError } from '../errors.ts'
import { fillText, type Variant } from '../scenario/expand.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { MailEvidence } from '../score/evidence.ts'
import { openingMessages, type Protocol, protocolOf, templateTools } from './conversation.ts'
import { act, clockOf, isOver, type MailboxState, openingText, openMailbox } from './mailbox.ts'
import { carryOut, holdsCall } from './tool-talk.ts'
import type { Said, World } from './world.ts'

/** The mailbox of an e-mail agent; it ends when the agent finishes, its day is over, or it calls no tool twice in a row. */
export function openMailboxWorld(scenario: Scenario, variant: Variant, chat: Chat): World {
  const protocol = protocolOf(scenario, chat)
  let { messages: opening, state } = openMail(scenario, variant, protocol)
  const counts = { calls: 0, valid: 0 }
  let silent = 0
  return {
    opening,
    tools: templateTools(scenario, protocol),
    endsReply: (text) => holdsCall(text, protocol),
    async hear({ text }) {
      const { messages, calls, valid } = await carryOut(text, {
        protocol,
        act(call) {
          const acted = act(state, call.name, call.arguments)
          state = acted.state
          return acted
        },
        idle: () => `It is ${clockOf(state.now)}. You called no tool. Use a tool, or call finish.`,
      })
      counts.calls += calls
      counts.valid += valid
      silent = calls === 0 ? silent + 1 : 0
      if (!isOver(state) && silent < 2) return { messages }
      return { messages, ended: state.finished ? 'finished' : silent >= 2 ? 'silent' : 'day-over' }
    },
    evidence: (said) => ({ world: 'mailbox', mail: evidenceOf({ scenario, state, said, counts }) }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

interface Mail {
  readonly messages: readonly Message[]
  readonly state: MailboxState
}

/** The mailbox at its start: opening messages and what the agent is told first. */
export function openMail(scenario: Scenario, variant: Variant, protocol: Protocol): Mail {
  if (!scenario.mailbox) throw new InputError(`${scenario.scenario}: the world mailbox needs a mailbox`)
  const state = openMailbox(scenario.mailbox, variant)
  const messages: Message[] = [
    ...openingMessages(scenario, variant.variables, protocol),
    { role: 'user', content: openingText(state) },
  ]
  return { messages, state }
}

/** Plays a named point's scripted calls through the world, so that what the model is shown is what the world would have said. */
export function playMail(scenario: Scenario, variant: Variant, protocol: Protocol, point: string): readonly Message[] {
  const calls = scenario.points[point]
  if (!calls) throw new InputError(`${scenario.scenario}: there is no point ${JSON.stringify(point)}`)
  let { messages, state } = openMail(scenario, variant, protocol)
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
  return messages
}

function evidenceOf({
  scenario,
  state,
  said: { texts, flags },
  counts: { calls, valid },
}: {
  scenario: Scenario
  state: MailboxState
  said: Said
  counts: { readonly calls: number; readonly valid: number }
}): MailEvidence {
  return {
    sent: state.sent.map(({ to, subject, body, at }) => ({ to, subject, body, at: clockOf(at) })),
    finalText: texts.at(-1) ?? '',
    assistantTexts: texts,
    toolCalls: calls,
    validToolCalls: valid,
    flags,
    agentAddress: state.address,
    people: scenario.mailbox?.people ?? {},
  }
}
