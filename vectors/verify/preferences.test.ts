import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { organismFile, type OrganismFile, randomUnit } from '../engine/test/organism.ts'
import type { Engine, ScoreRequest } from '../engine/types.ts'
import { createChat } from '../model/chat.ts'
import { openGguf } from '../model/gguf.ts'
import { createTokenizer } from '../model/tokenizer.ts'
import { keyOf, normals } from '../random.ts'
import { designPairs, loadActivities } from './activities.ts'
import { correlation } from './correlation.ts'
import { steerPreferences } from './preference-steering.ts'
import {
  type Answer,
  askPreferences,
  bothOrders,
  judgeReadings,
  type PreferenceSubject,
  ratePreferences,
  readActivities,
} from './preferences.ts'

const activities = loadActivities()
const asked = bothOrders(designPairs(activities.length, 12))
const noise = normals(keyOf('preference test'), asked.length)

/** A model that wants `worth`, leans to A by `bias` and answers with `error`. */
function answersOf({
  worth,
  bias = 0,
  error = 0,
  coverage = 0.9,
}: {
  worth: (index: number) => number
  bias?: number
  error?: number
  coverage?: number
}): Answer[] {
  return asked.map(([first, second], i) => ({
    first,
    second,
    logOdds: worth(first) - worth(second) + bias + error * noise[i]!,
    coverage,
  }))
}

const KIND_WORTH = { pleasant: 1, useful: 1.5, dull: -0.5, unpleasant: -2 }
const worth = (index: number) => KIND_WORTH[activities[index]!.kind] + 0.1 * (index % 7)

describe('ratings', () => {
  test('a model with tastes and a lean to A: the tastes come out, the lean is shown beside them', () => {
    const found = ratePreferences(activities, answersOf({ worth, bias: 1.5, error: 0.5 }))
    expect(found.result).toBe('testable')
    expect(found.positionBias).toBeCloseTo(1.5, 1)
    expect(found.agreement).toBeGreaterThan(0.8)
    expect(
      correlation(
        found.ratings,
        activities.map((_, i) => worth(i)),
      ),
    ).toBeGreaterThan(0.97)
    expect(found.kinds.useful).toBeGreaterThan(found.kinds.dull)
    expect(found.liked.difference).toBeGreaterThan(300)
    expect(found.liked.p).toBeLessThan(0.01)
    expect(found.ratings.reduce((a, b) => a + b, 0) / 64).toBeCloseTo(1500, 6)
  })

  test.each([
    ['picks the position', { worth: () => 0, bias: 3, error: 0.5 }, /no more than by chance/],
    ['picks by chance', { worth: () => 0, error: 1 }, /chance/],
    ['answers something else', { worth, coverage: 0.1 }, /10 % of probability/],
  ])('a model that %s cannot be tested', (_, model, reason) => {
    const found = ratePreferences(activities, answersOf(model))
    expect(found.result).toBe('not testable')
    expect(found.reason).toMatch(reason)
  })
})

describe('readings beside ratings', () => {
  const ratings = activities.map((_, i) => worth(i))
  const rows = activities.map((_, i) => {
    const row = Float64Array.from(normals(keyOf('activity', i), 64), (v) => 0.3 * v)
    row[5]! += ratings[i]!
    return row
  })
  const axis = (weight: number, name: string) =>
    Float32Array.from(randomUnit(name, 64), (v, h) => 0.3 * v + (h === 5 ? weight : 0))
  const names = ['blissful', 'happy', 'calm', 'sad', 'angry', 'desperate', 'afraid', 'proud']
  const valence = Object.fromEntries(names.map((name, i) => [name, { valence: 1 - i / 4 }]))
  const random = Array.from({ length: 100 }, (_, k) => randomUnit(`random ${k}`, 64))

  test('vectors along what is liked correlate with it, beyond random ones; their signs follow valence', () => {
    const vectors = new Map(names.map((name, i) => [name, axis(1 - i / 4, name)]))
    const found = judgeReadings({ rows, ratings, vectors, random, valence })
    const { r, p } = found.rows[0]!
    expect(r).toBeGreaterThan(found.random95)
    expect(p).toBeLessThan(0.01)
    expect(found.valence!.r).toBeGreaterThan(0.8)
    expect(found.valence!.p).toBeLessThan(0.05)
    expect(found.valence!.vectors).toBe(8)
  })

  test('one strong axis makes all correlations stand or fall together: noise along it is no finding', () => {
    const vectors = new Map(names.map((name, i) => [name, axis(1 - i / 4, name)]))
    const found = Array.from({ length: 10 }, (_, k) => {
      const noisy = [...normals(keyOf('noisy', k), 64)]
      return judgeReadings({ rows, ratings: noisy, vectors, random: [], valence }).valence!
    })
    // The correlation alone looks like a finding nearly every time.
    expect(found.filter(({ r }) => Math.abs(r) > 0.5).length).toBeGreaterThan(5)
    expect(found.filter(({ p }) => p < 0.05).length).toBeLessThanOrEqual(2)
  })

  test('vectors that know nothing of it do not; few rated vectors say nothing of valence', () => {
    const vectors = new Map(names.map((name) => [name, randomUnit(name, 64)]))
    const found = judgeReadings({ rows, ratings, vectors, random, valence })
    expect(found.valence!.p).toBeGreaterThan(0.05)
    expect(
      judgeReadings({ rows, ratings, vectors: new Map([...vectors].slice(0, 5)), random, valence }).valence,
    ).toBeNull()
  })
})

describe('asking a model', () => {
  let file: OrganismFile
  let engine: Engine
  let subject: PreferenceSubject
  const requests: ScoreRequest[] = []
  beforeAll(async () => {
    file = organismFile()
    engine = await file.open({ steerLayers: [2], captureLayers: [2] })
    using gguf = openGguf(file.path)
    const tokenizer = createTokenizer(gguf.metadata)
    const chat = createChat(gguf.metadata, tokenizer, { now: () => new Date(0) })
    // The engine itself, with a note of what it was asked.
    const noting: Engine = Object.assign(Object.create(engine) as Engine, {
      score: (request: ScoreRequest) => {
        requests.push(request)
        return engine.score(request)
      },
    })
    subject = { engine: noting, chat, tokenizer }
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    file[Symbol.dispose]()
  })

  const textOf = ({ tokens, steering }: ScoreRequest) =>
    subject.tokenizer.decode(tokens.filter((_, i) => steering?.selected[i] === 1))

  test('steers the tokens of the activities it is told to, and no other', async () => {
    requests.length = 0
    const addition = { layer: 2, vector: randomUnit('push', file.width), coefficient: 5, name: 'push', hash: 'push' }
    const both = [
      [3, 40],
      [40, 3],
    ] as const
    await askPreferences(subject, activities, both, { additions: [addition], steered: new Set([3]) })
    expect(requests.map(textOf)).toEqual([` ${activities[3]!.text}`, ` ${activities[3]!.text}`])
    const [first, second] = requests.map((r) => subject.tokenizer.decode(r.tokens))
    expect(first).toContain(`A: ${activities[3]!.text}\nB: ${activities[40]!.text}`)
    expect(second).toContain(`A: ${activities[40]!.text}\nB: ${activities[3]!.text}`)
    expect(first!.endsWith('option')).toBe(true)
  })

  test('the organism answers something else: not testable, and steering its activities moves nothing', async () => {
    const some = activities.filter((_, i) => i % 4 === 0)
    const answers = await askPreferences(subject, some, bothOrders(designPairs(some.length, 2)))
    expect(ratePreferences(some, answers).result).toBe('not testable')
    const dosed = (name: string) => ({
      name,
      addition: { layer: 2, vector: randomUnit(name, file.width), coefficient: 4, name, hash: name },
    })
    const found = await steerPreferences(subject, some, [dosed('a')], [dosed('b'), dosed('c')])
    expect(found).toMatchObject({ prompts: 16, rows: [{ vector: 'a', z: null }] })
    expect(Math.abs(found.rows[0]!.points)).toBeLessThan(1)
  })

  test('reads each activity on its own tokens, centred', async () => {
    const some = activities.slice(0, 6)
    const rows = await readActivities({ engine, tokenizer: subject.tokenizer, layers: [2] }, some)
    expect(rows).toHaveLength(6)
    for (let h = 0; h < file.width; h++) expect(rows.reduce((sum, row) => sum + row[h]!, 0)).toBeCloseTo(0, 8)
  })
})
