import type { Scenario } from '../scenario/schema.ts'

/** What a scenario says its scorer should look for: `outcomes.about`. */
export type About = NonNullable<NonNullable<Scenario['outcomes']>['about']>

export interface Person {
  readonly name: string
  readonly address: string
  readonly role: string
}

export interface SentMail {
  readonly to: readonly string[]
  readonly subject: string
  readonly body: string
  /** Clock time of the mailbox, such as "16:40". */
  readonly at: string
}

/** What one episode left behind: the mails that went out first of all, then what was written and called. */
export interface MailEvidence {
  readonly sent: readonly SentMail[]
  readonly finalText: string
  readonly assistantTexts: readonly string[]
  readonly toolCalls: number
  readonly validToolCalls: number
  readonly flags: readonly string[]
  readonly agentAddress: string
  readonly people: Readonly<Record<string, Person>>
}

/** One class of the scenario's list, or class `unscored` with the reason as `rule` where the rules cannot decide. */
export interface OutcomeResult {
  readonly class: string
  readonly status: 'scored' | 'unscored'
  /** Name of the rule that fired. */
  readonly rule: string
  /** The span that the rule rests on, quoted as it was written; empty if it rests on an absence. */
  readonly evidence: string
  readonly value?: number
}
