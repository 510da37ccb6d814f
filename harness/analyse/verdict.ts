import type { Verdict } from '../../reports/findings.ts'
import type { OddParts } from './changes.ts'

export interface VerdictInput {
  readonly odd: OddParts
  readonly random: readonly OddParts[]
  /** Unrelated, shuffled and lexical vectors by name. */
  readonly controls: ReadonlyMap<string, OddParts>
  readonly isCoherent: boolean
  readonly check: { readonly passed: boolean; readonly reason: string }
  readonly baseline: { readonly measurable: boolean; readonly reason: string }
}

/** An effect counts as beyond random from this many times the random rms, and when it exceeds every random vector. */
export const Z_LIMIT = 3
export const FEWEST_RANDOM = 10

/** The verdict of design §12 on one vector and readout: the first reason that rules out a stronger word decides. */
export function verdictOf(input: VerdictInput): Verdict {
  const { odd, random, check, baseline } = input
  if (!input.isCoherent) return { word: 'incoherent', reason: 'the dose is above the damage ceiling' }
  if (!baseline.measurable) return { word: 'not measurable', reason: baseline.reason }
  if (!check.passed) return { word: 'not measurable', reason: `manipulation check: ${check.reason}` }
  if (random.length < FEWEST_RANDOM)
    return {
      word: 'not measurable',
      reason: `${random.length} random vectors at this strength, ${FEWEST_RANDOM} are needed`,
    }
  const beyond = beyondRandom(input)
  if (odd.selective !== null && beyond((o) => o.selective)) return judgeSelective(input)
  if (odd.criterion !== null && beyond((o) => o.criterion)) return judgeCriterion(input)
  if (beyond((o) => o.raw)) {
    const reason =
      odd.twin === null
        ? 'there is no twin to compare with'
        : 'neither the criterion nor the selective part is beyond random'
    return { word: 'effect, not specific', reason: explainedBy(input, (o) => o.raw) ?? reason }
  }
  const randoms = random.map((o) => Math.abs(o.selective ?? o.raw))
  const seen = Math.max(Z_LIMIT * rms(randoms), ...randoms)
  return { word: 'no effect seen', reason: `could have seen ≥ ${seen.toFixed(2)}` }
}

type Part = (odd: OddParts) => number | null

const beyondRandom =
  ({ odd, random }: VerdictInput) =>
  (part: Part): boolean => {
    const value = Math.abs(part(odd) ?? 0)
    const randoms = random.map((o) => Math.abs(part(o) ?? 0))
    return value > Math.max(...randoms) && value > Z_LIMIT * rms(randoms)
  }

function judgeSelective(input: VerdictInput): Verdict {
  const { odd, random } = input
  const control = explainedBy(input, (o) => o.selective)
  if (control !== undefined) return { word: 'effect, not specific', reason: control }
  if (!odd.signsAgree) return { word: 'effect, not specific', reason: 'both signs move it the same way' }
  const weak = Object.keys(odd.against).find((name) => {
    const randoms = random.map((o) => o.against[name] ?? 0)
    return (
      Math.abs(odd.against[name]!) <= Math.max(...randoms.map(Math.abs)) ||
      Math.sign(odd.against[name]!) !== Math.sign(odd.raw)
    )
  })
  if (weak !== undefined)
    return { word: 'effect, not specific', reason: `not beyond the control continuations "${weak}"` }
  const missing = missingControl(input)
  if (missing !== undefined) return { word: 'effect, not specific', reason: missing }
  return {
    word: 'effect, specific',
    reason: 'selective part beyond random, unrelated and lexical vectors; signs agree',
  }
}

/** Nothing is specific beside controls that were not run: the study left them out, or was stopped before them. */
function missingControl({ controls }: VerdictInput): string | undefined {
  const names = [...controls.keys()]
  if (!names.some((name) => name.startsWith('lexical:'))) return 'no lexical vector was run beside it'
  const isUnrelated = (name: string) => !name.startsWith('lexical:') && !name.startsWith('shuffled#')
  return names.some(isUnrelated) ? undefined : 'no unrelated vector was run beside it'
}

function judgeCriterion(input: VerdictInput): Verdict {
  const control = explainedBy(input, (o) => o.criterion)
  return {
    word: 'criterion shift',
    reason: `behaviour and twin move together${control === undefined ? '' : `; ${control}`}`,
  }
}

/** The control vector that moves the part as much, if one does. */
function explainedBy({ odd, controls }: VerdictInput, part: Part): string | undefined {
  const value = Math.abs(part(odd) ?? 0)
  const name = [...controls].find(([, control]) => Math.abs(part(control) ?? 0) >= value)?.[0]
  return name === undefined ? undefined : `the control ${name} moves it as much`
}

const rms = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length)
