import { cleanTexts, type ConceptTexts } from '../controls/shuffled.ts'
import { keyOf, normals } from '../random.ts'
import { dots, mean, type Vector } from './algebra.ts'
import { combineFamily, type NamedMeans } from './combine.ts'
import { principalComponents } from './components.ts'
import { referenceNorms } from './norms.ts'
import type { CorpusReading } from './read-corpus.ts'
import type { Recipe } from './recipe.ts'
import type { LayerVectors, VectorFacts } from './set.ts'

export const lexicalName = (word: string): string => `lexical:${word}`

/** Rows kept to draw covariance-matched random vectors from. */
const FACTOR_ROWS = 64

/** All that a set holds of one layer (`at`: index into the layers read). Errors: InputError for texts that give no direction. */
export function layerVectors(
  { emotions, unrelated, neutral, sinks }: CorpusReading,
  at: number,
  lexical: ReadonlyMap<string, Float32Array>,
  recipe: Recipe,
): LayerVectors {
  const rows = neutral[at]!
  const wide = rows.map((row) => Float64Array.from(row))
  const middle = mean(wide)
  const centred = rows.map((row) => row.map((v, i) => v - middle[i]!))
  const components = neutralComponents(centred, recipe)
  const vectors = new Map<string, Float32Array>()
  const facts = new Map<string, VectorFacts>()
  const put = (name: string, vector: Float32Array, about: { rawNorm: number; splitHalf: number }) => {
    vectors.set(name, vector)
    facts.set(name, { ...about, ...neutralProjection(vector, wide) })
  }
  for (const family of [emotions, unrelated]) {
    if (family.length < 2) continue
    const means = family.map((layers) => layers[at]!)
    const combined = combineFamily(means, components.directions, recipe)
    for (const [i, { vector, ...about }] of combined.entries()) put(means[i]!.name, Float32Array.from(vector), about)
  }
  for (const [word, vector] of lexical) put(lexicalName(word), vector, { rawNorm: 0, splitHalf: 0 })
  return {
    vectors,
    facts,
    norms: referenceNorms(rows, sinks),
    neutralComponents: { count: components.directions.length, share: components.share },
    neutralFactor: factorOf(centred),
    neutralMean: Float32Array.from(middle),
    ...textsOf(
      emotions.map((layers) => layers[at]!),
      components.directions,
    ),
  }
}

/** Texts can be dealt anew only where all concepts are told in the same scenes. */
function textsOf(
  family: readonly NamedMeans[],
  neutral: readonly Vector[],
): { readonly texts?: ReadonlyMap<string, ConceptTexts> } {
  const isEven = family.every(({ scenes }) => scenes.join() === family[0]!.scenes.join())
  const texts = isEven ? cleanTexts(family, neutral) : undefined
  return texts ? { texts: new Map(family.map(({ name }, i) => [name, texts[i]!])) } : {}
}

function neutralComponents(centred: readonly Float32Array[], { neutralShare, neutralAtLeast }: Recipe) {
  if (neutralShare === 0) return { directions: [] as Vector[], share: 0 }
  return principalComponents(centred, { share: neutralShare, atLeast: neutralAtLeast })
}

function neutralProjection(vector: Float32Array, rows: readonly Vector[]): { neutralMean: number; neutralSd: number } {
  const values = dots(rows, Float64Array.from(vector))
  const neutralMean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, v) => sum + (v - neutralMean) ** 2, 0) / (values.length - 1)
  return { neutralMean, neutralSd: Math.sqrt(variance) }
}

/** Random combinations of centred rows: (FACTOR_ROWS, H); any further random combination has about their covariance. */
function factorOf(centred: readonly Float32Array[]): Float32Array[] {
  const scale = 1 / Math.sqrt(centred.length)
  return Array.from({ length: FACTOR_ROWS }, (_, k) => {
    const weights = normals(keyOf('neutral factor', k), centred.length)
    const out = new Float64Array(centred[0]!.length)
    for (const [i, row] of centred.entries())
      for (let h = 0; h < out.length; h++) out[h]! += weights[i]! * scale * row[h]!
    return Float32Array.from(out)
  })
}
