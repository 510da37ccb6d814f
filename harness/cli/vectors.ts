import { type VectorSet, loadVectorSet, setHash } from '../../vectors/extract/set.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadCorpus } from '../../vectors/stories/corpus.ts'
import { storiesWarning } from '../../vectors/stories/judge.ts'
import { InputError } from '../errors.ts'
import { captureLayersOf, openModel, openVectors } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { chooseTexts, type StoryFlags } from './story-source.ts'

export interface VectorFlags extends StoryFlags {
  readonly model: string
  readonly layers?: readonly number[]
  readonly json?: boolean
}

/** Extracts vectors, or shows those already in the cache. Gives 1 for a set that is not valid: it is stored all the same. */
export async function extractCommand(flags: VectorFlags, context: CliContext): Promise<number> {
  const { set, path, isNew, texts } = await obtainVectors(flags, context)
  const { stories } = set
  const facts = { path, hash: setHash(set), isNew, texts, ...(stories && { stories }), layers: summary(set) }
  if (flags.json) context.out(`${JSON.stringify(facts, null, 2)}\n`)
  else {
    const resumed = texts.resumed > 0 ? ` (${texts.resumed} of ${texts.total} texts had been read before)` : ''
    context.out(
      `${isNew ? 'extracted' : 'already there'}: ${path}${resumed}\nhash ${facts.hash}\n${table(set)}${storiesText(set)}`,
    )
  }
  return stories?.valid === false ? 1 : 0
}

/** The set that the flags ask for, from the cache or extracted now. */
export async function obtainVectors(flags: VectorFlags, context: CliContext) {
  const steps = stepProgress(context)
  const model = await openModel(flags.model, context.machine, steps.onStep)
  const layers = flags.layers ?? captureLayersOf(model, { steered: [layerAt(2 / 3, model.layers)] })
  const wrong = layers.find((l) => !Number.isInteger(l) || l < 0 || l >= model.layers)
  if (wrong !== undefined)
    throw new InputError(`layer ${wrong} is out of range: ${flags.model} has layers 0 to ${model.layers - 1}`)
  const texts = await chooseTexts(flags, { model, machine: context.machine, onStep: steps.onStep })
  const made = await openVectors(model, context.machine, { layers, ...texts }, steps.onStep)
  steps.done()
  const warning = storiesWarning(made.set.stories)
  if (warning) context.err(`${warning}\n`)
  return { model, ...made }
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
      ...(set.stories && { stories: set.stories }),
    }
  })
  if (flags.json) out(`${JSON.stringify(sets, null, 2)}\n`)
  else if (sets.length === 0) out('no vector sets yet: duress vectors extract --model smollm2-135m\n')
  else
    for (const s of sets)
      out(
        `${s.path}\n  model ${s.model.slice(0, 12)} · layers ${s.layers.join(', ')} · ${s.vectors} vectors · ${s.hash.slice(0, 12)}${s.stories ? ` · own stories${s.stories.valid ? '' : ', not valid'}` : ''}\n`,
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

function storiesText({ stories }: VectorSet): string {
  if (!stories) return ''
  const { written, leaked, leakRate, tooShort, withoutVector, splitHalf, layer, valid } = stories
  const missing = withoutVector.length === 0 ? '' : `, too few left for ${withoutVector.join(', ')}`
  return (
    `${written} stories by the model itself: ${leaked} name their concept (leak rate ${Math.round(100 * leakRate)} %), ${tooShort} too short${missing}\n` +
    `split-half by topic ${splitHalf.toFixed(2)} at layer ${layer}: ${valid ? 'valid' : 'not valid'}\n`
  )
}
