import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logSumExp } from '../engine/sampler.ts'
import { organismFile, randomUnit } from '../engine/test/organism.ts'
import { checkModel } from './check.ts'
import { type Reference, readReference } from './reference.ts'

/** A reference that the exact engine itself gives, with the steered value of strength 0: what the check must find no fault with. */
async function ownReference(file: ReturnType<typeof organismFile>, layer: number): Promise<Reference> {
  await using engine = await file.open({ precision: 'exact', captureLayers: [layer] })
  const ids = file.ids('mail', 'server', 'report', 'will', 'panic', 'plain')
  const positions = [0, 3, 5]
  const logprobs = await engine.logprobs({ tokens: ids, positions })
  const { residuals } = await engine.read({ tokens: ids, layers: [layer] })
  const tops = positions.map((_, i) => {
    const row = logprobs.subarray(i * file.vocabulary, (i + 1) * file.vocabulary)
    const order = [...row.keys()].toSorted((a, b) => row[b]! - row[a]! || a - b).slice(0, 20)
    return { top_ids: order, top_logprobs: order.map((id) => row[id]! - logSumExp(row)) }
  })
  const vector = [...randomUnit('check', file.width)]
  const rows = ids.map((_, t) => residuals[0]!.subarray(t * file.width, (t + 1) * file.width))
  const norms = rows.map((row) => Math.hypot(...row))
  return {
    model: 'organism',
    layer,
    vector,
    prompts: [
      {
        ids,
        positions,
        top_ids: tops.map((t) => t.top_ids),
        top_logprobs: tops.map((t) => t.top_logprobs),
        resid_post_norm: norms,
        resid_post_projection: rows.map((row) => row.reduce((sum, v, h) => sum + v * vector[h]!, 0)),
        R: norms.slice(1).reduce((a, b) => a + b, 0) / (ids.length - 1),
        steered_last_position: [{ strength: 0, tokens: 'all', ...tops[2]! }],
      },
    ],
  }
}

test('finds no fault where there is none, and each fault where it is', async () => {
  using file = organismFile({ type: 'Q8_0' })
  const reference = await ownReference(file, 2)
  const options = { path: file.path, sha256: file.sha256, graphs: join(file.folder, 'graphs'), threads: 1 }
  const { exact, int8, int8KvF16 } = await checkModel({ ...options, reference })
  for (const key of [
    'meanKl',
    'maxKl',
    'logProbError',
    'normError',
    'projectionError',
    'meanNormError',
    'steeredMeanKl',
  ] as const) {
    expect(exact[key], key).toBeLessThan(1e-5)
  }
  expect(exact).toMatchObject({ positions: 3, argmaxSame: 3, steeredPositions: 1, steeredArgmaxSame: 1 })
  expect(int8.logProbError).toBeGreaterThan(exact.logProbError)
  expect(int8.meanKl).toBeLessThan(1e-2)
  expect(int8KvF16.meanKl).toBeLessThan(1e-2)
  expect(int8KvF16.logProbError).not.toBe(int8.logProbError)

  const [prompt] = reference.prompts
  const broken = {
    ...prompt!,
    R: prompt!.R * 1.5,
    resid_post_norm: prompt!.resid_post_norm.with(4, prompt!.resid_post_norm[4]! * 2),
    steered_last_position: prompt!.steered_last_position.map((s) => ({ ...s, strength: 0.5 })),
  }
  const found = (await checkModel({ ...options, reference: { ...reference, prompts: [broken] } })).exact
  expect(found.normError).toBeCloseTo(0.5, 4)
  expect(found.meanNormError).toBeCloseTo(1 / 3, 4)
  expect(found.steeredLogProbError).toBeGreaterThan(0.01)
  expect(found.logProbError).toBeLessThan(1e-5)
})

test('a model without reference values is named', () => {
  using file = organismFile()
  expect(() => readReference(file.folder, 'nobody')).toThrow(/no reference values for nobody/)
  mkdirSync(join(file.folder, 'r'))
  writeFileSync(join(file.folder, 'r', 'x.json'), '{"model": "x"}')
  expect(() => readReference(join(file.folder, 'r'), 'x')).toThrow()
})
