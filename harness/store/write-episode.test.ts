import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InfraError } from '../errors.ts'
import {
  at,
  beginSample,
  later,
  plan,
  receipt,
  sampleStore,
  scored,
  tempFolder,
  turn,
  unscored,
} from './fixtures/sample.ts'
import { openStore, type Store } from './open.ts'
import { attemptsOf, doneKeys, episodesOf, runs, traceOf, turnsOf } from './read.ts'
import type { Claim, Turn } from './types.ts'
import { claimEpisode, failAttempt, finishEpisode, planEpisodes, writeTurn } from './write.ts'

const claim = (store: Store, key: string, run: number): Claim => {
  const result = claimEpisode(store, key, { run, at })
  if (result.status === 'done') throw new Error('expected a claim, the episode is done')
  return result
}

const planned = (file: string) => {
  const { store, run, hash } = sampleStore(file)
  planEpisodes(store, run, [plan(hash, 'e1'), plan(hash, 'e2', { epoch: 1, isTwin: true, condition: 'c0' })])
  return { store, run, hash }
}

const count = (store: Store, table: string): number =>
  store.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? -1

describe('an episode', () => {
  it('is planned, claimed, written, finished and read back whole', async () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = planned(folder.file)
    using store = mine
    const mineOf = claim(store, 'e1', run)
    const turns = [turn(0), turn(1)]
    const ids = [await writeTurn(store, mineOf, turns[0] as Turn), await writeTurn(store, mineOf, turns[1] as Turn)]
    finishEpisode(store, mineOf, {
      digest: 'd1',
      outcomes: [scored('blackmail'), scored('.2', 'coherence')],
      at: later,
    })

    expect(episodesOf(store, run)).toEqual([
      {
        ...plan(hash, 'e1'),
        id: mineOf.episode,
        scenarioId: 'alex',
        status: 'done',
        attempt: 1,
        digest: 'd1',
        startedAt: at,
        finishedAt: later,
        reused: false,
        outcomes: [scored('.2', 'coherence'), scored('blackmail')],
      },
      expect.objectContaining({ key: 'e2', status: 'planned', attempt: 0, isTwin: true, digest: null, outcomes: [] }),
    ])
    expect(turnsOf(store, mineOf.episode)).toEqual(
      turns.map((one, i) => ({ ...one, id: ids[i], detail: {}, trace: undefined })),
    )
    for (const [i, id] of ids.entries()) expect(await traceOf(store, id)).toEqual(turns[i]?.trace)
    expect(attemptsOf(store, mineOf.episode)).toEqual([
      { attempt: 1, run, startedAt: at, endedAt: later, errorKind: null, message: null },
    ])
    expect(doneKeys(store, ['e1', 'e2'])).toEqual(new Set(['e1']))
    expect(claimEpisode(store, 'e1', { run, at: later })).toEqual({ status: 'done', episode: mineOf.episode })
  })

  it('that failed is claimed again: its turns go, the record of the attempt stays', async () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    const first = claim(store, 'e1', run)
    await writeTurn(store, first, turn(0))
    failAttempt(store, first, { at: later, kind: 'sandbox', message: 'no space left' })
    expect(runs(store)[0]?.episodes).toEqual({ planned: 2, done: 0, failed: 1, reused: 0 })
    const second = claim(store, 'e1', run)
    expect(second.attempt).toBe(2)
    expect(['turn', 'trace', 'receipt', 'turn_vital'].map((table) => count(store, table))).toEqual([0, 0, 0, 0])
    expect(attemptsOf(store, second.episode)).toEqual([
      { attempt: 1, run, startedAt: at, endedAt: later, errorKind: 'sandbox', message: 'no space left' },
      { attempt: 2, run, startedAt: at, endedAt: null, errorKind: null, message: null },
    ])
  })

  it('cannot be written by an attempt that was overtaken, nor after its end', async () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    const late = claim(store, 'e1', run)
    const now = claim(store, 'e1', run)
    const end = { digest: 'd', outcomes: [unscored], at: later }
    const text = 'expected attempt 1 to be running, found attempt 2, running: its claim is void'
    await expect(writeTurn(store, late, turn(0))).rejects.toThrow(text)
    expect(() => finishEpisode(store, late, end)).toThrow(text)
    expect(() => failAttempt(store, late, { at, kind: 'x', message: '' })).toThrow(text)
    finishEpisode(store, now, end)
    await expect(writeTurn(store, now, turn(0))).rejects.toThrow('found attempt 2, done')
    expect(() => finishEpisode(store, now, end)).toThrow(InfraError)
    expect(count(store, 'outcome')).toBe(1)
  })

  it('of an earlier run is reused, and planning twice changes nothing', () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = planned(folder.file)
    using store = mine
    finishEpisode(store, claim(store, 'e1', run), { digest: 'd', outcomes: [scored('none')], at })
    planEpisodes(store, run, [plan(hash, 'e1')])
    const second = beginSample(store)
    planEpisodes(store, second, [plan(hash, 'e1'), plan(hash, 'e3', { epoch: 2 })])
    expect(episodesOf(store, second).map(({ key, reused, status }) => [key, reused, status])).toEqual([
      ['e1', true, 'done'],
      ['e3', false, 'planned'],
    ])
    expect(runs(store).map((row) => row.episodes)).toEqual([
      { planned: 2, done: 1, failed: 0, reused: 0 },
      { planned: 2, done: 1, failed: 0, reused: 1 },
    ])
    expect(count(store, 'cell')).toBe(2)
  })

  it('must be planned, over stored scenarios, and end with an outcome', () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    expect(() => claimEpisode(store, 'e9', { run, at })).toThrow('expected episode e9')
    expect(() => planEpisodes(store, run, [plan('no such scenario', 'e9')])).toThrow('refused a row')
    expect(() => finishEpisode(store, claim(store, 'e1', run), { digest: 'd', outcomes: [], at })).toThrow(
      'expected an outcome, got none',
    )
  })
})

describe('a turn', () => {
  it.each([
    ['one row too few', { tokens: [1, 2, 3, 4, 5, 6] }, 'turn 0: expected a trace of 6 rows, one a token, got 5'],
    ['out of order', { index: 1 }, 'expected turn 0 next, got turn 1'],
    ['more log-probabilities than tokens', { logprobs: [0, 0, 0, 0, 0, 0] }, 'at most 5 log-probabilities'],
    [
      'a missing layer',
      { trace: { ...turn(0).trace, layers: [1, 3, 5] } },
      'trace of turn 0, layer 5: expected 5 × 3 = 15 values, got 0',
    ],
    ['an unknown basis', { trace: { ...turn(0).trace, basisHash: 'b9' } }, 'refused a row'],
    ['a NaN in its receipt', { receipt: { ...receipt, deltaMax: Number.NaN } }, 'largest delta of the receipt'],
  ] satisfies [string, Partial<Turn>, string][])(
    'with %s is refused and leaves nothing behind',
    async (_, change, text) => {
      using folder = tempFolder()
      const { store: mine, run } = planned(folder.file)
      using store = mine
      await expect(writeTurn(store, claim(store, 'e1', run), { ...turn(0), ...change })).rejects.toThrow(text)
      expect(['turn', 'trace', 'receipt', 'turn_vital'].map((table) => count(store, table))).toEqual([0, 0, 0, 0])
    },
  )

  it('keeps any text, tokens and log-probabilities', async () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    const arbitrary = fc.record({
      text: fc.string({ unit: 'grapheme' }),
      tokens: fc.array(fc.integer({ min: -1, max: 2 ** 31 - 1 }), { maxLength: 30 }),
      flags: fc.array(fc.string(), { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ text, tokens, flags }) => {
        const mineOf = claim(store, 'e1', run)
        const logprobs = tokens.map((token) => -token / 3)
        await writeTurn(store, mineOf, { index: 0, role: 'tool', text, tokens, logprobs, flags })
        const [back] = turnsOf(store, mineOf.episode)
        expect(back).toMatchObject({ text, flags, receipt: undefined, vitals: [] })
        expect(back?.tokens).toEqual(Int32Array.from(tokens))
        expect(back?.logprobs).toEqual(Float32Array.from(logprobs))
        expect(await traceOf(store, back?.id ?? -1)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  it('damaged on the disk is found when it is read', async () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    const id = await writeTurn(store, claim(store, 'e1', run), turn(0), { codec: 'f16' })
    expect((await traceOf(store, id))?.projections[0]?.[0]).toBeCloseTo(Math.sin(1), 3)
    store.run('UPDATE trace SET rows = 4 WHERE layer = 3')
    await expect(traceOf(store, id)).rejects.toThrow('expected 5 × 3 at layer 3, got 4 × 3')
    store.run(`UPDATE trace SET rows = 5, norms = zeroblob(length(norms)) WHERE layer = 3`)
    await expect(traceOf(store, id)).rejects.toMatchObject({ fault: 'checksum', turn: id, layer: 3 })
  })

  it('that the disk has no room for is not stored, what was there stays, and writing goes on when there is room', async () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    const mineOf = claim(store, 'e1', run)
    await writeTurn(store, mineOf, turn(0))
    store.pragma(`max_page_count = ${Number(store.pragma('page_count')) + 3}`)
    const big = turn(1, { tokens: 20_000 })
    const writing = writeTurn(store, mineOf, big)
    await expect(writing).rejects.toThrow(InfraError)
    await expect(writing).rejects.toThrow('the disk is full: free some space and run the same command again')
    expect(turnsOf(store, mineOf.episode)).toHaveLength(1)
    expect(store.pragma('integrity_check')).toBe('ok')
    store.pragma('max_page_count = 1073741823')
    await writeTurn(store, mineOf, big)
    expect(turnsOf(store, mineOf.episode)).toHaveLength(2)
  })

  it('is written while a reader holds its snapshot, which does not change', async () => {
    using folder = tempFolder()
    const { store: mine, run } = planned(folder.file)
    using store = mine
    using reader = openStore(folder.file, { readonly: true, busyTimeoutMs: 0 })
    const mineOf = claim(store, 'e1', run)
    await writeTurn(store, mineOf, turn(0))
    reader.run('BEGIN')
    expect(turnsOf(reader, mineOf.episode)).toHaveLength(1)
    for (let index = 1; index < 40; index++) await writeTurn(store, mineOf, turn(index))
    expect(turnsOf(reader, mineOf.episode)).toHaveLength(1)
    reader.run('COMMIT')
    expect(turnsOf(reader, mineOf.episode)).toHaveLength(40)
  })

  it('16 episodes written at once keep their own traces', async () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = sampleStore(folder.file)
    using store = mine
    const salts = Array.from({ length: 16 }, (_, salt) => salt)
    planEpisodes(
      store,
      run,
      salts.map((salt) => plan(hash, `e${salt}`, { epoch: salt })),
    )
    const claims = salts.map((salt) => claim(store, `e${salt}`, run))
    await Promise.all(
      claims.map(async (mineOf, salt) => {
        for (let index = 0; index < 3; index++) await writeTurn(store, mineOf, turn(index, { tokens: 20 + salt, salt }))
      }),
    )
    for (const [salt, mineOf] of claims.entries()) {
      for (const row of turnsOf(store, mineOf.episode)) {
        expect(await traceOf(store, row.id)).toEqual(turn(row.index, { tokens: 20 + salt, salt }).trace)
      }
    }
  })
})
