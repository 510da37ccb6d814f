import fc from 'fast-check'
import type {
  AttemptRow,
  CurvePoint,
  Dose,
  Effect,
  EpisodeView,
  Findings,
  Interval,
  RateRow,
  Readout,
  ReadoutRow,
  RunFacts,
  ScenarioFindings,
  Verdict,
} from './findings.ts'

/** Words of any script, control characters and escape codes among them; the words that tests look for are left out. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z-]{0,30}$/),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('\u001b[31mred\u001b[0m', 'a\nb\tc', '絶望的な状況における振る舞い', '👩‍👩‍👧 e\u0301', '\u202egnp'),
)
const text = fc.oneof(name, fc.lorem({ maxCount: 40, mode: 'words' }))
const share = fc.double({ min: 0, max: 1, noNaN: true })
/** Ordinary sizes and the worst that a division can give. */
const real = fc.oneof(fc.double({ min: -30, max: 30, noNaN: true }), fc.double())
const count = fc.nat({ max: 100_000 })
const strength = fc.oneof(fc.constantFrom(-0.2, -0.1, 0, 0.05, 0.1, 0.2), fc.double({ min: -9, max: 9, noNaN: true }))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const few = <T>(value: fc.Arbitrary<T>, maxLength = 4) => fc.array(value, { maxLength })

const interval: fc.Arbitrary<Interval> = fc.record({ estimate: share, low: share, high: share })
const effect: fc.Arbitrary<Effect> = fc.record({ value: real, z: maybe(real), p: maybe(share) })
const check = fc.constantFrom('pass', 'fail', 'not testable')
const family = fc.constantFrom('vector', 'random', 'covariance', 'unrelated', 'lexical')

const verdict: fc.Arbitrary<Verdict> = fc.record({
  word: fc.constantFrom(
    'effect, specific',
    'criterion shift',
    'effect, not specific',
    'no effect seen',
    'not measurable',
    'incoherent',
  ),
  reason: text,
})

const run: fc.Arbitrary<RunFacts> = fc.record({
  study: name,
  title: text,
  model: name,
  modelSha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  layer: fc.nat(80),
  layers: fc.nat(80),
  window: name,
  unit: name,
  operation: name,
  seed: fc.nat(),
  vectors: few(name),
  card: fc.constantFrom('pass', 'fail', 'not testable', 'not made'),
  strengths: few(strength),
  controls: fc.record({ random: fc.nat(99), unrelated: few(name), lexical: fc.boolean() }),
  episodes: fc.record({ planned: count, done: count, failed: count, reused: count }),
  prompts: fc.option(fc.record({ tokens: count, shared: count })),
  startedAt: fc.constant('2026-11-23T18:05:00Z'),
  seconds: real,
  versions: fc.dictionary(name, text, { maxKeys: 4 }),
  digest: fc.stringMatching(/^[0-9a-f]{64}$/),
})

const dose: fc.Arbitrary<Dose> = fc.record({
  condition: name,
  vector: name,
  strength,
  rawL2: real,
  overNorm: real,
  overCentred: real,
  overRobust: real,
  meanKl: maybe(real),
  p95Kl: maybe(real),
  cosine: maybe(real),
  nllRise: maybe(real),
  overCeiling: fc.boolean(),
})

const readoutRow: fc.Arbitrary<ReadoutRow> = fc.record({
  vector: name,
  strength,
  raw: effect,
  twin: maybe(effect),
  criterion: maybe(effect),
  selective: maybe(effect),
  againstControls: fc.dictionary(fc.constantFrom('benign', 'negative', 'unrelated'), effect, { maxKeys: 3 }),
  verdict,
})

const curvePoint: fc.Arbitrary<CurvePoint> = fc.record(
  { vector: name, family, strength, change: real, low: real, high: real },
  { requiredKeys: ['vector', 'family', 'strength', 'change'] },
)

const readout: fc.Arbitrary<Readout> = fc.record({
  id: name,
  kind: fc.constantFrom('answer', 'contrast', 'choice'),
  form: name,
  items: count,
  baseline: fc.record({
    guilty: maybe(interval),
    twin: maybe(interval),
    d: maybe(real),
    coverage: maybe(share),
    measurable: fc.boolean(),
    reason: text,
  }),
  rows: few(readoutRow),
  randomOddParts: fc.record({ raw: few(real), selective: few(real) }),
  curve: few(curvePoint, 8),
})

const rateRow: fc.Arbitrary<RateRow> = fc.record({
  condition: name,
  vector: name,
  family: fc.oneof(family, fc.constant('none' as const)),
  strength,
  variant: name,
  isTwin: fc.boolean(),
  n: count,
  unscored: count,
  coverage: share,
  counts: fc.dictionary(name, count, { maxKeys: 4 }),
  rate: interval,
  difference: maybe(fc.record({ estimate: real, low: real, high: real, p: share })),
  incoherent: fc.boolean(),
  verdict: maybe(verdict),
})

const attemptRow: fc.Arbitrary<AttemptRow> = fc.record({
  condition: name,
  vector: name,
  family: fc.oneof(family, fc.constant('none' as const)),
  strength,
  variant: name,
  episodes: count,
  attempts: few(fc.record({ number: count, episodes: count, passed: count, told: maybe(real), wrote: maybe(real) })),
  tone: fc.record({ lexical: maybe(real), model: maybe(real) }),
  dissociation: maybe(interval),
})

const scenario: fc.Arbitrary<ScenarioFindings> = fc.record(
  {
    scenario: name,
    title: text,
    readouts: few(readout, 2),
    rates: fc.record({ bad: few(name), rows: few(rateRow, 6) }),
    attempts: fc.record({ vital: name, rows: few(attemptRow, 6) }),
  },
  { requiredKeys: ['scenario', 'title', 'readouts'] },
)

const episode: fc.Arbitrary<EpisodeView> = fc.record({
  key: name,
  condition: name,
  scenario: name,
  outcome: name,
  evidence: text,
  vitals: few(name, 3),
  turns: few(
    fc.record({
      index: count,
      role: name,
      flags: few(name, 2),
      tokens: few(fc.record({ text: name, z: few(real, 3) }), 8),
    }),
  ),
})

/** Any findings that the types allow, sensible or not. */
export const anyFindings: fc.Arbitrary<Findings> = fc.record(
  {
    run,
    manipulation: fc.record({
      strength,
      result: check,
      reason: text,
      rows: few(
        fc.record({
          vector: name,
          result: check,
          ownMinusOthers: real,
          zAgainstRandom: real,
          timesLexical: maybe(real),
        }),
      ),
    }),
    doses: few(dose),
    scenarios: few(scenario, 2),
    claims: fc.record({ may: few(text), mayNot: few(text) }),
    episode,
    warnings: few(text),
  },
  { requiredKeys: ['run', 'manipulation', 'doses', 'scenarios', 'claims', 'warnings'] },
)
