import { amount, oneDecimal, percent, pValue, signed } from '../../reports/numbers.ts'
import { namedVector } from '../../vectors/controls/named.ts'
import { randomVector } from '../../vectors/controls/random.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { layerOf, type VectorSet, vectorHash } from '../../vectors/extract/set.ts'
import { type Activity, designPairs, KINDS, loadActivities } from '../../vectors/verify/activities.ts'
import { loadItems } from '../../vectors/verify/items.ts'
import { type Dosed, type PreferenceSteering, steerPreferences } from '../../vectors/verify/preference-steering.ts'
import {
  askPreferences,
  bothOrders,
  judgeReadings,
  type PreferenceReadings,
  type PreferenceSubject,
  type Preferences,
  ratePreferences,
  readActivities,
} from '../../vectors/verify/preferences.ts'
import { vectorNeeds, withImports } from '../run/named-vectors.ts'
import { openRunEngine } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { obtainVectors, type VectorFlags } from './vectors.ts'

export interface PreferenceFlags extends VectorFlags {
  readonly layer?: number
  /** Vectors to steer by, separated by commas. */
  readonly steer?: string
  readonly strength: number
  /** Random vectors beside the steered ones. */
  readonly random: number
  /** Others that each activity meets. */
  readonly against: number
}

interface PreferenceReport {
  readonly model: string
  readonly layer: number
  readonly preferences: Preferences
  readonly activities: readonly { readonly text: string; readonly kind: string; readonly rating: number }[]
  /** These two are null where the ratings mean nothing. */
  readonly readings: PreferenceReadings | null
  readonly steering: (PreferenceSteering & { readonly strength: number }) | null
}

const RANDOM_READINGS = 200

/**
 * Which activities the model would rather choose, whether its vectors read the same off the activities' names, and whether steering those
 * names moves the choice. Gives 1 when the model's answers cannot be tested.
 */
export async function preferencesCommand(flags: PreferenceFlags, context: CliContext): Promise<number> {
  const activities = loadActivities()
  const pairs = designPairs(activities.length, flags.against)
  const { model, set: extracted } = await obtainVectors(flags, context)
  const layer = flags.layer ?? layerAt(2 / 3, model.layers)
  const names = flags.steer?.split(',').map((name) => name.trim()) ?? []
  const set = withImports(extracted, context.machine.home, vectorNeeds(names, [layer]))
  const dosed = names.map((name) => dose(set, layer, name, flags.strength))
  const steps = stepProgress(context)
  await using engine = await openRunEngine(
    model,
    context.machine,
    { set, steerLayers: [layer], contextTokens: 512, maxRows: 16 },
    steps.onStep,
  )
  steps.done()
  const { tokenizer, chat } = model
  const { signal } = context.machine
  const subject = { engine, tokenizer, chat, signal }
  context.err(`asking ${pairs.length} pairs in both orders\n`)
  const preferences = ratePreferences(activities, await askPreferences(subject, activities, bothOrders(pairs)))
  const isTestable = preferences.result === 'testable'
  const readings = isTestable
    ? await readingsOf(subject, { set, layer, activities, ratings: preferences.ratings })
    : null
  const random = Array.from({ length: flags.random }, (_, k) => dose(set, layer, `random#${k}`, flags.strength))
  const isSteered = isTestable && dosed.length > 0
  if (isSteered) context.err(`steering by ${dosed.length} vectors and ${random.length} random ones, both signs\n`)
  const steering = isSteered
    ? { strength: flags.strength, ...(await steerPreferences(subject, activities, dosed, random)) }
    : null
  const report: PreferenceReport = {
    model: flags.model,
    layer,
    preferences,
    activities: activities.map((activity, i) => ({ ...activity, rating: preferences.ratings[i]! })),
    readings,
    steering,
  }
  context.out(flags.json ? `${JSON.stringify(report, null, 2)}\n` : text(report))
  return isTestable ? 0 : 1
}

interface Read {
  readonly set: VectorSet
  readonly layer: number
  readonly activities: readonly Activity[]
  readonly ratings: readonly number[]
}

async function readingsOf(subject: PreferenceSubject, { set, layer, activities, ratings }: Read) {
  const { vectors } = layerOf(set, layer)
  return judgeReadings({
    rows: await readActivities({ ...subject, layers: [layer] }, activities),
    ratings,
    vectors: new Map([...vectors].filter(([name]) => set.families.get(name) !== 'lexical')),
    random: Array.from({ length: RANDOM_READINGS }, (_, k) => randomVector(k, set.width)),
    valence: loadItems().ratings,
  })
}

function dose(set: VectorSet, layer: number, name: string, strength: number): Dosed {
  const { vector } = namedVector(set, layer, name)
  const coefficient = strength * layerOf(set, layer).norms.norm
  return { name, addition: { layer, vector, coefficient, name, hash: vectorHash(vector) } }
}

const SHOWN = 5

function text(report: PreferenceReport): string {
  const { preferences: p, activities, model, layer } = report
  const sorted = activities.toSorted((a, b) => b.rating - a.rating)
  const line = ({ text: name, kind, rating }: (typeof sorted)[number]) =>
    `  ${rating.toFixed(0).padStart(5)}  ${kind.padEnd(11)} ${name}`
  const lines = [
    `preferences of ${model}: ${p.result}`,
    `  ${p.reason}`,
    '',
    `pairs          ${p.pairs}, each in both orders; both orders agree on ${percent(p.agreement)} (p ${pValue(p.p)} against chance)`,
    `position       A is ${signed(p.positionBias)} in log-odds likelier whatever it is; ${percent(p.coverage)} of probability lies on A and B`,
    `by kind        ${KINDS.map((kind) => `${kind} ${p.kinds[kind].toFixed(0)}`).join(', ')} (Elo points, mean 1500)`,
    `liked          pleasant and useful ${points(p.liked.difference)} points above dull and unpleasant (p ${pValue(p.liked.p)})`,
    ...sorted.slice(0, SHOWN).map(line),
    '      …',
    ...sorted.slice(-SHOWN).map(line),
    '',
    ...(report.readings === null
      ? ['readings and steering are left out: these ratings are noise']
      : readingLines(report.readings, layer)),
    ...steeringLines(report.steering),
  ]
  return `${lines.join('\n')}\n`
}

const points = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`

function readingLines({ rows, random95, valence }: PreferenceReadings, layer: number): string[] {
  const sorted = rows.toSorted((a, b) => b.r - a.r)
  const row = ({ vector, r, p }: (typeof rows)[number]) => `${vector} ${signed(r)} (p ${pValue(p)})`
  const ends =
    sorted.length <= 2 * SHOWN
      ? sorted.map(row).join(', ')
      : `${sorted.slice(0, SHOWN).map(row).join(', ')} … ${sorted.slice(-SHOWN).map(row).join(', ')}`
  return [
    `readings       correlation of the ratings with each vector's reading of the activity's name, layer ${layer}`,
    `  ${ends}`,
    `  95 % of random vectors below |r| ${amount(Number(random95.toFixed(2)))}`,
    valence === null
      ? '  too few rated emotions to say whether pleasant vectors read what is preferred'
      : `  along valence: r ${signed(valence.r)} over ${valence.vectors} emotions (p ${pValue(valence.p)})`,
  ]
}

function steeringLines(steering: PreferenceReport['steering']): string[] {
  if (steering === null) return []
  const { rows, random, prompts, strength } = steering
  const rms = Math.sqrt(random.reduce((sum, v) => sum + v * v, 0) / Math.max(1, random.length))
  return [
    '',
    `steering       the names of one half of the activities at ±${amount(strength)}: half the difference of the signs, in Elo points (${prompts} prompts a sign)`,
    ...rows.map(
      (r) =>
        `  ${r.vector.padEnd(13)}${points(r.points).padStart(6)}  z ${oneDecimal(r.z)}, p ${pValue(r.p)}  (+s ${points(r.plus)}, −s ${points(r.minus)})`,
    ),
    `  ${random.length} random vectors: rms ${rms.toFixed(0)} points`,
  ]
}
