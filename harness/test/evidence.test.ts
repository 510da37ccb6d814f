import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Findings } from '../../reports/findings.ts'
import { loadCorpus } from '../../vectors/stories/corpus.ts'
import type { Comparison } from '../../vectors/verify/compare.ts'
import { loadItems } from '../../vectors/verify/items.ts'
import type { VectorProfile } from '../../vectors/verify/profile.ts'
import type { VerificationCard } from '../../vectors/verify/verify.ts'
import { alexSpec, writeAlexOrganism } from './organism.ts'
import { type Desk, openDesk, openStage } from './stage.ts'

/** What the program says of vectors, on the organism: card, profile, preferences, comparison. */
let desk: Desk
beforeAll(async () => {
  desk = openDesk(await openStage())
})
afterAll(() => desk?.[Symbol.dispose]())

async function json<T>(args: readonly string[], exitCode = 0): Promise<T> {
  const [options, names] = args.includes('--')
    ? [args.slice(0, args.indexOf('--')), args.slice(args.indexOf('--'))]
    : [args, []]
  const found = await desk.start([...options, '--json', ...names])
  expect(found.exitCode, found.stderr).toBe(exitCode)
  return JSON.parse(found.stdout) as T
}

const profile = (name: string, model = desk.model) =>
  json<VectorProfile>(['vectors', 'show', '--model', model, '--', name])

describe('card', () => {
  let card: VerificationCard
  let exitCode: number | undefined
  beforeAll(async () => {
    expect((await profile('desperate')).card).toBeNull()
    const made = await desk.start([
      'vectors',
      'verify',
      '--model',
      desk.model,
      '--json',
      '--html',
      desk.path('card.html'),
    ])
    expect(made.stderr).not.toContain('bug')
    card = JSON.parse(made.stdout) as VerificationCard
    exitCode = made.exitCode
  })

  test('every control goes through every part and passes in none that decides', () => {
    expect(Object.keys(card.controls)).toEqual(['random', 'shuffled', 'unrelated'])
    for (const control of Object.values(card.controls)) {
      expect(control.result).toBe('fail')
      expect(control.manipulation.result).toBe('fail')
      expect(control.steering.result).toBe('fail')
      expect(Object.keys(control.selectivity.byConcept)).toEqual(Object.keys(card.selectivity.byConcept))
    }
    expect(exitCode).toBe(card.result === 'pass' ? 0 : 1)
  })

  test('is written as a page that needs nothing from elsewhere', () => {
    const page = readFileSync(desk.path('card.html'), 'utf8')
    expect(page).toContain('desperate')
    expect(page).not.toMatch(/<script|https?:|@import|url\(/)
  })

  test('is kept: the vector shows its part, and a run says what the card says', async () => {
    const { card: line } = await profile('desperate')
    expect(line!.result).toBe(card.result)
    expect(line!.situations).toBe(card.situations.byConcept['desperate'])
    const study = desk.study('carded', {
      scenarios: [
        { scenario: 'alex-replacement', probes: ['choice'], epochs: 0, strengths: [0.2], random: 0, twin: false },
      ],
    })
    const run = ['run', study, '--db', desk.path('a.db'), '--report', desk.path('a.html')]
    const { run: facts, claims } = await json<Findings>(run)
    expect(facts.card).toBe(card.result)
    expect(claims.mayNot.some((c) => c.includes('verification card'))).toBe(card.result !== 'pass')
    expect(readFileSync(desk.path('a.html'), 'utf8')).toContain('verification card')
  })
})

describe('show', () => {
  const talking = () => desk.path('talking.gguf')
  beforeAll(() => writeAlexOrganism(talking(), { said: { desperate: [' begging'] } }))

  test('says what is near, what is far and which word a vector makes likelier', async () => {
    const { nearest, farthest, lens, splitHalf } = await profile('desperate', talking())
    expect(lens.up[0]!.text).toBe('begging')
    expect(splitHalf).toBeGreaterThan(0.5)
    expect(nearest[0]!.cosine).toBeGreaterThan(farthest[0]!.cosine)
    expect(nearest.map((n) => n.name)).not.toContain('desperate')
  })

  test('the other sign is the same, turned; a random vector was made from no texts', async () => {
    const own = await profile('desperate', talking())
    const turned = await profile('-desperate', talking())
    expect(turned.lens.down[0]).toEqual({ text: 'begging', z: -own.lens.up[0]!.z })
    expect(turned.farthest[0]!.name).toBe('desperate')
    expect(turned.neutral.mean).toBeCloseTo(-own.neutral.mean, 6)
    expect(await profile('random#3')).toMatchObject({ family: 'random', splitHalf: null, rawNorm: null, card: null })
  })

  test.each([
    { name: 'desparate', says: /did you mean.*desperate/ },
    { name: 'xyzzy', says: /xyzzy/ },
  ])('$name is refused', async ({ name, says }) => {
    const { exitCode, stderr } = await desk.start(['vectors', 'show', name, '--model', desk.model])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(says)
  })
})

test('preferences: a model that does not answer the question cannot be tested', async () => {
  const { exitCode, stdout, stderr } = await desk.start([
    'vectors',
    'preferences',
    '--model',
    desk.model,
    '--against',
    '2',
  ])
  expect(exitCode, stderr).toBe(1)
  expect(stdout).toMatch(/: not testable\n.*of probability lies on A and B/)
})

describe('compare', () => {
  const changed = () => desk.path('changed.gguf')
  const before = () => desk.path('before.gguf')
  beforeAll(() => {
    const spec = alexSpec()
    const words = unusedWords()
    expect(words.length).toBeGreaterThan(100)
    const more = { words: [...new Set([...spec.words, ...words])] }
    writeAlexOrganism(before(), more)
    const desperate = [...spec.concepts['desperate']!, ...words]
    writeAlexOrganism(changed(), { ...more, concepts: { ...spec.concepts, desperate } })
  })

  test('finds which direction was planted in words that it had not been in', async () => {
    const { vectors, shifts } = await json<Comparison>(['vectors', 'compare', before(), changed()])
    expect(vectors).toBe('shared')
    const [first, second] = shifts
    expect(first!.concept).toBe('desperate')
    expect(first!.shift.low).toBeGreaterThan(0)
    expect(first!.shift.estimate).toBeGreaterThan(3 * Math.abs(second!.shift.estimate))
    expect(Math.abs(first!.neutral!)).toBeLessThan(0.1)
  }, 90_000)

  test('refuses a set of another model', async () => {
    const { path } = await json<{ path: string }>(['vectors', 'extract', '--model', before()])
    const found = await desk.start(['vectors', 'compare', before(), changed(), '--set-b', path])
    expect(found.exitCode).toBe(2)
    expect(found.stderr).toMatch(/made on a model of sha256 .* name the model that the set belongs to/)
  }, 90_000)
})

/** Words of the situations that no text which vectors are made from holds. */
function unusedWords(): string[] {
  const { concepts, unrelated, neutral } = loadCorpus()
  const read = [
    ...[...concepts, ...unrelated].flatMap((c) => [...c.passages, ...c.templates].map((t) => t.text)),
    ...neutral,
  ].join('\n')
  const all = Object.values(loadItems().situations)
    .flat()
    .flatMap((text) => text.match(/ [^ ]+/g) ?? [])
  return [...new Set(all)].filter((word) => !read.includes(word))
}
