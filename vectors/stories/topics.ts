import { join } from 'node:path'
import { z } from 'zod'
import { keyOf, permutation } from '../random.ts'
import { readYaml } from '../yaml-file.ts'
import { shippedFolder } from './corpus.ts'

const topicsShape = z.strictObject({
  topics: z
    .array(z.string('expected a topic').trim().min(1, 'expected a topic, found nothing'))
    .min(2, 'expected two topics at least')
    .refine((topics) => new Set(topics).size === topics.length, 'expected each topic once'),
})

/** What stories may be about. Errors: InputError naming file, line and key. */
export const loadTopics = (folder: string = shippedFolder()): readonly string[] =>
  readYaml(join(folder, 'topics.yaml'), topicsShape).topics

/** The topics that a seed chooses, the same for every concept, because topics carry emotion of their own; asking for more keeps the first ones. */
export const chooseTopics = (topics: readonly string[], count: number, seed: number): string[] =>
  permutation(keyOf('story topics', seed), topics.length)
    .slice(0, count)
    .map((i) => topics[i]!)
