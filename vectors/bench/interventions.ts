import type { OpenOptions } from '../engine/open.ts'
import type { Addition, Steering } from '../engine/types.ts'
import { keyOf, normals } from '../random.ts'
import type { Bench } from './bench.ts'

/** A random unit direction known by its number, (H). */
function randomDirection(index: number, width: number): Float32Array {
  const values = normals(keyOf('bench', index, width), width)
  const length = Math.hypot(...values)
  return Float32Array.from(values, (v) => v / length)
}

/** Direction `vector` added at the layer of the reference with the given strength, in units of its mean residual length. */
function additionOf(bench: Bench, vector: number, strength: number): Addition {
  const { layer, prompts } = bench.reference
  return {
    layer,
    vector: randomDirection(vector, bench.model.width),
    coefficient: strength * prompts[0]!.R,
    name: `random ${vector}`,
    hash: `random ${vector}`,
  }
}

/** Steers the assistant's tokens: the generation prompt and all that is generated. Strength 0 adds nothing, as in a study. */
export const assistantSteering = (bench: Bench, vector: number, strength: number): Steering => ({
  additions: strength === 0 ? [] : [additionOf(bench, vector, strength)],
  selected: bench.prompt.isAssistant,
  generated: true,
})

export const TRACE_VECTORS = 171

/** Four layers at 1/3, 1/2, 2/3 and 5/6 depth, traced on 171 directions. */
export function tracing({ model: { layers, width } }: Bench): Pick<OpenOptions, 'captureLayers' | 'basis'> {
  const captureLayers = [1 / 3, 1 / 2, 2 / 3, 5 / 6].map((depth) => Math.floor(depth * layers))
  const basis = Array.from({ length: TRACE_VECTORS }, (_, k) => randomDirection(k, width))
  return { captureLayers, basis: new Map(captureLayers.map((layer) => [layer, basis])) }
}
