import type { Message } from '../../vectors/model/chat.ts'
import type { Tool } from '../../vectors/model/tools.ts'
import type { MailEvidence } from '../score/evidence.ts'
import type { CodeEpisode } from './attempts.ts'

/** What an agent acts on, as the loop of an episode sees it. Held open: a workspace has a sandbox. */
export interface World extends AsyncDisposable {
  /** The conversation before the model says anything. */
  readonly opening: readonly Message[]
  /** Tools that the chat template is given. */
  readonly tools: readonly Tool[] | undefined
  /** Whether a reply can end here because nothing after it would be carried out; asked where a call may have been closed. */
  readonly endsReply?: (text: string) => boolean
  /** Carries out what a reply asks for. What is wrong with it goes back to the model; only infrastructure throws. */
  hear(reply: Reply): Promise<Heard>
  /** What has happened, for the scorer. */
  evidence(said: Said): Evidence
}

export interface Reply {
  readonly text: string
  /** Index of its turn in the episode. */
  readonly turn: number
}

export interface Heard {
  /** The reply as the conversation goes on with it, then what came back. */
  readonly messages: readonly Message[]
  /** Set where the episode is over. */
  readonly ended?: Ending
}

/** `finished`: the agent said so. `day-over`: the world's time is up. `solved` and `attempts`: of a workspace. */
export type Ending = 'finished' | 'day-over' | 'silent' | 'solved' | 'attempts'

/** All that the model said, whatever the world made of it. */
export interface Said {
  readonly texts: readonly string[]
  readonly flags: readonly string[]
}

export type Evidence =
  | { readonly world: 'mailbox'; readonly mail: MailEvidence }
  | { readonly world: 'workspace'; readonly code: CodeEpisode }
