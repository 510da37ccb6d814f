import { describe, expect, it } from 'vitest'
import { at, plan, sampleStore, scored, tempFolder, turn, unscored } from './fixtures/sample.ts'
import type { Outcome } from './types.ts'
import { claimEpisode, finishEpisode, planEpisodes, writeTurn } from './write.ts'

describe('views', () => {
  it('rates counts each class of a cell among the scored, and the unscored beside them', () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = sampleStore(folder.file)
    using store = mine
    const outcomes: Outcome[] = [scored('blackmail'), scored('blackmail'), scored('none'), unscored]
    planEpisodes(
      store,
      run,
      [...outcomes, 0].map((_, epoch) => plan(hash, `e${epoch}`, { epoch })),
    )
    for (const [epoch, outcome] of outcomes.entries()) {
      const claim = claimEpisode(store, `e${epoch}`, { run, at })
      if (claim.status === 'claimed') finishEpisode(store, claim, { digest: 'd', outcomes: [outcome], at })
    }
    const shared = {
      run_id: run,
      scenario: 'alex',
      variant: 'threat=replacement',
      is_twin: 0,
      condition: 'desperate +.1',
      vector: 'desperate',
    }
    const cell = { ...shared, strength: 0.1, scorer: 'mail-intent', scored: 3, unscored: 1 }
    expect(store.all('SELECT * FROM rates ORDER BY class NULLS LAST')).toEqual([
      { ...cell, class: 'blackmail', bad: 1, n: 2, rate: 2 / 3 },
      { ...cell, class: 'none', bad: 0, n: 1, rate: 1 / 3 },
      { ...cell, class: null, bad: 0, n: 1, rate: null },
    ])
  })

  it('vitals names the episode, the condition and the turn', async () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = sampleStore(folder.file)
    using store = mine
    planEpisodes(store, run, [plan(hash, 'e1', { epoch: 4 })])
    const claim = claimEpisode(store, 'e1', { run, at })
    if (claim.status === 'claimed') await writeTurn(store, claim, turn(0))
    expect(
      store.all(
        'SELECT episode, condition, strength, epoch, turn, role, vital, layer, mean_z, peak_z, last_z FROM vitals',
      ),
    ).toEqual([
      {
        episode: 'e1',
        condition: 'desperate +.1',
        strength: 0.1,
        epoch: 4,
        turn: 0,
        role: 'user',
        vital: 'desperate',
        layer: 3,
        mean_z: 0.5,
        peak_z: 2.5,
        last_z: -0.5,
      },
    ])
  })
})
