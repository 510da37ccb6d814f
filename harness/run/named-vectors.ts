import { conceptsIn, importsIn, parseVectorName, shiftsIn } from '../../vectors/extract/names.ts'
import type { VectorSet } from '../../vectors/extract/set.ts'
import { loadImports } from '../../vectors/formats/imports.ts'
import type { Home } from '../../vectors/model/home.ts'

export interface VectorNeeds {
  /** Concepts and topics whose texts must be among those that are read. */
  readonly concepts: readonly string[]
  /** Layers whose vectors are applied: the steered ones and those that shifts reach. Some may lie outside the model. */
  readonly layers: readonly number[]
  readonly imports: readonly string[]
}

/** What the vectors of these names take, when they are applied at these layers. */
export function vectorNeeds(names: readonly string[], layers: readonly number[]): VectorNeeds {
  const parsed = names.map((name) => parseVectorName(name))
  const shifts = new Set([0, ...parsed.flatMap(shiftsIn)])
  return {
    concepts: [...new Set(parsed.flatMap(conceptsIn))],
    layers: [...new Set(layers.flatMap((layer) => [...shifts].map((shift) => layer + shift)))],
    imports: [...new Set(parsed.flatMap(importsIn))],
  }
}

/** The set together with what was imported for its model; without any need of it, the set as it is. */
export const withImports = (set: VectorSet, home: Home, { imports }: Pick<VectorNeeds, 'imports'>): VectorSet =>
  imports.length === 0 ? set : { ...set, imports: loadImports(home, set.modelSha256) }
