import type { Message } from '../../vectors/model/chat.ts'
import { parseToolCalls } from '../../vectors/model/tools.ts'
import type { Protocol } from './conversation.ts'

/** What a tool said. `isError` = the call could not be carried out. */
export interface ToolReply {
  readonly reply: string
  readonly isError: boolean
}

export interface ToolTalk {
  readonly messages: readonly Message[]
  /** Calls and attempts at one. */
  readonly calls: number
  readonly valid: number
}

/** How calls are written under a protocol. */
const dialectOf = (protocol: Protocol): 'native' | 'tags' => (protocol === 'native' ? 'native' : 'tags')

/** A reply ends at its first readable call: what a small model writes after it is made up (it answers itself). */
export const holdsCall = (text: string, protocol: Protocol): boolean =>
  parseToolCalls(text, dialectOf(protocol)).calls.length > 0

/**
 * Does what a reply asks for: its first call, at which it was stopped. Malformed calls go back to it as errors.
 * @param options.idle said where the reply calls nothing
 */
export async function carryOut(
  text: string,
  options: {
    readonly protocol: Protocol
    readonly act: (call: FirstCall) => Promise<ToolReply> | ToolReply
    readonly idle: () => string
  },
): Promise<ToolTalk> {
  const parsed = parseToolCalls(text, dialectOf(options.protocol))
  const call = parsed.calls[0]
  const acted = call && (await options.act(call))
  const replies: Message[] = []
  if (acted) replies.push({ role: 'tool', content: acted.reply })
  for (const { message } of parsed.errors) replies.push({ role: 'tool', content: message })
  if (replies.length === 0) replies.push({ role: 'user', content: options.idle() })
  const said: Message = {
    role: 'assistant',
    content: parsed.plain,
    ...(call ? { toolCalls: [{ name: call.name, arguments: call.arguments }] } : {}),
  }
  const valid = acted && !acted.isError ? 1 : 0
  return { messages: [said, ...replies], calls: parsed.calls.length + parsed.errors.length, valid }
}

/** A call with its place in the reply: [start, end) in UTF-16 code units. */
export type FirstCall = ReturnType<typeof parseToolCalls>['calls'][number]
