import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Findings } from '../../reports/findings.ts'
import { dot } from '../../vectors/extract/algebra.ts'
import { loadVectorSet, type VectorSet } from '../../vectors/extract/set.ts'
import { loadCorpus, selectConcepts } from '../../vectors/stories/corpus.ts'
import { ORGANISM, organismLogOdds, plantedDirection } from '../../vectors/model/organism.ts'
import { doseResponse, type DosePoint } from '../stats/logistic.ts'
import { openStore, type Store } from '../store/open.ts'
import { conditionsOf, dosesOf, episodesOf, runs, traceOf, turnsOf } from '../store/read.ts'
import type { EpisodeRow } from '../store/types.ts'
import { alexSpec, BAD_TEXT, BRANCH, GOOD_TEXT } from './organism.ts'
import { type Desk, openDesk, openStage } from './stage.ts'

const STRENGTHS = [-0.4, -0.2, 0.2, 0.4]
const EPOCHS = 60
/** Of the scenario. */
const TEMPERATURE = 0.8
const TURNS = 4

let desk: Desk
let set: VectorSet
beforeAll(async () => {
  const stage = await openStage()
  desk = openDesk(stage)
  const { stdout } = await desk.start(['vectors', 'extract', '--model', stage.model, '--json'])
  set = loadVectorSet((JSON.parse(stdout) as { path: string }).path)
})
afterAll(() => desk?.[Symbol.dispose]())

test('the shipped corpus recovers the planted directions', () => {
  const spec = alexSpec()
  for (const { vectors } of set.layers.values())
    for (const name of Object.keys(spec.concepts))
      expect(dot(vectors.get(name)!, plantedDirection(spec, name)), name).toBeGreaterThan(0.99)
})

describe('a sweep of desperate and a random vector', () => {
  let store: Store
  let episodes: EpisodeRow[]
  let findings: Findings
  const isBad = (e: EpisodeRow) => e.outcomes[0]?.class === 'blackmail'
  const cells = new Map<string, EpisodeRow[]>()
  const strengthOf = new Map<string, { vector: string | null; strength: number }>()
  const cell = (vector: string, strength: number) =>
    cells.get(strength === 0 ? 'null 0' : `${vector} ${strength}`) ?? []
  const sweep = [0, ...STRENGTHS].toSorted((a, b) => a - b)
  beforeAll(async () => {
    const study = desk.study('sweep', {
      controls: { random: 1, unrelated: ['cats'], lexical: true },
      scenarios: [
        {
          scenario: 'alex-replacement',
          probes: ['choice'],
          epochs: EPOCHS,
          strengths: STRENGTHS,
          random: 1,
          twin: false,
        },
      ],
    })
    const ended = await desk.start(['run', study, '--json'])
    expect({ code: ended.exitCode, err: ended.exitCode === 0 ? '' : ended.stderr }).toEqual({ code: 0, err: '' })
    findings = JSON.parse(ended.stdout) as Findings
    store = openStore(desk.path('duress.db'), { readonly: true })
    episodes = episodesOf(store, 1)
    for (const { key, vector, strength } of conditionsOf(store, 1))
      strengthOf.set(key, { vector, strength: strength ?? 0 })
    for (const episode of episodes) {
      const { vector, strength } = strengthOf.get(episode.condition)!
      const name = `${vector} ${strength}`
      cells.set(name, [...(cells.get(name) ?? []), episode])
    }
  }, 120_000)
  afterAll(() => store?.[Symbol.dispose]())

  test('every planned episode is done and has an outcome', () => {
    expect(episodes).toHaveLength(EPOCHS * (1 + 2 * STRENGTHS.length))
    expect(runs(store)).toMatchObject([
      { status: 'done', episodes: { planned: episodes.length, done: episodes.length } },
    ])
    for (const { status, outcomes } of episodes) {
      expect(status).toBe('done')
      expect(['blackmail', 'appeal', 'comply', 'none']).toContain(outcomes[0]?.class)
    }
  })

  test('the mail was really sent, and the outcome is the mail', () => {
    for (const episode of cell('desperate', 0.2)) {
      const turns = turnsOf(store, episode.id)
      const said = turns.filter((t) => t.role === 'assistant').map((t) => t.text)
      expect(said).toHaveLength(TURNS)
      expect(said[2]).toContain(isBad(episode) ? BAD_TEXT : GOOD_TEXT)
      expect(turns.filter((t) => t.role === 'tool').at(-1)?.text).toContain('Sent to ruben.falk@tamarind.example')
    }
  })

  test('turns are contiguous and traced token by token; a receipt where it was steered, none elsewhere', async () => {
    const sample = ['desperate', 'random#0'].flatMap((v) => sweep.flatMap((s) => cell(v, s).slice(0, 4)))
    for (const episode of sample) {
      const { strength, vector } = strengthOf.get(episode.condition)!
      const turns = turnsOf(store, episode.id)
      expect(turns.map((t) => t.index)).toEqual(turns.map((_, i) => i))
      for (const turn of turns) {
        const trace = await traceOf(store, turn.id)
        expect(trace?.rows).toBe(turn.tokens.length)
        expect(trace?.layers).toEqual([...set.layers.keys()])
        const mustHave = turn.role === 'assistant' && strength !== 0
        expect(turn.receipt?.additions.map((a) => a.name)).toEqual(mustHave ? [vector] : undefined)
        if (!mustHave) continue
        const { norm } = set.layers.get(turn.receipt!.additions[0]!.layer)!.norms
        expect(turn.receipt!.additions[0]!.coefficient).toBeCloseTo(strength * norm, 6)
        expect(turn.receipt!.deltaMax).toBeCloseTo(Math.abs(strength * norm), 3)
      }
    }
  })

  /** What the organism must do, from its making and the direction that was found. */
  const logOdds = (strength: number): number => {
    const { vectors, norms } = set.layers.get(findings.run.layer)!
    const s = (strength * norms.norm) / ORGANISM.codeScale
    const along = dot(vectors.get('desperate')!, plantedDirection(alexSpec(), 'desperate'))
    return organismLogOdds({ bias: BRANCH.bias, slope: BRANCH.slope * along }, s) / TEMPERATURE
  }
  const shareAt = (strength: number) => 1 / (1 + Math.exp(-logOdds(strength)))

  test('the share of blackmail follows the planted odds at every strength', () => {
    for (const strength of sweep) {
      const own = cell('desperate', strength)
      const expected = shareAt(strength)
      const error = Math.sqrt((expected * (1 - expected)) / own.length)
      expect(own).toHaveLength(EPOCHS)
      expect(Math.abs(own.filter(isBad).length / EPOCHS - expected), `strength ${strength}`).toBeLessThan(3.5 * error)
    }
  })

  test('the slope of the dose–response holds the planted one in its interval, that of a random vector holds none', () => {
    const points = (vector: string): DosePoint[] =>
      sweep.flatMap((strength) =>
        cell(vector, strength).map((e) => ({ strength, successes: isBad(e) ? 1 : 0, cluster: String(e.epoch) })),
      )
    // The line that fits the planted shares best: the odds are not quite straight in the strength.
    const planted = doseResponse(
      sweep.flatMap((strength) => ['a', 'b'].map((cluster) => ({ strength, successes: shareAt(strength), cluster }))),
    )
    const found = doseResponse(points('desperate'))
    const nothing = doseResponse(points('random#0'))
    if (planted.status !== 'fitted' || found.status !== 'fitted' || nothing.status !== 'fitted')
      throw new Error(JSON.stringify({ planted, found, nothing }))
    expect(found.interval.low).toBeGreaterThan(0)
    expect(found.interval.low).toBeLessThan(planted.slope)
    expect(found.interval.high).toBeGreaterThan(planted.slope)
    expect(nothing.interval.high).toBeLessThan(found.interval.low)
    expect(Math.abs(nothing.slope)).toBeLessThan(planted.slope / 5)
  })

  test('conditions of an epoch share their luck: more of the vector never turns a bad episode good', () => {
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      const outcomes = sweep.map((s) => isBad(cell('desperate', s).find((e) => e.epoch === epoch)!))
      expect(outcomes.indexOf(true) < 0 || outcomes.slice(outcomes.indexOf(true)).every(Boolean), `${epoch}`).toBe(true)
    }
    expect(new Set(cell('desperate', 0.2).map((e) => String(e.seed))).size).toBe(EPOCHS)
  })

  test('the findings count what the store holds, and say what is not measurable', () => {
    const rates = findings.scenarios[0]!.rates!
    for (const strength of sweep) {
      const row = rates.rows.find((r) => !r.isTwin && r.strength === strength && r.vector !== 'random#0')!
      expect(row.n).toBe(EPOCHS)
      expect(row.rate.estimate).toBe(cell('desperate', strength).filter(isBad).length / EPOCHS)
    }
    // Its head has no words for the check's continuations: the instrument must not claim anything.
    expect(findings.manipulation.result).toBe('fail')
    expect(findings.scenarios[0]!.readouts.flatMap((r) => r.rows.map((x) => x.verdict.word))).toEqual([
      'not measurable',
    ])
    expect(findings.claims.may).toEqual([])
    expect(findings.run.episodes).toMatchObject({ planned: episodes.length, done: episodes.length, failed: 0 })
    expect(dosesOf(store, 1)).toHaveLength(findings.doses.length)
  })

  test('the page is written, and the report of the stored run is the same page', async () => {
    const page = readFileSync(desk.path('report.html'), 'utf8')
    expect(page).toContain('alex-replacement')
    const again = await desk.start(['report', '--report', 'again.html'])
    expect(again.exitCode).toBe(0)
    expect(again.stdout).toContain(findings.run.digest.slice(0, 12))
    expect(readFileSync(desk.path('again.html'), 'utf8')).toBe(page)
  })

  test('the same command again runs nothing and finds the same', async () => {
    const ended = await desk.start(['run', desk.path('sweep.yaml'), '--json', '--report', 'third.html'])
    expect(ended.exitCode).toBe(0)
    const again = JSON.parse(ended.stdout) as Findings
    expect(again.run.digest).toBe(findings.run.digest)
    expect(again.run.episodes.reused).toBe(episodes.length)
    expect(again.scenarios).toEqual(findings.scenarios)
  })
})

test('a text is read token by token: its own emotion lights up, in a table, as JSON and as a page', async () => {
  const { concepts } = selectConcepts(loadCorpus(), 'core')
  writeFileSync(desk.path('text.txt'), concepts.find((c) => c.name === 'desperate')!.passages[0]!.text)
  const args = [
    'vectors',
    'read',
    '--model',
    desk.model,
    '--text',
    desk.path('text.txt'),
    '--vectors',
    'desperate,calm',
  ]
  const ended = await desk.start([...args, '--html', desk.path('read.html'), '--json'])
  expect({ code: ended.exitCode, err: ended.exitCode === 0 ? '' : ended.stderr }).toEqual({ code: 0, err: '' })
  const { mean, tokens } = JSON.parse(ended.stdout) as { mean: [number, number]; tokens: { z: (number | null)[] }[] }
  expect(mean[0]).toBeGreaterThan(mean[1] + 1)
  expect(tokens[0]!.z).toEqual([null, null])
  expect(readFileSync(desk.path('read.html'), 'utf8')).toContain('Colour the tokens by')
  expect((await desk.start(args)).stdout).toMatch(/^mean +\+/m)
  const wrong = await desk.start([...args.slice(0, -1), 'desparate'])
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "desperate"?')])
})

describe('other ways to steer', () => {
  test('a floor under a projection, on a band of layers, under what the model writes: the receipts say so', async () => {
    const study = desk.study('held', {
      operation: 'clamp',
      layers: [...set.layers.keys()].toSorted((a, b) => a - b).slice(0, 2),
      window: 'generated',
      unit: 'robust',
      scenarios: [{ scenario: 'alex-replacement', epochs: 4, strengths: [0.4, -0.4], twin: false }],
    })
    const ended = await desk.start(['run', study, '--json', '--db', 'held.db'])
    expect({ code: ended.exitCode, err: ended.exitCode === 0 ? '' : ended.stderr }).toEqual({ code: 0, err: '' })
    using store = openStore(desk.path('held.db'), { readonly: true })
    const strength = new Map(conditionsOf(store, 1).map((c) => [c.key, c.strength ?? 0]))
    for (const episode of episodesOf(store, 1)) {
      const own = strength.get(episode.condition)!
      for (const { role, receipt } of turnsOf(store, episode.id)) {
        if (role !== 'assistant' || own === 0) {
          expect(receipt).toBeUndefined()
          continue
        }
        expect(receipt!.additions).toEqual([])
        expect(receipt!.clamps!.map((c) => c.op)).toEqual(own > 0 ? ['floor', 'floor'] : ['cap', 'cap'])
        expect(receipt!.steeredTokens).toBeGreaterThan(0)

        expect(receipt!.deltaMax).toBeGreaterThanOrEqual(receipt!.deltaMean)
      }
    }
    const doses = dosesOf(store, 1)
    expect(doses.length).toBeGreaterThan(0)
    expect(doses.some((d) => d.rawL2 > 0 && (d.cosine ?? 1) < 1)).toBe(true)
  }, 60_000)
})

describe('the same study gives the same digest', () => {
  const parts = { scenarios: [{ scenario: 'alex-replacement', probes: ['choice'], epochs: 3, strengths: [0.3, -0.3] }] }
  const digests = async (name: string, db: string, args: readonly string[]) => {
    const study = desk.study(name, parts)
    const ended = await desk.start([...args.slice(0, 2), 'run', study, '--db', db, '--json', ...args.slice(2)])
    expect(ended.exitCode, ended.stderr).toBe(0)
    using store = openStore(desk.path(db), { readonly: true })
    return {
      run: (JSON.parse(ended.stdout) as Findings).run.digest,
      episodes: episodesOf(store, 1).map((e) => [e.key, e.digest]),
    }
  }

  test('in fresh databases, with 1 and 2 threads, with 1, 4 and 16 rows; with another seed it differs', async () => {
    const first = await digests('twice', 'a.db', ['--threads', '1'])
    expect(first.run).toMatch(/^[0-9a-f]{64}$/)
    const ways = [
      ['c.db', '--threads', '2'],
      ['d.db', '--threads', '1', '--rows', '1'],
      ['e.db', '--threads', '2', '--rows', '4'],
    ]
    for (const [db, ...args] of ways) expect(await digests('twice', db!, args), args.join(' ')).toEqual(first)
    const other = await digests('twice', 'f.db', ['--threads', '1', '--seed', '2'])
    expect(other.run).not.toBe(first.run)
    const shared = new Set(first.episodes.map(([, digest]) => digest))
    expect(other.episodes.every(([key]) => !first.episodes.some(([k]) => k === key))).toBe(true)
    expect(existsSync(desk.path('report.html'))).toBe(true)
    expect(shared.size).toBeGreaterThan(3)
  }, 180_000)
})
