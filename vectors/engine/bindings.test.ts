import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_LAYERS, organismFile, randomBasis, type OrganismFile } from './test/organism.ts'
import { addition, bitsOf, bytesOf } from './test/requests.ts'
import type { Engine, GenerateRequest } from './types.ts'

/** What an engine must do over either binding; the bytes must be the same. */
const BACKENDS = ['iobinding', 'package'] as const

describe.each([
  ['F32', 'f32'],
  ['Q8_0', 'f32'],
  ['Q8_0', 'f16'],
] as const)('both bindings on %s, keys and values in %s', (type, kvType) => {
  let file: OrganismFile
  let engines: Record<(typeof BACKENDS)[number], Engine>
  beforeAll(async () => {
    file = organismFile({ type })
    const open = (backend: (typeof BACKENDS)[number]) =>
      file.open({
        backend,
        kvType,
        steerLayers: [0, 2],
        captureLayers: ALL_LAYERS,
        basis: randomBasis(ALL_LAYERS, 5, file.width),
      })
    engines = { iobinding: await open('iobinding'), package: await open('package') }
  })
  afterAll(async () => {
    for (const backend of BACKENDS) await engines[backend][Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })
  const both = <T>(ask: (engine: Engine) => Promise<T>): Promise<T[]> =>
    Promise.all(BACKENDS.map((backend) => ask(engines[backend])))

  const row = (i: number): GenerateRequest => {
    const tokens = Array.from({ length: 3 + 29 * i }, (_, t) => (3 * t + 1) % 90)
    return {
      tokens,
      maxNewTokens: 4 + i,
      sampling: { temperature: 1.5, topP: 0.95, seed: [i, 2], turn: 0 },
      stopTokens: [],
      trace: true,
      steering: {
        additions: [addition(2, `v${i}`, 6 * i, file.width)],
        selected: Uint8Array.from(tokens, (_, t) => (t > 2 ? 1 : 0)),
        generated: true,
      },
    }
  }

  test('say which they are', () => {
    expect(BACKENDS.map((backend) => engines[backend].backend)).toEqual([...BACKENDS])
  })

  test('generate the same bytes: batches, steering, trace, reused beginnings', async () => {
    const [a, b] = await both((engine) => Promise.all(Array.from({ length: 6 }, (_, i) => engine.generate(row(i)))))
    expect(a!.map(bitsOf)).toEqual(b!.map(bitsOf))
    expect(a!.map((g) => g.reusedTokens)).toEqual(b!.map((g) => g.reusedTokens))
  })

  test('score, read and give logprobs to the same bytes', async () => {
    const { tokens, steering } = row(3)
    const [a, b] = await both(async (engine) => {
      const { perToken } = await engine.score({ tokens, steering, continuations: [[1, 2, 3], [4]] })
      const { residuals } = await engine.read({ tokens, layers: [0, 3], steering })
      const logprobs = await engine.logprobs({ tokens, positions: [0, 5], steering })
      return [...perToken, ...residuals, logprobs].map(bytesOf)
    })
    expect(a).toEqual(b)
  })
})

test('the event loop stays free while the model runs, unlike with the package binding', async () => {
  using file = organismFile({ type: 'F32' })
  const tokens = Array.from({ length: 6000 }, (_, i) => i % 90)
  const ticks: Record<string, number> = {}
  for (const backend of BACKENDS) {
    await using engine = await file.open({
      backend,
      captureLayers: [3],
      contextTokens: 6144,
      maxRows: 1,
      kvBytes: 256 << 20,
    })
    const state = { running: true }
    const reading = engine.read({ tokens, layers: [3] }).finally(() => (state.running = false))
    // The job starts in the second turn of the loop; what is counted is the turns of the one long run.
    ticks[backend] = 0
    while (state.running) {
      await new Promise((resolve) => setImmediate(resolve))
      ticks[backend]++
    }
    await reading
  }
  // The other binding gives the loop a handful of turns before and after its one blocking call.
  expect(ticks['package']!).toBeLessThan(20)
  expect(ticks['iobinding']!).toBeGreaterThan(20 * ticks['package']!)
})
