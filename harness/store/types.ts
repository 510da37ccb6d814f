import type { Receipt, Trace } from '../../vectors/engine/types.ts'
import type { RandomKey } from '../../vectors/random.ts'

/** Any JSON object that the store keeps but does not look into. */
type Facts = Readonly<Record<string, unknown>>

export type RunId = number

export interface ModelFacts {
  readonly sha256: string
  readonly id: string
  readonly architecture: string
  readonly graphVersion: string
  readonly facts: Facts
}

export interface ScenarioFacts {
  readonly id: string
  readonly title: string
  /** Classes that count as bad, for the view `rates`. */
  readonly bad: readonly string[]
  /** Everything the scenario is made of; its sha256 names it. */
  readonly content: string
}

export interface VectorSetFacts {
  readonly hash: string
  readonly model: string
  readonly name: string
  readonly facts: Facts
  readonly vectors: readonly {
    readonly name: string
    readonly layer: number
    readonly family: string
    readonly hash: string
    readonly rawNorm: number | null
  }[]
}

export interface ConditionFacts {
  readonly key: string
  readonly label: string
  readonly family: string
  readonly vector: string | null
  readonly strength: number | null
  readonly unit: string | null
  readonly spec: Facts
}

/** The dose of a condition on a model, in all units of design §4. */
export interface DoseFacts {
  readonly model: string
  readonly condition: string
  readonly rawL2: number
  readonly overNorm: number
  readonly overCentred: number
  readonly overRobust: number
  readonly meanKl: number | null
  readonly p95Kl: number | null
  readonly cosine: number | null
  readonly nllRise: number | null
  readonly overCeiling: boolean
}

export interface RunStart {
  readonly study: string
  readonly title: string
  /** sha256 of a stored model. */
  readonly model: string
  readonly seed: number
  readonly command: string
  readonly startedAt: string
  readonly facts: Facts
}

export interface RunRow extends RunStart {
  readonly id: RunId
  readonly status: 'running' | 'done' | 'interrupted' | 'failed'
  readonly finishedAt: string | null
  readonly digest: string | null
  readonly episodes: {
    readonly planned: number
    readonly done: number
    readonly failed: number
    readonly reused: number
  }
  readonly probes: { readonly planned: number; readonly done: number; readonly reused: number }
}

export interface EpisodePlan {
  readonly key: string
  readonly model: string
  /** Hash of a stored scenario. */
  readonly scenario: string
  readonly variant: string
  readonly isTwin: boolean
  /** Key of a stored condition. */
  readonly condition: string
  readonly epoch: number
  readonly seed: RandomKey
  /** What else the key was made of, for replays. */
  readonly facts: Facts
}

export interface EpisodeRow extends EpisodePlan {
  readonly id: number
  readonly scenarioId: string
  readonly status: 'planned' | 'running' | 'done' | 'failed'
  readonly attempt: number
  readonly digest: string | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** It was already done when the run was planned. */
  readonly reused: boolean
  readonly outcomes: readonly Outcome[]
}

/** The right to write one attempt of an episode; void once another attempt begins. */
export interface Claim {
  readonly episode: number
  readonly attempt: number
}

export type ClaimResult =
  | ({ readonly status: 'claimed' } & Claim)
  | { readonly status: 'done'; readonly episode: number }

export interface AttemptRow {
  readonly attempt: number
  readonly run: RunId
  readonly startedAt: string
  readonly endedAt: string | null
  readonly errorKind: string | null
  readonly message: string | null
}

type Role = 'system' | 'user' | 'assistant' | 'tool'

/** A vital over the tokens of a turn, in standard deviations from the neutral baseline. */
export interface Vital {
  readonly name: string
  readonly layer: number
  readonly meanZ: number
  readonly peakZ: number
  readonly lastZ: number
}

/** Part of an attempt: what the model was told, what it wrote before its code, the code, what it wrote after it. */
export type Channel = 'prompt' | 'thinking' | 'code' | 'after'

/** A vital over the tokens of one channel of an attempt. */
export interface ChannelVital extends Vital {
  readonly channel: Channel
  /** How many tokens it was read on. */
  readonly tokens: number
}

/** One attempt at a coding task within an episode. */
export interface CodeAttempt {
  /** From 1. */
  readonly number: number
  readonly code: string | null
  /** What the visible tests said; null where they were not run. */
  readonly testsPassed: boolean | null
  /** How the command of the tests ended. */
  readonly end: string | null
  readonly facts: Facts
  /** Indices of turns. */
  readonly firstTurn: number
  readonly lastTurn: number
  /** The code as rows of a turn's tokens: [from, to). */
  readonly codeAt: { readonly turn: number; readonly from: number; readonly to: number } | null
  /** See `lexicalTone` and `readTone`; larger = more distressed. */
  readonly tone: { readonly lexical: number | null; readonly model: number | null }
  readonly vitals: readonly ChannelVital[]
}

export interface CodeAttemptRow extends CodeAttempt {
  readonly episode: number
}

export interface Turn {
  readonly index: number
  readonly role: Role
  readonly text: string
  readonly tokens: readonly number[] | Int32Array
  /** Of the last tokens of the turn, those that the model drew; natural. */
  readonly logprobs?: readonly number[] | Float32Array | undefined
  readonly flags: readonly string[]
  /** Anything else worth keeping: tool call, channels, finish reason. */
  readonly detail?: Facts | undefined
  /** One row a token of the turn; `basis` is the hash of a stored basis. */
  readonly trace?: (Trace & { readonly basisHash: string }) | undefined
  readonly receipt?: Receipt | undefined
  readonly vitals?: readonly Vital[] | undefined
}

export interface TurnRow {
  readonly id: number
  readonly index: number
  readonly role: Role
  readonly text: string
  readonly tokens: Int32Array
  readonly logprobs: Float32Array | undefined
  readonly flags: readonly string[]
  readonly detail: Facts
  readonly receipt: Receipt | undefined
  readonly vitals: readonly Vital[]
}

/** What a scorer said; `rule` names the rule or judge that fired, or why there is no score. */
export type Outcome = {
  readonly scorer: string
  readonly value: number | null
  readonly rule: string
  readonly evidence: string
  /** All that the class rests on, where a quoted span is not the whole of it. */
  readonly detail?: Facts | undefined
} & ({ readonly status: 'scored'; readonly class: string } | { readonly status: 'unscored'; readonly class: null })

export interface ProbeAnswer {
  readonly key: string
  readonly model: string
  readonly scenario: string
  readonly variant: string
  readonly item: string
  readonly probe: string
  readonly isTwin: boolean
  readonly condition: string
  /** Natural log-probability of each class. */
  readonly answers: Readonly<Record<string, number>>
  /** Share of probability on the answers; null where it has no meaning. */
  readonly coverage: number | null
  readonly detail?: Facts | undefined
  readonly digest: string
  readonly receipt?: Receipt | undefined
}

export interface ProbeRow extends ProbeAnswer {
  readonly scenarioId: string
  readonly reused: boolean
}

/** One number of the manipulation check: what a concept's continuations gain in a context under a condition. */
export interface CheckAnswer {
  readonly key: string
  readonly model: string
  readonly context: string
  readonly concept: string
  readonly condition: string
  readonly value: number
}

export interface EventRow {
  readonly at: string
  readonly kind: string
  readonly detail: Facts
}
