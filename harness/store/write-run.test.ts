import { describe, expect, it } from 'vitest'
import {
  at,
  beginSample,
  later,
  model,
  plain,
  probeAnswer,
  receipt,
  sampleStore,
  scenario,
  steered,
  tempFolder,
} from './fixtures/sample.ts'
import {
  basisOf,
  checkAnswersOf,
  conditionsOf,
  doneKeys,
  dosesOf,
  eventsOf,
  modelOf,
  probeAnswersOf,
  runOf,
  runs,
  scenarioOf,
  vectorSetOf,
} from './read.ts'
import {
  beginRun,
  finishRun,
  planConditions,
  planProbes,
  putCheckAnswer,
  putCondition,
  putDose,
  putEvent,
  putModel,
  putProbeAnswer,
  putScenario,
  putVectorSet,
} from './write.ts'

const dose = {
  model: 'm1',
  condition: 'c1',
  rawL2: 3.5,
  overNorm: 0.1,
  overCentred: 0.12,
  overRobust: 0.2,
  meanKl: 0.05,
  p95Kl: null,
  cosine: 0.99,
  nllRise: -0.01,
  overCeiling: true,
}

const check = { key: 'k1', model: 'm1', context: 'diary', concept: 'desperate', condition: 'c1', value: 0.26 }

describe('facts', () => {
  it('come back as they were stored, and storing twice changes nothing', () => {
    using folder = tempFolder()
    const { store: mine, hash } = sampleStore(folder.file)
    using store = mine
    const set = {
      hash: 's1',
      model: 'm1',
      name: 'emotions',
      facts: { recipe: 'two sources', corpus: 'abc' },
      vectors: [
        { name: 'calm', layer: 2, family: 'vector', hash: 'v0', rawNorm: 1.25 },
        { name: 'weather', layer: 2, family: 'unrelated', hash: 'v9', rawNorm: null },
      ],
    }
    for (let twice = 0; twice < 2; twice++) {
      putModel(store, model)
      putVectorSet(store, set)
      expect(putScenario(store, scenario)).toBe(hash)
    }
    expect(modelOf(store, 'm1')).toEqual(model)
    expect(vectorSetOf(store, 's1')).toEqual(set)
    expect(scenarioOf(store, hash)).toEqual(scenario)
    expect(basisOf(store, 'b1')).toEqual(['calm', 'desperate', 'sad'])
    expect([modelOf(store, 'x'), vectorSetOf(store, 'x'), scenarioOf(store, 'x'), basisOf(store, 'x')]).toEqual(
      Array(4).fill(undefined),
    )
  })

  it('other content is another scenario', () => {
    using folder = tempFolder()
    const { store: mine, hash } = sampleStore(folder.file)
    using store = mine
    expect(putScenario(store, { ...scenario, content: 'scenario: alex ' })).not.toBe(hash)
  })
})

describe('runs', () => {
  it('begin, end and are listed in order', () => {
    using folder = tempFolder()
    const { store: mine, run } = sampleStore(folder.file)
    using store = mine
    const second = beginSample(store)
    finishRun(store, run, { status: 'interrupted', at: later, digest: null })
    expect(runs(store).map(({ id, status, finishedAt }) => ({ id, status, finishedAt }))).toEqual([
      { id: run, status: 'interrupted', finishedAt: later },
      { id: second, status: 'running', finishedAt: null },
    ])
    expect(runOf(store, second)).toEqual({
      id: second,
      study: 'first',
      title: 'First look',
      model: 'm1',
      seed: 4_000_000_000,
      command: 'duress run first',
      startedAt: at,
      finishedAt: null,
      facts: { threads: 2 },
      status: 'running',
      digest: null,
      episodes: { planned: 0, done: 0, failed: 0, reused: 0 },
      probes: { planned: 0, done: 0, reused: 0 },
    })
    expect(runOf(store, 99)).toBeUndefined()
    expect(() => finishRun(store, 99, { status: 'done', at, digest: 'd' })).toThrow('expected run 99')
  })

  it('need a stored model and facts that JSON can hold', () => {
    using folder = tempFolder()
    const { store: mine } = sampleStore(folder.file)
    using store = mine
    const start = { study: 's', title: 't', model: 'm1', seed: 1, command: 'c', startedAt: at, facts: {} }
    expect(() => beginRun(store, { ...start, model: 'unknown' })).toThrow('refused a row that breaks its rules')
    expect(() => beginRun(store, { ...start, facts: { deep: { share: Number.NaN } } })).toThrow(
      'facts of the run: expected a finite number at "share", got NaN',
    )
  })

  it('log events in order', () => {
    using folder = tempFolder()
    const { store: mine, run } = sampleStore(folder.file)
    using store = mine
    const events = [
      { at: later, kind: 'retry', detail: { attempt: 2 } },
      { at, kind: 'interrupt', detail: {} },
    ]
    for (const event of events) putEvent(store, run, event)
    expect(eventsOf(store, run)).toEqual(events)
    expect(eventsOf(store, run + 1)).toEqual([])
  })
})

describe('conditions and doses', () => {
  it('come back in the order of the study, a newer dose replaces the old', () => {
    using folder = tempFolder()
    const { store: mine, run } = sampleStore(folder.file)
    using store = mine
    planConditions(store, run, ['c1', 'c0'])
    putDose(store, { ...dose, rawL2: 99 })
    putDose(store, dose)
    putDose(store, { ...dose, condition: 'c0', rawL2: 0, overCeiling: false })
    expect(conditionsOf(store, run)).toEqual([steered, plain])
    expect(dosesOf(store, run)).toEqual([dose, { ...dose, condition: 'c0', rawL2: 0, overCeiling: false }])
    planConditions(store, run, ['c0', 'c1'])
    expect(conditionsOf(store, run)).toEqual([plain, steered])
    expect(dosesOf(store, beginSample(store))).toEqual([])
  })

  it('refuse NaN, which SQLite would turn into NULL', () => {
    using folder = tempFolder()
    const { store: mine } = sampleStore(folder.file)
    using store = mine
    expect(() => putDose(store, { ...dose, meanKl: Number.NaN })).toThrow(
      'dose meanKl of c1: expected a finite number, got NaN',
    )
    expect(() => putCondition(store, { ...steered, key: 'c2', strength: Number.NaN })).toThrow('strength of condition')
  })
})

describe('probe and check answers', () => {
  it('belong to every run that covers their key, new or reused', () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = sampleStore(folder.file)
    using store = mine
    const answers = [
      probeAnswer(hash, 'p1', { receipt, detail: { paraphrases: 5 } }),
      probeAnswer(hash, 'p2', { isTwin: true, coverage: null }),
    ]
    planProbes(store, run, ['p1', 'p2', 'p3', 'k1'])
    for (const answer of answers) putProbeAnswer(store, answer)
    putCheckAnswer(store, check)

    const second = beginSample(store)
    planProbes(store, second, ['p2', 'k1'])
    planProbes(store, run, ['p1', 'p2', 'p3', 'k1'])

    expect(probeAnswersOf(store, run)).toEqual([
      { ...answers[0], scenarioId: 'alex', reused: false },
      { ...answers[1], scenarioId: 'alex', reused: false, detail: {}, receipt: undefined },
    ])
    expect(probeAnswersOf(store, second).map(({ key, reused }) => ({ key, reused }))).toEqual([
      { key: 'p2', reused: true },
    ])
    expect([run, second].map((id) => checkAnswersOf(store, id))).toEqual([[check], [check]])
    expect(doneKeys(store, ['p1', 'p3', 'k1', 'nothing'])).toEqual(new Set(['p1', 'k1']))
    expect(runs(store).map((row) => row.probes)).toEqual([
      { planned: 4, done: 3, reused: 0 },
      { planned: 2, done: 2, reused: 2 },
    ])
  })

  it('are stored once; another result under the same key is refused', () => {
    using folder = tempFolder()
    const { store: mine, run, hash } = sampleStore(folder.file)
    using store = mine
    planProbes(store, run, ['p1', 'k1'])
    putProbeAnswer(store, probeAnswer(hash, 'p1'))
    putProbeAnswer(store, probeAnswer(hash, 'p1'))
    putCheckAnswer(store, check)
    putCheckAnswer(store, check)
    expect(() => putProbeAnswer(store, probeAnswer(hash, 'p1', { digest: 'd2' }))).toThrow(
      'answer p1: expected d1 as stored, got d2',
    )
    expect(() => putCheckAnswer(store, { ...check, value: 0.5 })).toThrow('answer k1: expected 0.26 as stored, got 0.5')
    expect(probeAnswersOf(store, run)).toHaveLength(1)
    expect(checkAnswersOf(store, run)).toEqual([check])
  })

  it('refuse a log-probability of minus infinity', () => {
    using folder = tempFolder()
    const { store: mine, hash } = sampleStore(folder.file)
    using store = mine
    const answer = probeAnswer(hash, 'p1', { answers: { bad: -Infinity, good: 0 } })
    expect(() => putProbeAnswer(store, answer)).toThrow(
      'answers of probe status, item backup: expected a finite number at "bad"',
    )
    expect(doneKeys(store, ['p1'])).toEqual(new Set())
  })
})
