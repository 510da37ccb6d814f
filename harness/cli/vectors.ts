import { type VectorSet, layerOf, loadVectorSet, setHash } from '../../vectors/extract/set.ts'
import { DEFAULT_RECIPE, layerAt } from '../../vectors/extract/recipe.ts'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CORE_CONCEPTS, loadCorpus } from '../../vectors/stories/corpus.ts'
import { verifyVectors } from '../../vectors/verify/verify.ts'
import { InputError } from '../errors.ts'
import { captureLayersOf, openModel, openRunEngine, openVectors } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { renderCard } from './card.ts'

export interface VectorFlags {
  readonly model: string
  readonly layers?: readonly number[]
  readonly concepts?: string
  readonly skip?: number
  readonly sources?: 'passages' | 'templates' | 'both'
  readonly json?: boolean
}

/** Extracts the vectors of the shipped corpus, or shows those already in the cache. */
export async function extractCommand(flags: VectorFlags, context: CliContext): Promise<number> {
  const { set, path, isNew } = await obtainVectors(flags, context)
  if (flags.json) context.out(`${JSON.stringify({ path, hash: setHash(set), isNew, layers: summary(set) }, null, 2)}\n`)
  else context.out(`${isNew ? 'extracted' : 'already there'}: ${path}\nhash ${setHash(set)}\n${table(set)}`)
  return 0
}

/** The set that the flags ask for, from the cache or extracted now. */
export async function obtainVectors(flags: VectorFlags, context: CliContext) {
  const steps = stepProgress(context)
  const model = await openModel(flags.model, context.machine, steps.onStep)
  const recipe = {
    ...DEFAULT_RECIPE,
    ...(flags.skip === undefined ? {} : { skip: flags.skip }),
    ...(flags.sources === undefined ? {} : { sources: flags.sources }),
  }
  const layers = flags.layers ?? captureLayersOf(model, { steered: [layerAt(2 / 3, model.layers)] })
  const wrong = layers.find((l) => !Number.isInteger(l) || l < 0 || l >= model.layers)
  if (wrong !== undefined)
    throw new InputError(`layer ${wrong} is out of range: ${flags.model} has layers 0 to ${model.layers - 1}`)
  const made = await openVectors(model, context.machine, { layers, recipe, concepts: conceptsOf(flags) }, steps.onStep)
  steps.done()
  return { model, ...made }
}

const conceptsOf = ({ concepts = 'core' }: VectorFlags): 'all' | readonly string[] =>
  concepts === 'all'
    ? concepts
    : concepts.split(',').flatMap((name) => (name.trim() === 'core' ? CORE_CONCEPTS : [name.trim()]))

/** The verification card: situations, ladders and manipulation check, each with its control. */
export async function verifyCommand(flags: VectorFlags, context: CliContext): Promise<number> {
  const { model, set } = await obtainVectors(flags, context)
  const steerLayer = layerAt(2 / 3, model.layers)
  layerOf(set, steerLayer)
  const steps = stepProgress(context)
  await using engine = await openRunEngine(
    model,
    context.machine,
    { set, steerLayers: [steerLayer], contextTokens: 512, maxRows: 4 },
    steps.onStep,
  )
  const card = await verifyVectors({
    engine,
    tokenizer: model.tokenizer,
    chat: model.chat,
    set,
    layer: steerLayer,
    signal: context.machine.signal,
  })
  steps.done()
  context.out(flags.json ? `${JSON.stringify(card, null, 2)}\n` : renderCard(card, flags.model))
  return card.result === 'pass' ? 0 : 1
}

/** Vector sets in the cache, or the concepts of the shipped corpus. */
export function listCommand(
  flags: { readonly json?: boolean; readonly concepts?: boolean },
  { machine, out }: CliContext,
): number {
  if (flags.concepts) {
    const corpus = loadCorpus()
    const names = { emotions: corpus.concepts.map((c) => c.name), unrelated: corpus.unrelated.map((c) => c.name) }
    out(flags.json ? `${JSON.stringify(names)}\n` : `${[...names.emotions, ...names.unrelated].join('\n')}\n`)
    return 0
  }
  const folder = machine.home.vectors
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.safetensors'))
    : []
  const sets = files.map((f) => {
    const set = loadVectorSet(join(folder, f))
    return {
      path: join(folder, f),
      model: set.modelSha256,
      layers: [...set.layers.keys()],
      vectors: set.families.size,
      hash: setHash(set),
    }
  })
  if (flags.json) out(`${JSON.stringify(sets, null, 2)}\n`)
  else if (sets.length === 0) out('no vector sets yet: duress vectors extract --model smollm2-135m\n')
  else
    for (const s of sets)
      out(
        `${s.path}\n  model ${s.model.slice(0, 12)} · layers ${s.layers.join(', ')} · ${s.vectors} vectors · ${s.hash.slice(0, 12)}\n`,
      )
  return 0
}

const summary = (set: VectorSet) =>
  Object.fromEntries(
    [...set.layers].map(([layer, { norms, neutralComponents, facts }]) => [
      layer,
      { norms, neutralComponents, facts: Object.fromEntries(facts) },
    ]),
  )

function table(set: VectorSet): string {
  const out: string[] = []
  for (const [layer, { norms, neutralComponents, facts }] of set.layers) {
    const emotions = [...facts].filter(([name]) => set.families.get(name) === 'emotion')
    const mean = emotions.reduce((sum, [, f]) => sum + f.splitHalf, 0) / emotions.length
    out.push(
      `layer ${layer}: R ${norms.norm.toFixed(1)}, centred ${norms.centred.toFixed(1)}, robust ${norms.robust.toFixed(1)}, top 3 dims ${Math.round(100 * norms.topShare)} %, ` +
        `${neutralComponents.count} neutral components (${Math.round(100 * neutralComponents.share)} %), split-half ${mean.toFixed(2)}`,
    )
  }
  return `${out.join('\n')}\n`
}
