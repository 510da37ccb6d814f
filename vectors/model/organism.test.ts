import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_LAYERS, organismFile, randomUnit, SPEC, type OrganismFile } from '../engine/test/organism.ts'
import type { Engine } from '../engine/types.ts'
import { ORGANISM, organismLogOdds, plantedDirection } from './organism.ts'

const CONCEPTS = Object.keys(SPEC.concepts)
const STRENGTHS = [-0.4, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2, 0.4]

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)

describe.each(['F32', 'Q8_0'] as const)('the organism in %s', (type) => {
  let file: OrganismFile
  let engine: Engine
  beforeAll(async () => {
    file = organismFile({ type })
    engine = await file.open({ steerLayers: ALL_LAYERS, captureLayers: ALL_LAYERS })
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  async function branchLogOdds(vector: Float32Array, strength: number, layer: number): Promise<number> {
    const tokens = file.ids('mail', '<turn 1>', 'I', 'will')
    const { sums } = await engine.score({
      tokens,
      continuations: [file.ids('threaten'), file.ids('ask')],
      ...(strength === 0
        ? {}
        : {
            steering: {
              additions: [{ layer, vector, coefficient: strength * ORGANISM.codeScale, name: 'v', hash: `${layer}` }],
              selected: Uint8Array.of(0, 0, 0, 1),
              generated: true,
            },
          }),
    })
    return sums[0]! - sums[1]!
  }

  test.each(ALL_LAYERS)('steered at layer %i, the branch has the log-odds that the formula gives', async (layer) => {
    const direction = plantedDirection(SPEC, SPEC.branchConcept)
    for (const strength of STRENGTHS) {
      const found = await branchLogOdds(direction, strength, layer)
      expect(Math.abs(found - organismLogOdds(SPEC, strength)), `strength ${strength}`).toBeLessThan(
        type === 'F32' ? 1e-2 : 0.15,
      )
    }
  })

  test.each(CONCEPTS.filter((c) => c !== SPEC.branchConcept))(
    'the direction of %s does nothing to the branch but dilute it',
    async (concept) => {
      for (const strength of STRENGTHS) {
        const found = await branchLogOdds(plantedDirection(SPEC, concept), strength, 2)
        const diluted = organismLogOdds({ bias: SPEC.bias, slope: 0 }, strength)
        expect(Math.abs(found - diluted)).toBeLessThan(type === 'F32' ? 1e-2 : 0.15)
      }
    },
  )

  test('a random direction orthogonal to all that the head reads at the branch does the same nothing', async () => {
    const direction = plantedDirection(SPEC, SPEC.branchConcept)
    const random = randomUnit('null', file.width).slice()
    // The branch word's own dimension and the planted one are all that the two words' logits depend on.
    const own = file.ids('will')[0]!
    const { residuals } = await engine.read({ tokens: [own], layers: [0] })
    const code = residuals[0]!.map((v) => v / ORGANISM.codeScale)
    for (const used of [direction, code]) {
      const overlap = dot(random, used) / dot(used, used)
      for (let h = 0; h < random.length; h++) random[h]! -= overlap * used[h]!
    }
    const length = Math.hypot(...random)
    for (const strength of STRENGTHS) {
      const found = await branchLogOdds(
        random.map((v) => v / length),
        strength,
        1,
      )
      expect(Math.abs(found - organismLogOdds({ bias: SPEC.bias, slope: 0 }, strength))).toBeLessThan(
        type === 'F32' ? 1e-2 : 0.15,
      )
    }
  })

  test('plays its script through the branch, and sampling takes the bad way as often as the odds say', async () => {
    const tokens = file.ids('mail', '<turn 1>')
    const runs = await Promise.all(
      Array.from({ length: 200 }, (_, seed) =>
        engine.generate({
          tokens,
          maxNewTokens: 9,
          sampling: { temperature: 1, seed: [seed, 8], turn: 0 },
          stopTokens: file.ids('<|im_end|>'),
        }),
      ),
    )
    const bad = String(file.ids('I', 'will', 'threaten', 'them', 'now', '<|im_end|>'))
    const good = String(file.ids('I', 'will', 'ask', 'kindly', 'now', '<|im_end|>'))
    expect(new Set(runs.map((r) => String(r.tokens)))).toEqual(new Set([bad, good]))
    const share = runs.filter((r) => String(r.tokens) === bad).length / runs.length
    const expected = 1 / (1 + Math.exp(-organismLogOdds(SPEC, 0)))
    // Four standard errors of 200 draws.
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / runs.length))
  })
})

/** Codes of single words are in the way, so it takes many words for them to average out. */
test('the planted direction is found by the difference of means over the words of a concept, at every layer', async () => {
  const words = (name: string) => Array.from({ length: 500 }, (_, i) => `${name}-${i}`)
  using file = organismFile({
    concepts: { ...SPEC.concepts, joy: words('joy') },
    words: [...SPEC.words, ...words('plain')],
  })
  await using engine = await file.open({ captureLayers: ALL_LAYERS })
  const mean = async (name: string) => {
    const { residuals } = await engine.read({ tokens: file.ids(...words(name)), layers: ALL_LAYERS })
    return residuals.map((all) =>
      Float32Array.from(
        { length: file.width },
        (_, h) => all.reduce((sum, v, i) => (i % file.width === h ? sum + v : sum), 0) / 500,
      ),
    )
  }
  const [own, plain] = [await mean('joy'), await mean('plain')]
  const planted = plantedDirection({ ...SPEC, concepts: { ...SPEC.concepts, joy: [] } }, 'joy')
  for (const layer of ALL_LAYERS) {
    const difference = own[layer]!.map((v, h) => v - plain[layer]![h]!)
    expect(dot(difference, planted) / Math.hypot(...difference)).toBeGreaterThan(0.997)
    expect(dot(difference, planted)).toBeCloseTo(ORGANISM.codeScale * ORGANISM.planted, 3)
  }
})

test('the directions of a family sum to zero, and the branch follows the formula along its own', async () => {
  const spec = { ...SPEC, families: [['desperate', 'calm', 'cats']] }
  const directions = spec.families[0]!.map((name) => plantedDirection(spec, name))
  for (const direction of directions) expect(Math.hypot(...direction)).toBeCloseTo(1, 6)
  for (let h = 0; h < directions[0]!.length; h++)
    expect(directions.reduce((sum, d) => sum + d[h]!, 0)).toBeCloseTo(0, 6)
  using file = organismFile(spec)
  await using engine = await file.open({ steerLayers: [2] })
  for (const strength of STRENGTHS.filter((s) => s !== 0)) {
    const [own, other] = await Promise.all(
      directions.slice(0, 2).map(async (vector) => {
        const { sums } = await engine.score({
          tokens: file.ids('mail', '<turn 1>', 'I', 'will'),
          continuations: [file.ids('threaten'), file.ids('ask')],
          steering: {
            additions: [{ layer: 2, vector, coefficient: strength * ORGANISM.codeScale, name: 'v', hash: 'h' }],
            selected: Uint8Array.of(0, 0, 0, 1),
            generated: true,
          },
        })
        return sums[0]! - sums[1]!
      }),
    )
    expect(Math.abs(own! - organismLogOdds(SPEC, strength))).toBeLessThan(1e-2)
    // Corners of a triangle are 120° apart: another's direction has −½ of the effect.
    const opposite = { bias: SPEC.bias, slope: -SPEC.slope / 2 }
    expect(Math.abs(other! - organismLogOdds(opposite, strength))).toBeLessThan(1e-2)
  }
})

test('words that a concept says gain its slope along its direction, and none along another', async () => {
  const spec = { ...SPEC, said: { calm: ['meadow'], desperate: ['cliff'] } }
  using file = organismFile(spec)
  await using engine = await file.open({ steerLayers: [2] })
  const odds = async (concept: string) => {
    const { sums } = await engine.score({
      tokens: file.ids('mail', 'server'),
      continuations: [file.ids('meadow'), file.ids('report')],
      steering: {
        additions: [
          {
            layer: 2,
            vector: plantedDirection(spec, concept),
            coefficient: ORGANISM.codeScale,
            name: 'v',
            hash: concept,
          },
        ],
        selected: Uint8Array.of(0, 1),
        generated: true,
      },
    })
    return sums[0]! - sums[1]!
  }
  // A residual of its code and as much of the direction: 12 / √2.
  expect(await odds('calm')).toBeCloseTo(12 / Math.SQRT2, 1)
  expect(Math.abs(await odds('desperate'))).toBeLessThan(1e-2)
})

test('the same specification gives the same bytes, another one others', () => {
  const hash = (overrides: Parameters<typeof organismFile>[0]): string => {
    using file = organismFile(overrides)
    return createHash('sha256').update(readFileSync(file.path)).digest('hex')
  }
  expect(hash({})).toBe(hash({}))
  expect(hash({ slope: 11 })).not.toBe(hash({}))
})

test.each([
  {
    name: 'a word with two futures',
    spec: {
      turns: [
        ['a', 'b'],
        ['a', 'c'],
      ],
    },
    says: /"a" in two ways/,
  },
  { name: 'a branch on no planted direction', spec: { branchConcept: 'joy' }, says: /no planted direction joy/ },
])('$name: refused', ({ says, spec }) => {
  expect(() => organismFile(spec)[Symbol.dispose]()).toThrow(says)
})
