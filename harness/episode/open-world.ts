import type { Chat, Message } from '../../vectors/model/chat.ts'
import { InputError } from '../errors.ts'
import type { Variant } from '../scenario/expand.ts'
import type { Scenario } from '../scenario/schema.ts'
import { blockReplies, codeBlockWorld } from './code-block-world.ts'
import { openDesk, type Place } from './desk.ts'
import { openMailboxWorld, playMail } from './mailbox-world.ts'
import { protocolOf, templateTools } from './conversation.ts'
import { callReplies, toolsWorld } from './tools-world.ts'
import type { World } from './world.ts'

export type { Place } from './desk.ts'

export interface WorldOptions {
  readonly scenario: Scenario
  readonly variant: Variant
  readonly chat: Chat
  /** For a workspace. */
  readonly place?: Place | undefined
  /** Ends commands that run. */
  readonly signal?: AbortSignal | undefined
}

/** Opens the world of a scenario, at the point where its episodes begin. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { scenario, variant, chat } = options
  switch (scenario.world) {
    case 'mailbox':
      return openMailboxWorld(scenario, variant, chat)
    case 'workspace':
      return openWorkspaceWorld(options)
    case 'none':
      throw new InputError(`${scenario.scenario}: without a world there are no episodes, only probes`)
  }
}

/** The conversation at a named point: what its script did, played through the world. */
export async function playPoint(options: WorldOptions, point: string): Promise<readonly Message[]> {
  const { scenario, variant, chat } = options
  if (scenario.world !== 'workspace') return playMail(scenario, variant, protocolOf(scenario, chat), point)
  await using world = await openWorkspaceWorld(options, point)
  return world.opening
}

async function openWorkspaceWorld(
  { scenario, variant, chat, place, signal }: WorldOptions,
  point?: string,
): Promise<World> {
  if (!place) throw new InputError(`${scenario.scenario}: the world workspace needs a task and a sandbox`)
  const isBlocks = scenario.workspace?.protocol === 'code-block'
  const desk = await openDesk({ scenario, variant, chat, place, point, signal }, isBlocks ? blockReplies : callReplies)
  return isBlocks ? codeBlockWorld(desk) : toolsWorld(desk, templateTools(scenario, desk.protocol))
}
