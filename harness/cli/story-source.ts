import { existsSync } from 'node:fs'
import { DEFAULT_RECIPE, type Recipe } from '../../vectors/extract/recipe.ts'
import { CORE_CONCEPTS, loadCorpus, selectConcepts } from '../../vectors/stories/corpus.ts'
import { InputError } from '../errors.ts'
import { writeStoriesBy } from '../run/own-stories.ts'
import type { Machine, ModelOnDisk, StepProgress, VectorOptions } from '../run/subject.ts'

export interface StoryFlags {
  readonly concepts?: string
  readonly skip?: number
  readonly sources?: Recipe['sources']
  /** `shipped`, `self`, or a folder. @default 'shipped' */
  readonly stories?: string
  readonly storiesPerConcept?: number
  readonly storiesSeed?: number
}

interface Teller {
  readonly model: ModelOnDisk
  readonly machine: Machine
  readonly onStep: StepProgress
}

/** Tokens of a self-written story that are left out: by then the paper's stories show what they are about. */
const OWN_SKIP = 50
/** With 14 emotions and 4 topics, some minutes for the smallest model. */
const STORIES_PER_CONCEPT = 12

/** The texts that the flags ask for and how they are read; the model's own are written now, unless they are there. */
export async function chooseTexts(flags: StoryFlags, teller: Teller): Promise<Omit<VectorOptions, 'layers'>> {
  const { stories: source = 'shipped', skip, sources } = flags
  if (source !== 'self') {
    if (flags.storiesPerConcept !== undefined || flags.storiesSeed !== undefined)
      throw new InputError(
        '--stories-per-concept and --stories-seed are for --stories self: other texts are not written',
      )
    const recipe = { ...DEFAULT_RECIPE, ...(skip !== undefined && { skip }), ...(sources && { sources }) }
    if (source === 'shipped') return { recipe, concepts: conceptsOf(flags.concepts ?? 'core') }
    return { recipe, concepts: conceptsOf(flags.concepts ?? 'all'), corpus: loadCorpus(folderOf(source)) }
  }
  if (sources !== undefined && sources !== 'passages')
    throw new InputError(`--sources ${sources}: stories of the model's own have no templates; leave --sources out`)
  const recipe: Recipe = { ...DEFAULT_RECIPE, sources: 'passages', skip: skip ?? OWN_SKIP }
  const own = await writeStoriesBy(teller, {
    shipped: selectConcepts(loadCorpus(), conceptsOf(flags.concepts ?? 'core')),
    storiesPerConcept: flags.storiesPerConcept ?? STORIES_PER_CONCEPT,
    seed: flags.storiesSeed ?? 1,
    skip: recipe.skip,
  })
  return { recipe, concepts: 'all', ...own }
}

const conceptsOf = (concepts: string): 'all' | readonly string[] =>
  concepts === 'all'
    ? concepts
    : concepts.split(',').flatMap((name) => (name.trim() === 'core' ? CORE_CONCEPTS : [name.trim()]))

function folderOf(source: string): string {
  if (existsSync(source)) return source
  throw new InputError(`--stories ${source}: expected shipped, self, or a folder with texts like vectors/stories`)
}
