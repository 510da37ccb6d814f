import type { Effect } from '../findings.ts'
import { oneDecimal, signed } from '../numbers.ts'
import { displayWidth, pad } from '../width.ts'

export interface EffectColumn {
  readonly texts: readonly string[]
  /** Spaces that put a bare number under the values. */
  readonly filler: string
}

/** A column of effects, `−.41 (z −2.6)`, the z values padded so that all parts stand under each other. */
export function effectColumn(effects: readonly (Effect | null)[], withZ: boolean): EffectColumn {
  const zs = effects.map((effect) => (effect === null || effect.z === null ? '' : oneDecimal(effect.z)))
  const widest = withZ ? Math.max(0, ...zs.map(displayWidth)) : 0
  const filler = widest === 0 ? '' : ' '.repeat(widest + ' (z )'.length)
  const texts = effects.map((effect, index) => {
    if (effect === null) return ''
    const z = zs[index] ?? ''
    if (widest === 0 || z === '') return signed(effect.value) + filler
    return `${signed(effect.value)} (z ${pad(z, widest, 'right')})`
  })
  return { texts, filler }
}
