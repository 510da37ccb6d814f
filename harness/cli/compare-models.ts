import { amount, percent, pValue, signed } from '../../reports/numbers.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { layerOf, loadVectorSet } from '../../vectors/extract/set.ts'
import { readArchitecture } from '../../vectors/model/architecture.ts'
import { type CardWord, cardWord } from '../../vectors/verify/card-file.ts'
import { type Comparison, compareModels, type ReadWith, type Shift } from '../../vectors/verify/compare.ts'
import { loadItems } from '../../vectors/verify/items.ts'
import { InputError } from '../errors.ts'
import { openReader } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { obtainVectors, type VectorFlags } from './vectors.ts'

export interface CompareFlags extends Omit<VectorFlags, 'model'> {
  readonly vectors?: ReadWith
  readonly layerA?: number
  readonly layerB?: number
  /** Set files to use in place of the models' usual ones. */
  readonly setA?: string
  readonly setB?: string
}

interface CompareReport extends Comparison {
  readonly a: SideFacts
  readonly b: SideFacts
}

interface SideFacts {
  readonly model: string
  readonly layer: number
  readonly layers: number
  readonly card: CardWord
}

/** What the same texts read as on two models, or with two sets, and how alike their vectors lie. */
export async function compareCommand(a: string, b: string, flags: CompareFlags, context: CliContext): Promise<number> {
  const left = await openSide(a, { ...flags, layer: flags.layerA, set: flags.setA }, context)
  const right = await openSide(b, { ...flags, layer: flags.layerB, set: flags.setB }, context)
  const vectors = flags.vectors ?? (sameFamily(left, right) ? 'shared' : 'own')
  const steps = stepProgress(context)
  const open = ({ model, layer }: OpenSide) =>
    openReader(model, context.machine, { layers: [layer], contextTokens: 512 }, steps.onStep)
  await using engineA = await open(left)
  await using engineB = await open(right)
  steps.done()
  const { signal } = context.machine
  const sideOf = ({ model, set, layer }: OpenSide, engine: typeof engineA) => ({
    reader: { engine, tokenizer: model.tokenizer, signal },
    set,
    layer,
  })
  const found = await compareModels({ a: sideOf(left, engineA), b: sideOf(right, engineB) }, loadItems(), vectors)
  const report: CompareReport = { ...found, a: factsOf(a, left), b: factsOf(b, right) }
  context.out(flags.json ? `${JSON.stringify(report, null, 2)}\n` : text(report))
  return 0
}

type OpenSide = Awaited<ReturnType<typeof openSide>>

async function openSide(
  name: string,
  flags: Omit<CompareFlags, 'layerA'> & { readonly layer: number | undefined; readonly set: string | undefined },
  context: CliContext,
) {
  const obtained = await obtainVectors({ ...flags, model: name }, context)
  const { model } = obtained
  const path = flags.set ?? obtained.path
  const set = flags.set === undefined ? obtained.set : loadVectorSet(flags.set)
  if (set.modelSha256 !== model.file.sha256)
    throw new InputError(
      `${path}: the set was made on a model of sha256 ${set.modelSha256.slice(0, 12)}, but ${name} has ${model.file.sha256.slice(0, 12)}; name the model that the set belongs to`,
    )
  const layer = flags.layer ?? layerAt(2 / 3, model.layers)
  layerOf(set, layer)
  return { model, set, layer, path }
}

/** Base and tuned models, before and after: the same direction may mean the same there. Two sets of one model are compared as they are. */
function sameFamily(a: OpenSide, b: OpenSide): boolean {
  const architectureOf = ({ model }: OpenSide) => readArchitecture(model.gguf).name
  return (
    a.model.file.sha256 !== b.model.file.sha256 &&
    a.layer === b.layer &&
    a.model.width === b.model.width &&
    a.model.layers === b.model.layers &&
    architectureOf(a) === architectureOf(b)
  )
}

const factsOf = (name: string, { model, set, layer, path }: OpenSide): SideFacts => ({
  model: name,
  layer,
  layers: model.layers,
  card: cardWord({ path, set }, [layer]),
})

const SHOWN = 10

const HOW = {
  shared: "with A's vectors on both",
  own: 'each with its own vectors',
} as const

function text(report: CompareReport): string {
  const { a, b, vectors, texts, shifts, geometry, situations } = report
  const side = (name: string, { model, layer, layers, card }: SideFacts) =>
    `${name} = ${model}, layer ${layer} of ${layers}, card ${card}`
  const lines = [
    side('A', a),
    side('B', b),
    '',
    `readings       B minus A over the same ${texts} situations, ${HOW[vectors]}; in standard deviations of neutral text`,
    `               (95 % intervals over the situations' concepts, one by one: of 20, one is wrong by chance)`,
    ...(vectors === 'own'
      ? [
          '               (other models, other units: what can be compared is the order of the texts, r, not the size of a shift)',
        ]
      : []),
    `  ${'vector'.padEnd(15)}${'shift'.padStart(7)}  ${'interval'.padEnd(17)}${'own texts'.padStart(10)}${'r of A, B'.padStart(11)}${vectors === 'shared' ? '  neutral  cosine' : ''}`,
    ...shownShifts(shifts).map((row) => (row === null ? '  …' : shiftLine(row))),
    '',
    `situations     A top-1 ${percent(situations.a.top1)}, top-3 ${percent(situations.a.top3)}; B top-1 ${percent(situations.b.top1)}, top-3 ${percent(situations.b.top3)} (chance ${percent(situations.a.chance)}; each with its own vectors)`,
    `geometry       ${geometry.cosines === null ? 'too few concepts in common' : `cosines between ${geometry.cosines.concepts} concepts correlate at r ${signed(geometry.cosines.r)} (p ${pValue(geometry.cosines.p)} against exchanged names)`}`,
    `  A            ${axes(geometry.a)}`,
    `  B            ${axes(geometry.b)}`,
  ]
  return `${lines.join('\n')}\n`
}

/** All, or both ends of many. */
function shownShifts(shifts: readonly Shift[]): (Shift | null)[] {
  if (shifts.length <= 2 * SHOWN) return [...shifts]
  return [...shifts.slice(0, SHOWN), null, ...shifts.slice(-SHOWN)]
}

function shiftLine({ concept, shift, own, r, neutral, cosine }: Shift): string {
  const interval = `[${signed(shift.low)}, ${signed(shift.high)}]`
  const rest = neutral === null || cosine === null ? '' : `${signed(neutral).padStart(9)}${signed(cosine).padStart(8)}`
  return `  ${concept.padEnd(15)}${signed(shift.estimate).padStart(7)}  ${interval.padEnd(17)}${signed(own).padStart(10)}${signed(r).padStart(11)}${rest}`
}

function axes({ valence, arousal, concepts }: Comparison['geometry']['a']): string {
  if (!valence || !arousal) return `${concepts} rated concepts are too few`
  const axis = (name: string, { component, r, p }: typeof valence) =>
    `${name} on component ${component}, |r| ${amount(Number(r.toFixed(2)))}, p ${pValue(p)}`
  return `${axis('valence', valence)}; ${axis('arousal', arousal)}`
}
