import { writeFileSync } from 'node:fs'
import { renderCardPage } from '../../reports/html.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { layerOf } from '../../vectors/extract/set.ts'
import { saveCard } from '../../vectors/verify/card-file.ts'
import { verifyVectors } from '../../vectors/verify/verify.ts'
import { openRunEngine } from '../run/subject.ts'
import { renderCard } from './card.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { obtainVectors, type VectorFlags } from './vectors.ts'

export interface VerifyFlags extends VectorFlags {
  readonly layer?: number
  readonly html?: string
}

/** The verification card, shown and kept beside the set, where runs and `vectors show` find it. Gives 0 for pass, 1 otherwise. */
export async function verifyCommand(flags: VerifyFlags, context: CliContext): Promise<number> {
  const { model, set, path } = await obtainVectors(flags, context)
  const layer = flags.layer ?? layerAt(2 / 3, model.layers)
  layerOf(set, layer)
  const steps = stepProgress(context)
  await using engine = await openRunEngine(
    model,
    context.machine,
    { set, steerLayers: [layer], contextTokens: 512, maxRows: 4 },
    steps.onStep,
  )
  const { tokenizer, chat, gguf } = model
  const card = await verifyVectors({ engine, tokenizer, chat, gguf, set, layer, signal: context.machine.signal })
  steps.done()
  await saveCard({ path, set, layer }, card)
  if (flags.html) writeFileSync(flags.html, renderCardPage({ ...card, model: flags.model }))
  context.out(flags.json ? `${JSON.stringify(card, null, 2)}\n` : renderCard(card, flags.model))
  return card.result === 'pass' ? 0 : 1
}
