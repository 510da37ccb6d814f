import type { RunFacts } from './findings.ts'
import { strengthsText } from './numbers.ts'

/** What was run, in the order of the last screen's first line. */
export function runFacts(run: RunFacts): readonly string[] {
  return [
    run.study,
    run.model,
    `block ${run.layer} of ${run.layers}`,
    doses(run),
    `window ${run.window}`,
    ...(run.operation === 'add' ? [] : [`operation ${run.operation}`]),
    controlsText(run),
    `card: ${run.card}`,
    `seed ${run.seed}`,
  ]
}

/** `12 random, 3 unrelated, lexical`, or that there were none. */
export function controlsText({ controls }: RunFacts): string {
  const parts = [
    ...(controls.random > 0 ? [`${controls.random} random`] : []),
    ...((controls.shuffled ?? 0) > 0 ? [`${controls.shuffled} shuffled`] : []),
    ...(controls.unrelated.length > 0 ? [`${controls.unrelated.length} unrelated`] : []),
    ...(controls.lexical ? ['lexical'] : []),
  ]
  return parts.length > 0 ? parts.join(', ') : 'no controls'
}

/** `90 of 96 episodes (4 reused, 2 failed)`. */
export function episodesText({ episodes }: RunFacts): string {
  const asides = [
    ...(episodes.reused > 0 ? [`${episodes.reused} reused`] : []),
    ...(episodes.failed > 0 ? [`${episodes.failed} failed`] : []),
  ]
  const aside = asides.length > 0 ? ` (${asides.join(', ')})` : ''
  return `${episodes.done} of ${episodes.planned} episodes${aside}`
}

/** `120,723 prompt tokens, 91 % shared`; nothing where nothing was run. */
export function promptsText({ prompts }: RunFacts): string {
  if (prompts === null || prompts.tokens === 0) return ''
  return `${prompts.tokens.toLocaleString('en')} prompt tokens, ${Math.floor((100 * prompts.shared) / prompts.tokens)} % shared`
}

function doses(run: RunFacts): string {
  const count = `${run.vectors.length} ${run.vectors.length === 1 ? 'vector' : 'vectors'}`
  const strengths = strengthsText(run.strengths)
  return strengths === '' ? `${count}, no dose` : `${count} × ${strengths} ${run.unit}`
}
