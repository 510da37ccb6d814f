import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { InfraError, InputError } from '../errors.ts'
import { closest } from '../suggest.ts'
import { readYaml } from '../yaml-file.ts'

/** The texts that vectors are made from. Everything is sorted, so the same content reads the same however the files are laid out. */
export interface Corpus {
  /** The emotions, by name. */
  readonly concepts: readonly Concept[]
  /** Controls of the same shape without emotion. */
  readonly unrelated: readonly Concept[]
  readonly neutral: readonly string[]
  /** Scene keys that occur anywhere; `lintCorpus` tells which concept lacks one. */
  readonly scenes: readonly string[]
  /** sha256 (hex) of all the above. */
  readonly hash: string
  /** The folder it was read from (no part of the hash), or the one file that holds the model's own stories. */
  readonly source: string
}

export interface Concept {
  readonly name: string
  /** Beginnings of words that no passage of the concept may hold. */
  readonly stems: readonly string[]
  readonly passages: readonly Passage[]
  readonly templates: readonly Template[]
}

interface Passage {
  readonly scene: string
  readonly text: string
}

interface Template {
  readonly text: string
  /** Offset (UTF-16 units) just after the concept's word. */
  readonly readFrom: number
}

/**
 * Reads a corpus: `concepts/*.yaml`, `unrelated/*.yaml`, `templates.yaml`, `neutral.yaml`.
 * @param folder @default the corpus that ships with the package
 * @throws InputError naming file, line and key.
 */
export function loadCorpus(folder: string = shippedFolder()): Corpus {
  const templates = readYaml(join(folder, 'templates.yaml'), templatesShape)
  const { texts: neutral } = readYaml(join(folder, 'neutral.yaml'), neutralShape)
  const concepts = readConcepts(join(folder, 'concepts'), templates.emotion)
  const unrelated = readConcepts(join(folder, 'unrelated'), templates.topic)
  refuseSharedNames(concepts, unrelated, folder)
  const all = [...concepts, ...unrelated]
  const scenes = [...new Set(all.flatMap(({ passages }) => passages.map(({ scene }) => scene)))].toSorted()
  const content = { concepts, unrelated, neutral, scenes }
  return { ...content, hash: hashOf(content), source: folder }
}

/** `file`, or `file:line: passages.scene`: where a concept's texts stand, for errors. */
export function placeOf({ source, unrelated }: Corpus, { name }: Concept, scene?: string): string {
  const family = unrelated.some((c) => c.name === name) ? 'unrelated' : 'concepts'
  const path = join(source, family, `${name.replaceAll(' ', '-')}.yaml`)
  const file = existsSync(path) ? path : source
  if (scene === undefined) return file
  const line =
    file === source
      ? -1
      : readFileSync(file, 'utf8')
          .split('\n')
          .findIndex((l) => l.trim().startsWith(`${scene}:`))
  return line < 0 ? `${file}: ${name}, ${scene}` : `${file}:${line + 1}: passages.${scene}`
}

/** The emotions that studies use unless they say otherwise: few enough for a laptop, spread over valence and arousal. */
export const CORE_CONCEPTS: readonly string[] = [
  'afraid',
  'angry',
  'blissful',
  'brooding',
  'calm',
  'desperate',
  'guilty',
  'happy',
  'hostile',
  'loving',
  'nervous',
  'proud',
  'sad',
  'surprised',
]

/**
 * The corpus with some of its emotions: `all`, `core`, or the ones named. A vector depends on the others of its set (their mean is taken off),
 * so the hash is that of the selection. Errors: InputError for a name that the corpus does not have, and for fewer than two.
 */
export function selectConcepts(corpus: Corpus, wanted: 'all' | 'core' | readonly string[]): Corpus {
  if (wanted === 'all') return corpus
  const names = new Set(wanted === 'core' ? CORE_CONCEPTS : wanted)
  const known = corpus.concepts.map((c) => c.name)
  const stranger = [...names].find((name) => !known.includes(name))
  if (stranger !== undefined) {
    const close = closest(stranger, known)
    throw new InputError(
      `the corpus has no concept ${JSON.stringify(stranger)}${close === undefined ? '' : `; did you mean ${JSON.stringify(close)}?`} All of them: duress vectors list --concepts`,
    )
  }
  if (names.size < 2)
    throw new InputError('a vector set needs two concepts at least: each is told from the mean of all')
  const { unrelated, neutral, scenes, source } = corpus
  const content = { concepts: corpus.concepts.filter((c) => names.has(c.name)), unrelated, neutral, scenes }
  return { ...content, hash: hashOf(content), source }
}

const text = z.string('expected a text').trim().min(1, 'expected a text, found nothing')
const conceptBody = z.strictObject({
  concept: z.string().regex(/^[a-z]+(?:[ -][a-z]+)*$/, 'expected lower-case words'),
  stems: z
    .array(z.string().regex(/^[a-z]{2,}$/, 'expected the beginning of a word, lower case'))
    .min(1, 'expected a stem at least'),
  passages: z
    .record(z.string().regex(/^[a-z][a-z-]*$/, 'expected a scene key of lower-case letters and hyphens'), text)
    .refine((passages) => Object.keys(passages).length > 0, 'expected a passage at least'),
})
/** The name in the file must be the file's own, or a copied file would pass for another concept. */
const conceptShape = (fileName: string) =>
  conceptBody.refine(({ concept }) => concept.replaceAll(' ', '-') === fileName, {
    path: ['concept'],
    error: `expected "${fileName}", as the file is called (a space is a hyphen there)`,
  })
const template = text.refine((line) => line.split('{e}').length === 2, 'expected {e} exactly once')
const templateList = z.array(template).min(1, 'expected a template at least')
const templatesShape = z.strictObject({ emotion: templateList, topic: templateList })
const neutralShape = z.strictObject({ texts: z.array(text).min(1, 'expected a text at least') })

/** The compiled code lives in dist/, the YAML stays where it was written, so the package root is looked for. */
export function shippedFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  let folder = start
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder))
      throw new InfraError(`no package.json above ${start}: the package is not whole, install it again`)
    folder = dirname(folder)
  }
  return join(folder, 'vectors', 'stories')
}

function readConcepts(folder: string, templates: readonly string[]): readonly Concept[] {
  const concepts = namesIn(folder).map((name) => readConcept(join(folder, `${name}.yaml`), templates))
  return concepts.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function namesIn(folder: string): readonly string[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.yaml')) : []
  if (files.length === 0) throw new InputError(`expected one .yaml file a concept in ${folder}, found none`)
  return files.map((file) => basename(file, '.yaml')).toSorted()
}

function readConcept(file: string, templates: readonly string[]): Concept {
  const { concept: name, stems, passages } = readYaml(file, conceptShape(basename(file, '.yaml')))
  return {
    name,
    stems: stems.toSorted(),
    passages: Object.keys(passages)
      .toSorted()
      .map((scene) => ({ scene, text: passages[scene] ?? '' })),
    templates: templates.map((line) => ({
      text: line.replace('{e}', name),
      readFrom: line.indexOf('{e}') + name.length,
    })),
  }
}

function refuseSharedNames(concepts: readonly Concept[], unrelated: readonly Concept[], folder: string): void {
  const names = new Set(concepts.map(({ name }) => name))
  const shared = unrelated.find(({ name }) => names.has(name))
  if (shared) throw new InputError(`${folder}: "${shared.name}" is both in concepts/ and in unrelated/; keep one`)
}

/** The objects are built here, keys always in the same order, lists sorted: plain JSON is canonical. */
export function hashOf(content: Omit<Corpus, 'hash' | 'source'>): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}
