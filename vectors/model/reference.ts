import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'

const TopTokens = z.object({ top_ids: z.array(z.number()), top_logprobs: z.array(z.number()) })

const Prompt = z.object({
  ids: z.array(z.number()).min(2),
  positions: z.array(z.number()).min(1),
  top_ids: z.array(z.array(z.number())),
  top_logprobs: z.array(z.array(z.number())),
  resid_post_norm: z.array(z.number()),
  resid_post_projection: z.array(z.number()),
  R: z.number().positive(),
  steered_last_position: z.array(TopTokens.extend({ strength: z.number(), tokens: z.literal('all') })),
})

const ReferenceFile = z.object({
  model: z.string(),
  layer: z.number(),
  vector: z.array(z.number()),
  prompts: z.array(Prompt).min(1),
})

/** What another framework computed from the same weights: reference/README.md. */
export type Reference = z.infer<typeof ReferenceFile>
export type ReferencePrompt = Reference['prompts'][number]

/**
 * The reference values of a model of the registry, from the folder `vectors/model/reference` of the package.
 * Errors: InputError when there are none for this model.
 */
export function readReference(folder: string, id: string): Reference {
  const path = join(folder, `${id}.json`)
  if (!existsSync(path)) throw new InputError(`there are no reference values for ${id}: ${path} does not exist`)
  return ReferenceFile.parse(JSON.parse(readFileSync(path, 'utf8')))
}
