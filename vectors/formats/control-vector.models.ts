import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomVector } from '../controls/random.ts'
import type { Engine } from '../engine/types.ts'
import { openEngine } from '../engine/open.ts'
import { vectorHash } from '../extract/set.ts'
import { findCachedModel } from '../model/cached.ts'
import { openGguf } from '../model/gguf.ts'
import { duressHome } from '../model/home.ts'
import { resolveModel } from '../model/registry.ts'
import { createTokenizer } from '../model/tokenizer.ts'
import { readControlVector, writeControlVector } from './control-vector.ts'
import { writeFloatCopy } from './fixtures/float-copy.ts'
import { llamaFolder, type LlamaLibrary, type LlamaModel, openLlamaLibrary } from './fixtures/llama-library.ts'

const ID = 'smollm2-135m'
const WIDTH = 576
const LAYERS = 30
/** About .15 of the residuals' length. */
const LENGTH = 30
const TEXTS = [
  'The letter lay on the kitchen table for three days before anyone dared to open it, and when',
  'To boil an egg, put it into cold water, bring the water to the boil and wait for',
  'user: What should I do about the server?\nassistant: I would first',
  'One two three four five six seven eight nine ten eleven',
]

const model = findCachedModel(ID, process.env)
const library = llamaFolder(join(duressHome(process.env).root, 'bench'))
const missing = [
  ...(model === undefined ? [`duress models pull ${ID}`] : []),
  ...(library === undefined ? ['npm run bench, which installs llama.cpp; Linux on x64 only'] : []),
].join('; ')

/** Two programs that add up fp32 numbers in other orders differed by up to 3e-5. */
const SAME = 1e-3

/** What a vector does to the logarithms of the next token's probabilities, centred: logits and log-probabilities differ by a constant. */
type Shift = (layers: ReadonlyMap<number, Float32Array>) => Promise<Float64Array[]>

describe.skipIf(missing !== '')(
  `a control vector file in llama.cpp and here${missing && ` (skipped: ${missing})`}`,
  () => {
    let folder: string
    let llama: LlamaLibrary
    let theirs: LlamaModel
    let engine: Engine
    let prompts: number[][]
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'duress-cvec-'))
      llama = openLlamaLibrary(library!)
      const path = join(folder, 'float.gguf')
      using gguf = openGguf(model!)
      writeFloatCopy(path, gguf)
      theirs = llama.open(path, { threads: 1 })
      engine = await openEngine({
        path,
        sha256: `${resolveModel(ID).sha256!.slice(0, 60)}-f32`,
        graphs: folder,
        threads: 1,
        steerLayers: [1, 9, 10, 11, 20, 29],
        contextTokens: 256,
        maxRows: 1,
      })
      const tokenizer = createTokenizer(gguf.metadata)
      prompts = TEXTS.map((text) => tokenizer.encode(text, { special: false }))
    })
    afterAll(async () => {
      theirs?.[Symbol.dispose]()
      await engine?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    const fileOf = (layers: ReadonlyMap<number, Float32Array>): string => {
      const path = join(folder, 'vector.gguf')
      writeControlVector(path, { layers, modelHint: 'llama', facts: { name: 'test' } })
      return path
    }
    const shiftOf = (steered: Float32Array, plain: Float32Array): Float64Array => {
      const difference = Float64Array.from(steered, (v, i) => v - plain[i]!)
      const middle = difference.reduce((a, b) => a + b, 0) / difference.length
      return difference.map((v) => v - middle)
    }
    /** Through llama.cpp's own loader and adapter. */
    const inLlama: Shift = async (layers) => {
      const loaded = llama.loadControlVector(fileOf(layers), 1)
      expect(loaded?.width).toBe(WIDTH)
      return prompts.map((tokens) => {
        theirs.setControlVector(undefined, { first: -1, last: -1 })
        const plain = theirs.logits(tokens)
        // Up to its last block: llama.cpp leaves what an earlier, longer vector put into the blocks behind.
        theirs.setControlVector(loaded, { first: 1, last: loaded!.data.length / WIDTH })
        return shiftOf(theirs.logits(tokens), plain)
      })
    }
    /** Through our reader of the same file and our engine. */
    const here: Shift = async (layers) => {
      const read = readControlVector(fileOf(layers), { width: WIDTH, layers: LAYERS })
      const additions = [...read.layers].map(([layer, vector]) => ({
        layer,
        vector,
        coefficient: 1,
        name: 'test',
        hash: vectorHash(vector),
      }))
      const out: Float64Array[] = []
      for (const tokens of prompts) {
        const at = { tokens, positions: [tokens.length - 1] }
        const selected = new Uint8Array(tokens.length).fill(1)
        const steered = await engine.logprobs({ ...at, steering: { additions, selected, generated: true } })
        out.push(shiftOf(steered, await engine.logprobs(at)))
      }
      return out
    }
    /** Length of the difference of two shifts, over the length of the first, all prompts together. */
    const relativeError = (expected: readonly Float64Array[], found: readonly Float64Array[]): number => {
      const squares = (shifts: readonly Float64Array[]) =>
        shifts.reduce((sum, s) => sum + s.reduce((a, v) => a + v * v, 0), 0)
      return Math.sqrt(squares(expected.map((s, p) => s.map((v, i) => v - found[p]![i]!))) / squares(expected))
    }
    const along = (index: number, length: number) => randomVector(index, WIDTH).map((v) => v * length)

    test.each([{ blocks: [1] }, { blocks: [10] }, { blocks: [20] }, { blocks: [29] }, { blocks: [10, 20] }])(
      'the same shift of the logits at blocks $blocks',
      async ({ blocks }) => {
        const layers = new Map(blocks.map((layer, i) => [layer, along(i, LENGTH)]))
        const error = relativeError(await inLlama(layers), await here(layers))
        expect(error).toBeLessThan(SAME)
      },
    )

    test('one block off, the other sign or another length would be seen', async () => {
      const vector = along(0, LENGTH)
      const expected = await inLlama(new Map([[10, vector]]))
      const errorOf = async (layer: number, scale: number) =>
        relativeError(expected, await here(new Map([[layer, vector.map((v) => v * scale)]])))
      expect(await errorOf(10, 1)).toBeLessThan(SAME)
      for (const [layer, scale] of [
        [9, 1],
        [11, 1],
        [10, -1],
        [10, 1.3],
      ] as const)
        expect(await errorOf(layer, scale), `block ${layer} × ${scale}`).toBeGreaterThan(0.2)
    })
  },
)
