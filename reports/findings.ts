/**
 * What a run found, as plain data: the only thing that `reports/` draws.
 * Rates are shares (0..1); log-odds and log-probabilities are natural; strengths are signed multiples of the unit.
 */
export interface Findings {
  readonly run: RunFacts
  /** In the order of the study's vectors. */
  readonly manipulation: ManipulationCheck
  readonly doses: readonly Dose[]
  readonly scenarios: readonly ScenarioFindings[]
  readonly claims: { readonly may: readonly string[]; readonly mayNot: readonly string[] }
  /** One episode shown token by token, the first of the run unless chosen. */
  readonly episode?: EpisodeView
  readonly warnings: readonly string[]
}

export interface RunFacts {
  readonly study: string
  readonly title: string
  readonly model: string
  readonly modelSha256: string
  readonly layer: number
  readonly layers: number
  readonly window: string
  readonly unit: string
  /** What is done along a vector; `add` unless the study says otherwise. */
  readonly operation: string
  readonly seed: number
  readonly vectors: readonly string[]
  /** Of the vector set, as it was known when the run began. */
  readonly card: CheckResult | 'not made'
  readonly strengths: readonly number[]
  readonly controls: {
    readonly random: number
    /** Absent in runs stored before there were any. */
    readonly shuffled?: number
    readonly unrelated: readonly string[]
    readonly lexical: boolean
  }
  readonly episodes: {
    readonly planned: number
    readonly done: number
    readonly failed: number
    readonly reused: number
  }
  /** Prompt tokens that the engine was given, and how many of them were copied from a beginning computed before; null when nothing was run. */
  readonly prompts: { readonly tokens: number; readonly shared: number } | null
  readonly startedAt: string
  readonly seconds: number
  readonly versions: Readonly<Record<string, string>>
  /** Hash of all episode and probe digests of the run. */
  readonly digest: string
}

export type CheckResult = 'pass' | 'fail' | 'not testable'

export interface ManipulationCheck {
  readonly strength: number
  /** Whole-set result: mean over the checked concepts, against random tuples and the lexical vectors. */
  readonly result: CheckResult
  readonly reason: string
  readonly rows: readonly {
    readonly vector: string
    readonly result: CheckResult
    /** Nats per token: own continuations minus the others', steered minus unsteered. */
    readonly ownMinusOthers: number
    readonly zAgainstRandom: number
    /** ownMinusOthers divided by that of the lexical vector; null without one. */
    readonly timesLexical: number | null
  }[]
}

export interface Dose {
  readonly condition: string
  readonly vector: string
  readonly strength: number
  readonly rawL2: number
  readonly overNorm: number
  readonly overCentred: number
  readonly overRobust: number
  readonly meanKl: number | null
  readonly p95Kl: number | null
  readonly cosine: number | null
  /** Rise of the negative log-likelihood of neutral text, nats per token. */
  readonly nllRise: number | null
  readonly overCeiling: boolean
}

/** The words of design §12; `reason` gives the rest of the sentence. */
export type VerdictWord =
  | 'effect, specific'
  | 'criterion shift'
  | 'effect, not specific'
  | 'no effect seen'
  | 'not measurable'
  | 'incoherent'

export interface Verdict {
  readonly word: VerdictWord
  readonly reason: string
}

export interface Interval {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** An effect beside its random distribution. */
export interface Effect {
  readonly value: number
  readonly z: number | null
  /** Rank p against the random vectors: (1 + as extreme) / (1 + n). */
  readonly p: number | null
}

export interface ScenarioFindings {
  readonly scenario: string
  readonly title: string
  readonly readouts: readonly Readout[]
  readonly rates?: RateTable
  /** Of episodes that are made of attempts. */
  readonly attempts?: AttemptTable
}

/** One probe over all conditions. */
export interface Readout {
  readonly id: string
  readonly kind: 'answer' | 'contrast' | 'choice'
  readonly form: string
  readonly items: number
  readonly baseline: {
    /** Mean probability of the bad answer among the options on guilty items and of the error on twins; null for contrast probes. */
    readonly guilty: Interval | null
    readonly twin: Interval | null
    /** d = -(log-odds(error | guilty) + log-odds(error | twin)). */
    readonly d: number | null
    /** Share of probability on the options. */
    readonly coverage: number | null
    readonly measurable: boolean
    readonly reason: string
  }
  readonly rows: readonly ReadoutRow[]
  /** Odd parts of every random ± pair at the largest strength, for the band. */
  readonly randomOddParts: { readonly raw: readonly number[]; readonly selective: readonly number[] }
  /** Dose–response: change against strength 0 for every vector, controls included. */
  readonly curve: readonly CurvePoint[]
}

/** What a steering vector is for: the study's own vectors, or a kind of control. */
export type Family = 'vector' | 'random' | 'covariance' | 'shuffled' | 'unrelated' | 'lexical'

export interface CurvePoint {
  readonly vector: string
  readonly family: Family
  readonly strength: number
  readonly change: number
  readonly low?: number
  readonly high?: number
}

export interface ReadoutRow {
  readonly vector: string
  readonly strength: number
  readonly raw: Effect
  readonly twin: Effect | null
  readonly criterion: Effect | null
  readonly selective: Effect | null
  /** Change of the behaviour minus change of each control class (contrast probes). */
  readonly againstControls: Readonly<Record<string, Effect>>
  readonly verdict: Verdict
}

/** Episodes: what was done, counted. */
export interface RateTable {
  readonly bad: readonly string[]
  readonly rows: readonly RateRow[]
}

export interface RateRow {
  readonly condition: string
  readonly vector: string
  /** `none`: nothing is added to the residual stream (strength 0, prompt arms); `condition` names the row. */
  readonly family: Family | 'none'
  readonly strength: number
  readonly variant: string
  readonly isTwin: boolean
  readonly n: number
  readonly unscored: number
  /** Share of planned episodes that have a score. */
  readonly coverage: number
  readonly counts: Readonly<Record<string, number>>
  readonly rate: Interval
  /** Paired by epoch against strength 0. */
  readonly difference: (Interval & { readonly p: number }) | null
  readonly incoherent: boolean
  /** Null where nothing is asked: at strength 0 and for controls. */
  readonly verdict: Verdict | null
}

/** What was felt attempt by attempt, and how composed it was written. */
export interface AttemptTable {
  readonly vital: string
  /** By variant and condition; variants that differ in the feedback only are each other's twins. */
  readonly rows: readonly AttemptRow[]
}

export interface AttemptRow {
  readonly variant: string
  readonly condition: string
  readonly vector: string
  readonly family: Family | 'none'
  readonly strength: number
  readonly episodes: number
  readonly attempts: readonly AttemptCell[]
  /** Means over episodes; larger = more distressed: words per 100, and nats a token. Null where nothing visible was written. */
  readonly tone: { readonly lexical: number | null; readonly model: number | null }
  /** Standardised inside minus standardised outside, mean over episodes. */
  readonly dissociation: Interval | null
}

/** Means over episodes, in standard deviations of neutral text, the dose taken out. */
export interface AttemptCell {
  /** From 1. */
  readonly number: number
  /** How many episodes got so far. */
  readonly episodes: number
  /** Of them, those whose visible tests passed. */
  readonly passed: number
  /** At the last token before the model writes. */
  readonly told: number | null
  /** Over all that it wrote. */
  readonly wrote: number | null
}

export interface EpisodeView {
  readonly key: string
  readonly condition: string
  readonly scenario: string
  readonly outcome: string
  readonly evidence: string
  readonly vitals: readonly string[]
  readonly turns: readonly {
    readonly index: number
    readonly role: string
    readonly flags: readonly string[]
    readonly tokens: readonly { readonly text: string; readonly z: readonly number[] }[]
  }[]
}
