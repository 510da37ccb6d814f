import { setTimeout as sleep } from 'node:timers/promises'
import { existsSync, statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { philox, uniform } from '../../vectors/random.ts'
import { openStore } from '../store/open.ts'
import { episodesOf, probeAnswersOf, checkAnswersOf, runs, traceOf, turnsOf } from '../store/read.ts'
import { type Desk, openDesk, openStage } from './stage.ts'

const EPISODES = 40
const PARTS = {
  scenarios: [{ scenario: 'alex-replacement', probes: ['choice'], epochs: 10, strengths: [0.3, -0.3] }],
}

let desk: Desk
let study: string
/** Of a run that nothing disturbed. */
let digest: string | null

beforeAll(async () => {
  desk = openDesk(await openStage())
  study = desk.study('stubborn', PARTS)
  expect((await run('calm.db')).exitCode).toBe(0)
  digest = await checkEnd('calm.db')
})
afterAll(() => desk?.[Symbol.dispose]())

/** Two rows, so that episodes end one by one and not all at once. */
const run = (db: string) =>
  desk.start(['--threads', '1', 'run', study, '--db', db, '--rows', '2', '--report', `${db}.html`])

/** Waits until the run has written to its database. */
async function written(db: string): Promise<void> {
  const wal = `${desk.path(db)}-wal`
  const sizeOf = () => (existsSync(wal) ? statSync(wal).mtimeMs : 0)
  const before = sizeOf()
  for (let waited = 0; sizeOf() === before && waited < 20_000; waited += 5) await sleep(5)
}

interface Stored {
  readonly done: ReadonlyMap<string, string | null>
  readonly turns: number
  readonly planned: boolean
}

const NOTHING: Stored = { done: new Map(), turns: 0, planned: false }

/** The database is whole; every done episode has all its turns and traces. */
async function look(db: string): Promise<Stored> {
  if (!existsSync(desk.path(db))) return NOTHING
  using store = openStore(desk.path(db))
  expect(store.pragma('integrity_check')).toBe('ok')
  const last = runs(store).at(-1)
  const episodes = last ? episodesOf(store, last.id) : []
  const done = episodes.filter((e) => e.status === 'done')
  let count = 0
  for (const { id, outcomes } of done) {
    const turns = turnsOf(store, id)
    expect(turns.map((t) => t.index)).toEqual(turns.map((_, i) => i))
    expect(turns.filter((t) => t.role === 'assistant')).toHaveLength(4)
    expect(outcomes).toHaveLength(1)
    count += turns.length
  }
  return { done: new Map(done.map((e) => [e.key, e.digest])), turns: count, planned: episodes.length === EPISODES }
}

/** Nothing lost, nothing doubled, every token traced; returns the digest. */
async function checkEnd(db: string): Promise<string | null> {
  const { done, turns } = await look(db)
  expect(done.size).toBe(EPISODES)
  using store = openStore(desk.path(db))
  const last = runs(store).at(-1)!
  expect(last.status).toBe('done')
  const episodes = episodesOf(store, last.id)
  expect(episodes.map((e) => e.status)).toEqual(episodes.map(() => 'done'))
  expect(store.get<{ n: number }>('SELECT count(*) AS n FROM episode')?.n).toBe(EPISODES)
  expect(store.get<{ n: number }>('SELECT count(*) AS n FROM turn')?.n).toBe(turns)
  for (const keys of [probeAnswersOf(store, last.id), checkAnswersOf(store, last.id)].map((a) => a.map((x) => x.key)))
    expect(new Set(keys).size).toBe(keys.length)
  for (const { id } of episodes.slice(0, 6))
    for (const turn of turnsOf(store, id)) expect((await traceOf(store, turn.id))?.rows).toBe(turn.tokens.length)
  return last.digest
}

/** Starts and kills until the kills are used up, then lets the same command end. A study that ends before begins anew. */
async function harass(lane: number, kills: number): Promise<void> {
  let round = 0
  let before: Stored = NOTHING
  for (let kill = 0; kill < kills;) {
    const db = `lane${lane}-${round}.db`
    const [a = 0, b = 0] = philox([lane, kill, round, 0], [7, 8])
    const running = run(db)
    // A quarter dies while it starts, the rest at work.
    if (a % 4 === 0) await sleep(uniform(b) * 800)
    else {
      await Promise.race([written(db), running])
      await sleep(uniform(b) * 250)
    }
    running.kill('SIGKILL')
    const { signal } = await running
    if (signal === 'SIGKILL') kill++
    const now = await look(db)
    // Until a new start has planned, its run covers nothing yet: the next look tells.
    if (now.planned) {
      for (const [key, value] of before.done) expect(now.done.get(key)).toBe(value)
      before = now
    }
    if (signal === 'SIGKILL') continue
    expect(await checkEnd(db)).toBe(digest)
    round++
    before = NOTHING
  }
  const db = `lane${lane}-${round}.db`
  expect((await run(db)).exitCode).toBe(0)
  expect(await checkEnd(db)).toBe(digest)
}

test('kill -9 at 50 points of running studies: nothing lost, nothing doubled, the same digest', async () => {
  await Promise.all([harass(0, 25), harass(1, 25)])
}, 600_000)

test('Ctrl-C once: what runs is finished and stored, exit 130, and the same command completes', async () => {
  const running = run('soft.db')
  await written('soft.db')
  await sleep(300)
  running.kill('SIGINT')
  const ended = await running
  expect(ended).toMatchObject({ exitCode: 130 })
  expect(ended.stderr).toContain('Stopping: what is running will finish')
  const { done } = await look('soft.db')
  expect(done.size).toBeLessThan(EPISODES)
  {
    using store = openStore(desk.path('soft.db'))
    expect(runs(store).at(-1)?.status).toBe('interrupted')
    expect(store.get("SELECT id FROM episode WHERE status IN ('running', 'failed')")).toBeUndefined()
  }
  expect((await run('soft.db')).exitCode).toBe(0)
  expect(await checkEnd('soft.db')).toBe(digest)
  using store = openStore(desk.path('soft.db'))
  for (const [key, value] of done) expect(episodesOf(store, 2).find((e) => e.key === key)?.digest).toBe(value)
}, 240_000)

test('Ctrl-C twice: the program ends at once and the same command completes', async () => {
  const running = run('hard.db')
  await written('hard.db')
  await sleep(300)
  // The second only when the first was heard: two at the same moment are one.
  running.stderr.on('data', (chunk) => String(chunk).includes('Stopping: what is running') && running.kill('SIGINT'))
  running.kill('SIGINT')
  const ended = await running
  expect(ended).toMatchObject({ exitCode: 130 })
  expect(ended.stderr).toContain('Stopping at once')
  await look('hard.db')
  expect((await run('hard.db')).exitCode).toBe(0)
  expect(await checkEnd('hard.db')).toBe(digest)
}, 240_000)
