import { expect, it } from 'vitest'
import { at, plan, sampleStore, scored, tempFolder } from './fixtures/sample.ts'
import { codeAttemptsOf, episodesOf } from './read.ts'
import type { ChannelVital, CodeAttempt } from './types.ts'
import { claimEpisode, finishEpisode, planEpisodes } from './write.ts'

const vital = (channel: ChannelVital['channel'], meanZ: number): ChannelVital => ({
  channel,
  name: 'desperate',
  layer: 3,
  tokens: 4,
  meanZ,
  peakZ: meanZ + 1,
  lastZ: meanZ - 1,
})

const attempts: CodeAttempt[] = [
  {
    number: 1,
    code: 'def f():\n    return 1\n',
    testsPassed: false,
    end: 'exit 1',
    facts: { changed: [] },
    firstTurn: 0,
    lastTurn: 1,
    codeAt: { turn: 1, from: 3, to: 11 },
    tone: { lexical: 2.5, model: -0.25 },
    vitals: [vital('code', 2), vital('prompt', 1), vital('thinking', 1.5)],
  },
  {
    number: 2,
    code: null,
    testsPassed: null,
    end: null,
    facts: { told: true },
    firstTurn: 2,
    lastTurn: 3,
    codeAt: null,
    tone: { lexical: null, model: null },
    vitals: [vital('prompt', 3)],
  },
]

it('attempts come back as they were stored, and "desperate by attempt" is one query', () => {
  using folder = tempFolder()
  const { store: mine, run, hash } = sampleStore(folder.file)
  using store = mine
  planEpisodes(store, run, [{ ...plan(hash, 'e1'), facts: { task: 'run-lengths' } }])
  const claim = claimEpisode(store, 'e1', { run, at })
  if (claim.status !== 'claimed') throw new Error('expected a claim')
  const outcome = { ...scored('none'), detail: { rule: 'x', flags: ['a'] } }
  finishEpisode(store, claim, { digest: 'd', outcomes: [outcome], attempts, at })
  expect(codeAttemptsOf(store, run)).toEqual(attempts.map((attempt) => ({ ...attempt, episode: claim.episode })))
  expect(episodesOf(store, run)[0]?.outcomes).toEqual([outcome])
  expect(
    store.all(
      `SELECT task, attempt, channel, mean_z, peak_z, last_z FROM vitals_by_attempt WHERE vital = 'desperate' ORDER BY attempt, channel`,
    ),
  ).toEqual([
    { task: 'run-lengths', attempt: 1, channel: 'code', mean_z: 2, peak_z: 3, last_z: 1 },
    { task: 'run-lengths', attempt: 1, channel: 'prompt', mean_z: 1, peak_z: 2, last_z: 0 },
    { task: 'run-lengths', attempt: 1, channel: 'thinking', mean_z: 1.5, peak_z: 2.5, last_z: 0.5 },
    { task: 'run-lengths', attempt: 2, channel: 'prompt', mean_z: 3, peak_z: 4, last_z: 2 },
  ])
})

it('an attempt that cannot be stored leaves the episode unfinished', () => {
  using folder = tempFolder()
  const { store: mine, run, hash } = sampleStore(folder.file)
  using store = mine
  planEpisodes(store, run, [plan(hash, 'e1')])
  const claim = claimEpisode(store, 'e1', { run, at })
  if (claim.status !== 'claimed') throw new Error('expected a claim')
  const broken = [{ ...attempts[0]!, tone: { lexical: Number.NaN, model: null } }]
  expect(() => finishEpisode(store, claim, { digest: 'd', outcomes: [scored('none')], attempts: broken, at })).toThrow(
    'tone of attempt 1',
  )
  expect(episodesOf(store, run)).toMatchObject([{ status: 'running', outcomes: [] }])
  expect(codeAttemptsOf(store, run)).toEqual([])
})
