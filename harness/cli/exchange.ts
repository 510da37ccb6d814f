import { existsSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { namedVector } from '../../vectors/controls/named.ts'
import { conceptsIn, isImportName, parseVectorName } from '../../vectors/extract/names.ts'
import type { ReferenceNorms } from '../../vectors/extract/norms.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { layerOf, vectorHash } from '../../vectors/extract/set.ts'
import { writeControlVector } from '../../vectors/formats/control-vector.ts'
import type { Directions } from '../../vectors/formats/directions.ts'
import { saveImport } from '../../vectors/formats/imports.ts'
import { writeDirections } from '../../vectors/formats/native.ts'
import { writeNpz } from '../../vectors/formats/npz.ts'
import { readVectorFile } from '../../vectors/formats/read.ts'
import { sha256File } from '../../vectors/model/verify-file.ts'
import { CORE_CONCEPTS, loadCorpus } from '../../vectors/stories/corpus.ts'
import { InputError } from '../errors.ts'
import { vectorNeeds, withImports } from '../run/named-vectors.ts'
import { captureLayersOf, type ModelOnDisk, openModel } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { obtainVectors } from './vectors.ts'

export interface ExportFlags {
  readonly model: string
  /** The name of a vector. */
  readonly concept: string
  readonly format: 'gguf' | 'npz' | 'safetensors'
  readonly out: string
  /** In units of `unit`, folded into the numbers. @default 1 */
  readonly strength?: number
  readonly unit?: 'norm' | 'centred' | 'robust' | 'raw'
  /** @default 2/3 of the depth */
  readonly layers?: readonly number[]
  readonly json?: boolean
}

/** Writes a vector, as long as the strength says, to a file for other programs. */
export async function exportCommand(flags: ExportFlags, context: CliContext): Promise<number> {
  checkFolder(flags.out)
  const { strength = 1, unit = 'norm' } = flags
  if (!Number.isFinite(strength) || strength === 0)
    throw new InputError(`--strength ${strength}: expected a number other than 0; at 0 there is no vector`)
  if (flags.format === 'gguf' && flags.layers?.includes(0))
    throw new InputError('--layers 0: llama.cpp adds control vectors after block 1 at the earliest; leave layer 0 out')
  const { model, set, layers } = await openSet(flags, context)
  const made = layers.map((layer) => {
    const { name, vector } = namedVector(set, layer, flags.concept)
    const length = strength * lengthOf(layerOf(set, layer).norms, unit)
    return { layer, name, hash: vectorHash(vector), length, data: vector.map((v) => v * length) }
  })
  const [{ name }] = made as [(typeof made)[number]]
  const file = {
    layers: new Map(made.map(({ layer, data }) => [layer, data])),
    modelHint: String(model.gguf.metadata.get('general.architecture')),
    modelSha256: set.modelSha256,
    facts: {
      name,
      model: set.modelSha256,
      strength,
      unit,
      corpus: set.corpusHash,
      ...Object.fromEntries(made.map(({ layer, length }) => [`length.${layer}`, length])),
      ...Object.fromEntries(made.map(({ layer, hash }) => [`sha256.${layer}`, hash])),
    },
  }
  if (flags.format === 'gguf') writeControlVector(flags.out, file)
  else if (flags.format === 'npz') writeNpz(flags.out, file.layers)
  else writeDirections(flags.out, file)
  const facts = made.map(({ layer, length, hash }) => ({ layer, length, hash }))
  if (flags.json)
    context.out(`${JSON.stringify({ out: resolve(flags.out), name, strength, unit, layers: facts }, null, 2)}\n`)
  else
    context.out(
      `${flags.out}: ${name}, strength ${strength} of unit ${unit}; ${facts.map((f) => `layer ${f.layer}: length ${f.length.toFixed(2)}`).join(', ')}\n`,
    )
  return 0
}

function checkFolder(out: string): void {
  const folder = dirname(resolve(out))
  if (!existsSync(folder))
    throw new InputError(`--out ${out}: the folder ${folder} does not exist; create it, or give another file`)
  if (existsSync(out) && statSync(out).isDirectory())
    throw new InputError(`--out ${out}: is a folder; give the name of a file`)
}

const lengthOf = ({ norm, centred, robust }: ReferenceNorms, unit: NonNullable<ExportFlags['unit']>): number =>
  ({ norm, centred, robust, raw: 1 })[unit]

/** The set that holds what the name speaks of: the core emotions and those of the name, the usual layers and those of the name. */
async function openSet(
  { model: id, concept, layers: asked }: Pick<ExportFlags, 'model' | 'concept' | 'layers'>,
  context: CliContext,
) {
  const corpus = loadCorpus()
  const emotions = corpus.concepts.map((c) => c.name)
  const parsed = parseVectorName(concept, { emotions, unrelated: corpus.unrelated.map((c) => c.name) })
  const steps = stepProgress(context)
  const model = await openModel(id, context.machine, steps.onStep)
  steps.done()
  const layers = [...new Set(asked ?? [layerAt(2 / 3, model.layers)])].toSorted((a, b) => a - b)
  const needs = vectorNeeds([concept], layers)
  const further = conceptsIn(parsed).filter((name) => emotions.includes(name) && !CORE_CONCEPTS.includes(name))
  const usual = layerAt(2 / 3, model.layers)
  const { set } = await obtainVectors(
    {
      model: id,
      concepts: ['core', ...new Set(further)].join(','),
      layers: captureLayersOf(model, { steered: [usual, ...needs.layers] }),
    },
    context,
  )
  return { model, set: withImports(set, context.machine.home, needs), layers }
}

export interface ImportFlags {
  readonly model: string
  readonly name: string
  readonly layers?: readonly number[]
  /** Take a file that says it was made for another model. */
  readonly force?: boolean
  readonly json?: boolean
}

/** Brings a vector of another program in: checked against the model, kept as unit vectors, named `import:NAME` from then on. */
export async function importCommand(file: string, flags: ImportFlags, context: CliContext): Promise<number> {
  if (!isImportName(flags.name))
    throw new InputError(
      `--name ${JSON.stringify(flags.name)}: expected lower-case letters, digits and hyphens, 64 at most`,
    )
  const steps = stepProgress(context)
  const model = await openModel(flags.model, context.machine, steps.onStep)
  steps.done()
  const { width, layers } = model
  const directions = await readVectorFile(file, { width, layers, ...(flags.layers && { wanted: flags.layers }) })
  const strangeness = strangenessOf(directions, model)
  if (strangeness !== undefined && !flags.force)
    throw new InputError(`${file}: ${strangeness}; --force takes it all the same`)
  const notes = [...directions.notes, ...(strangeness === undefined ? [] : [strangeness]), ...unknownHint(directions)]
  const source = { file: basename(file), sha256: await sha256File(file) }
  const modelSha256 = model.file.sha256
  const path = saveImport(context.machine.home, flags.name, {
    modelSha256,
    directions: { ...directions, notes },
    source,
  })
  const { format, producer } = directions
  const about = { name: `import:${flags.name}`, path, source, format, producer, layers: [...directions.layers.keys()] }
  if (flags.json) context.out(`${JSON.stringify({ ...about, notes }, null, 2)}\n`)
  else
    context.out(
      `import:${flags.name}: ${format} by ${producer}, layers ${about.layers.join(', ')}, sha256 ${source.sha256.slice(0, 12)}\n${notes.map((note) => `note: ${note}\n`).join('')}`,
    )
  return 0
}

/** Words for a model's kind that files use, by llama.cpp's own; repeng writes those of Hugging Face. */
const ARCHITECTURE: Readonly<Record<string, string>> = {
  llama: 'llama',
  mistral: 'llama',
  qwen2: 'qwen2',
  'qwen2.5': 'qwen2',
  qwen3: 'qwen3',
  gemma: 'gemma',
  gemma2: 'gemma2',
  gemma3: 'gemma3',
  gemma3_text: 'gemma3',
  phi3: 'phi3',
}

const architectureOf = ({ modelHint }: Directions): string | undefined => ARCHITECTURE[modelHint?.toLowerCase() ?? '']

/** Why the file is not for this model, as far as it says. */
function strangenessOf(directions: Directions, { gguf, file }: ModelOnDisk): string | undefined {
  const { modelSha256, modelHint } = directions
  if (modelSha256 !== undefined && modelSha256 !== file.sha256)
    return `it was made for the model ${modelSha256.slice(0, 12)}, this one is ${file.sha256.slice(0, 12)}`
  const own = String(gguf.metadata.get('general.architecture'))
  const made = architectureOf(directions)
  if (made !== undefined && made !== own) return `it was made for a ${modelHint} model, this one is a ${own}`
  return undefined
}

function unknownHint(directions: Directions): string[] {
  if (directions.modelSha256 !== undefined || architectureOf(directions) !== undefined) return []
  const said = directions.modelHint === undefined ? 'nothing' : JSON.stringify(directions.modelHint.slice(0, 80))
  return [`the file says ${said} of its model: only width and layers could be checked`]
}
