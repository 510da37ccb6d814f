import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cosine, dot, norm, unit } from '../extract/algebra.ts'
import { DEFAULT_RECIPE } from '../extract/recipe.ts'
import type { Family, LayerVectors, VectorSet } from '../extract/set.ts'
import { keyOf, normals } from '../random.ts'
import { namedVector, neutralPlace } from './named.ts'
import { randomVector } from './random.ts'

const WIDTH = 48
const FAMILIES: readonly (readonly [string, Family])[] = [
  ['afraid', 'emotion'],
  ['calm', 'emotion'],
  ['desperate', 'emotion'],
  ['weather', 'unrelated'],
  ['lexical:calm', 'lexical'],
  ['lexical:desperate', 'lexical'],
]
const drawn = (name: string): Float32Array => Float32Array.from(unit(normals(keyOf(name), WIDTH)))

function layerOf(layer: number): LayerVectors {
  const vectors = new Map(FAMILIES.map(([name]) => [name, drawn(`${name} ${layer}`)]))
  return {
    vectors,
    facts: new Map(
      [...vectors.keys()].map((name, i) => [name, { rawNorm: 1, splitHalf: 1, neutralMean: i + 1, neutralSd: 2 }]),
    ),
    norms: { norm: 20, centred: 19, robust: 18, topShare: 0.1, topDimensions: [0, 1, 2], tokens: 9, sinks: 0 },
    neutralComponents: { count: 0, share: 0 },
    neutralFactor: Array.from({ length: 64 }, (_, i) => Float32Array.from(normals(keyOf('factor', layer, i), WIDTH))),
    neutralMean: drawn(`mean ${layer}`),
    texts: new Map(
      ['afraid', 'calm', 'desperate'].map((name) => [
        name,
        {
          passages: [0, 1, 2].map((i) => drawn(`${name} passage ${i} ${layer}`)),
          templates: [0, 1].map((i) => drawn(`${name} template ${i} ${layer}`)),
        },
      ]),
    ),
  }
}

const SET: VectorSet = {
  modelSha256: 'm',
  modelLayers: 8,
  width: WIDTH,
  recipe: DEFAULT_RECIPE,
  corpusHash: 'c',
  tokenizerHash: 't',
  version: 'x',
  families: new Map(FAMILIES),
  layers: new Map([2, 4, 6].map((layer) => [layer, layerOf(layer)])),
  imports: new Map([['mine', new Map([[4, drawn('mine')]])]]),
}

const vectorOf = (name: string, layer = 4): Float32Array => namedVector(SET, layer, name).vector

const NAMES = [
  'desperate',
  'calm@shift+2',
  'weather',
  'lexical:calm',
  'random#3',
  'covariance#1',
  'shuffled#0',
  'shuffled#5:calm',
  'import:mine',
]

describe('laws', () => {
  const name = fc.constantFrom(...NAMES)

  test('every vector is a unit vector', () => {
    for (const one of NAMES) expect(norm(vectorOf(one)), one).toBeCloseTo(1, 6)
  })

  test('the other sign twice is the vector, to the bit; once it is its opposite', () => {
    fc.assert(
      fc.property(name, (one) => {
        expect(vectorOf(`--${one}`)).toEqual(vectorOf(one))
        expect(vectorOf(`-${one}`)).toEqual(vectorOf(one).map((v) => -v))
      }),
    )
  })

  test('a projection is orthogonal to all that was projected out, and what is left lies in their span', () => {
    fc.assert(
      fc.property(name, fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), (one, others) => {
        fc.pre(!others.includes(one))
        const left = vectorOf([one, ...others].join('⊥'))
        expect(norm(left)).toBeCloseTo(1, 6)
        for (const other of others) expect(Math.abs(dot(left, vectorOf(other)))).toBeLessThan(1e-6)
        expect(dot(left, vectorOf(one))).toBeGreaterThan(0)
      }),
    )
  })

  test('a shift of 0 changes nothing; a shift is the vector of the other layer', () => {
    expect(vectorOf('desperate@shift+0')).toEqual(vectorOf('desperate'))
    expect(vectorOf('desperate@shift+2')).toEqual(vectorOf('desperate', 6))
    expect(vectorOf('desperate@shift-2⊥afraid')).not.toEqual(vectorOf('desperate⊥afraid'))
    expect(vectorOf('random#1@shift+2')).toEqual(vectorOf('random#1'))
  })

  test('projecting out what is orthogonal, or what is projected out already, changes next to nothing', () => {
    const once = vectorOf('desperate⊥afraid')
    expect(cosine(vectorOf('desperate⊥afraid⊥afraid'), once)).toBeCloseTo(1, 9)
  })
})

test('plain names are the numbers of the set and of the controls, to the bit', () => {
  expect(vectorOf('desperate')).toBe(SET.layers.get(4)!.vectors.get('desperate'))
  expect(vectorOf('lexical:calm')).toBe(SET.layers.get(4)!.vectors.get('lexical:calm'))
  expect(vectorOf('unrelated:weather')).toBe(vectorOf('weather'))
  expect(vectorOf('random#3')).toEqual(randomVector(3, WIDTH))
})

test.each([
  ['desperate', 'desperate', 'vector'],
  ['-desperate~weather', '-desperate⊥weather', 'vector'],
  ['weather', 'weather', 'unrelated'],
  ['unrelated:weather', 'weather', 'unrelated'],
  ['lexical:calm', 'lexical:calm', 'lexical'],
  ['-random#1', '-random#1', 'random'],
  ['covariance#1', 'covariance#1', 'covariance'],
  ['shuffled#1', 'shuffled#1', 'shuffled'],
  ['import:mine', 'import:mine', 'vector'],
])('%s is called %s, of the family %s', (text, name, family) => {
  expect(namedVector(SET, 4, text)).toMatchObject({ name, family })
})

test.each([
  ['desparate', 'did you mean "desperate"?'],
  ['desperate@shift+1', 'layer 5, 1 above layer 4, is not in the vector set; it has 2, 4, 6'],
  ['desperate@shift+9', "layer 13, 9 above layer 4, is not in the vector set; it has 2, 4, 6 of the model's 0 to 7"],
  ['desperate⊥desperate', 'nothing is left of desperate⊥desperate'],
  ['-desperate⊥afraid⊥desperate', 'nothing is left'],
  ['import:mone', 'did you mean "mine"?'],
  ['import:mine@shift+2', 'says nothing of layer 6; it has 4'],
])('%s is refused: %s', (text, says) => {
  expect(() => namedVector(SET, 4, text)).toThrow(says)
})

test('a set without single texts has no shuffled vectors', () => {
  const { texts: _texts, ...old } = layerOf(4)
  expect(() => namedVector({ ...SET, layers: new Map([[4, old]]) }, 4, 'shuffled#0')).toThrow('extract it again')
})

describe('where neutral text lies', () => {
  const own = SET.layers.get(4)!
  test('on a concept: as measured; on its opposite: mirrored', () => {
    expect(neutralPlace(own, namedVector(SET, 4, 'afraid'))).toEqual({ mean: 1, sd: 2 })
    expect(neutralPlace(own, namedVector(SET, 4, '-afraid'))).toEqual({ mean: -1, sd: 2 })
  })

  test('on another direction: from the mean residual and the factor', () => {
    const named = namedVector(SET, 4, 'random#2')
    const { mean, sd } = neutralPlace(own, named)
    expect(mean).toBeCloseTo(dot(own.neutralMean!, named.vector), 12)
    // The factor's rows are standard normal: 64 of them give their deviation of 1 to 9 %.
    expect(sd).toBeGreaterThan(0.7)
    expect(sd).toBeLessThan(1.3)
  })
})
