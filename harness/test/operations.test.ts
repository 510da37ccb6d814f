import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Findings } from '../../reports/findings.ts'
import { openStore } from '../store/open.ts'
import { conditionsOf, dosesOf, episodesOf, turnsOf } from '../store/read.ts'
import { type Desk, openDesk, openStage } from './stage.ts'

let desk: Desk
beforeAll(async () => {
  desk = openDesk(await openStage())
})
afterAll(() => desk?.[Symbol.dispose]())

const EPISODES = { scenario: 'alex-replacement', probes: ['choice'], epochs: 1, random: 0, twin: false }

async function findingsOf(name: string, parts: object): Promise<Findings> {
  const study = desk.study(name, { scenarios: [EPISODES], ...parts })
  const { exitCode, stderr, stdout } = await desk.start(['run', study, '--db', desk.path(`${name}.db`), '--json'])
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout) as Findings
}

describe('unit kl', () => {
  const TARGETS = [0.02, 0.1]

  test('both signs together move neutral text by the strength, whatever the vector', async () => {
    await findingsOf('kl', {
      unit: 'kl',
      strengths: TARGETS,
      manipulation: { strength: 0.1, random: 4 },
      controls: { random: 1, unrelated: [], lexical: false },
    })
    using store = openStore(desk.path('kl.db'), { readonly: true })
    const conditions = conditionsOf(store, 1)
    const klOf = new Map(dosesOf(store, 1).map((d) => [d.condition, d.meanKl]))
    for (const strength of TARGETS) {
      const pair = [strength, -strength].map((s) => {
        const key = conditions.find((c) => c.vector === 'desperate' && c.strength === s)!.key
        return klOf.get(key)!
      })
      const mean = (pair[0]! + pair[1]!) / 2
      expect(Math.abs(mean / strength - 1), `${strength}`).toBeLessThan(0.03)
    }
  }, 120_000)

  test('an operation whose size no length decides is refused', async () => {
    const study = desk.study('kl-clamp', { unit: 'kl', operation: 'clamp', scenarios: [EPISODES] })
    const { exitCode, stderr } = await desk.start(['run', study])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/unit kl calibrates what is added; operation clamp takes unit norm/)
  }, 60_000)
})

test('ablate takes the projection away at every steered token, and its check adds', async () => {
  const findings = await findingsOf('ablate', { operation: 'ablate', strengths: [1] })
  expect(findings.manipulation.result).not.toBe('not testable')
  using store = openStore(desk.path('ablate.db'), { readonly: true })
  const conditions = conditionsOf(store, 1)
  const key = conditions.find((c) => c.vector === 'desperate' && c.strength === 1)!.key
  const episode = episodesOf(store, 1).find((e) => e.condition === key)!
  const receipts = turnsOf(store, episode.id).flatMap((t) => (t.receipt ? [t.receipt] : []))
  expect(receipts.length).toBeGreaterThan(0)
  for (const { additions, clamps, deltaMax } of receipts) {
    expect(additions).toEqual([])
    expect(clamps).toMatchObject([{ op: 'ablate', name: 'desperate', share: 1, bound: 0 }])
    expect(deltaMax).toBeGreaterThan(0)
  }
}, 120_000)

test('a window of thinking needs a model that thinks', async () => {
  const study = desk.study('think', { window: { roles: ['think'] }, scenarios: [EPISODES] })
  const { exitCode, stderr } = await desk.start(['run', study])
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/speaks of role think, but .* no chat template with <think> tags/)
}, 60_000)

test('keys and values in f16 give other episodes, and take a database of their own', async () => {
  const study = desk.study('half', { strengths: [0.1], scenarios: [EPISODES] })
  const run = (db: string, ...flags: readonly string[]) =>
    desk.start(['run', study, '--db', desk.path(db), '--json', ...flags])
  const [half, whole] = [await run('half.db', '--kv-type', 'f16'), await run('whole.db')]
  expect([half.exitCode, whole.exitCode]).toEqual([0, 0])
  const digestOf = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as Findings).run.digest
  expect(digestOf(half)).not.toBe(digestOf(whole))
  const mixed = await run('half.db')
  expect(mixed.exitCode).toBe(2)
  expect(mixed.stderr).toMatch(
    /half\.db holds runs of this model with keys and values in f16, not f32: use another --db/,
  )
}, 120_000)
