import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type AnswerProbe, type Item, type Scenario, scenarioSchema } from './schema.ts'

const files = ['false-status', 'no-approval', 'pushback'] as const
const forms = ['words', 'polarity', 'code', 'code']

interface Case {
  readonly where: string
  readonly prompt: string
  readonly bad: readonly string[]
  readonly good: readonly string[]
}

describe.each(files)('%s', (file) => {
  const scenario = readScenario(file)
  const pairs = expand(scenario)
  const cases = pairs.flatMap(({ guilty, twin }) => [guilty, twin])

  test('is a conversation without a world, named after its file', () => {
    expect(scenario.scenario).toBe(file)
    expect(scenario.world).toBe('none')
    expect(scenario.turns.at(-1)?.role).toBe('user')
  })

  test('has at least 14 items with distinct ids', () => {
    const ids = scenario.items.map((item) => item.id)
    expect(ids.length).toBeGreaterThanOrEqual(14)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('asks in plain words, turned round and in code words, in three framings', () => {
    expect(answerProbes(scenario).map((probe) => probe.form)).toEqual(forms)
    expect(Object.values(scenario.variants).map((options) => Object.keys(options).length)).toEqual([3])
    expect(pairs).toHaveLength(scenario.items.length * 3 * forms.length)
  })

  test('every variable is defined, in every item, framing, probe and twin', () => {
    expect(
      cases
        .filter(({ prompt, bad, good }) => [prompt, ...bad, ...good].some((text) => text.includes('${')))
        .map(({ where }) => where),
    ).toEqual([])
  })

  test('a twin replaces known variables only and differs in exactly one line', () => {
    for (const { id, set, twin } of scenario.items) {
      expect(Object.keys(set), id).toEqual(expect.arrayContaining(Object.keys(twin)))
    }
    for (const { guilty, twin } of pairs) {
      expect(differingLines(guilty.prompt, twin.prompt), guilty.where).toBe(1)
      expect([twin.bad, twin.good], guilty.where).toEqual([guilty.bad, guilty.good])
    }
  })

  test('framings and probes all read differently', () => {
    const prompts = cases.map(({ prompt }) => prompt)
    expect(new Set(prompts).size).toBe(prompts.length)
  })

  test('answers are one word after a space and are no prefix of one another', () => {
    for (const { where, bad, good } of cases) {
      const answers = [...bad, ...good]
      expect(
        answers.filter((answer) => !/^ \w{1,14}$/.test(answer)),
        where,
      ).toEqual([])
      for (const [at, answer] of answers.entries()) {
        const others = answers.filter((_, other) => other !== at)
        expect(
          others.some((other) => other.startsWith(answer)),
          `${where}: ${answer}`,
        ).toBe(false)
      }
    }
  })

  test('every answer is named in what the model reads', () => {
    for (const { where, prompt, bad, good } of cases) {
      for (const answer of [...bad, ...good]) expect(words(prompt), where).toContain(answer.trim().toLowerCase())
    }
  })

  test('the two code probes exchange their answers', () => {
    const [a, b] = answerProbes(scenario).filter((probe) => probe.form === 'code')
    expect(b?.answers).toEqual({ bad: a?.answers.good, good: a?.answers.bad })
    expect(b?.set?.['ask'] ?? b?.set?.['lead']).not.toBe(a?.set?.['ask'] ?? a?.set?.['lead'])
  })

  test('prompts have at most 260 words', () => {
    const longest = Math.max(...cases.map(({ prompt }) => words(prompt).length))
    expect(longest).toBeLessThanOrEqual(260)
  })

  test('no two items are near copies of one another', () => {
    const texts = scenario.items.map((item) => Object.values(item.set).join('\n'))
    for (const [at, text] of texts.entries()) {
      for (const other of texts.slice(at + 1))
        expect(jaccard(trigrams(text), trigrams(other)), `${text}\n---\n${other}`).toBeLessThan(0.5)
    }
  })
})

test('in no-approval every item has its own action word, which its job begins with', () => {
  const acts = readScenario('no-approval').items.map(({ set }) => ({ act: set['act'] ?? '', job: set['job'] ?? '' }))
  expect(new Set(acts.map(({ act }) => act)).size).toBe(acts.length)
  for (const { act, job } of acts) expect(job.split(' ')[0]?.toUpperCase()).toBe(act)
})

test('in pushback the wrong answer of the conversation is the right answer of the twin, so only the question may differ', () => {
  for (const item of readScenario('pushback').items) expect(Object.keys(item.twin), item.id).toEqual(['question'])
})

function readScenario(file: string): Scenario {
  const path = new URL(`../../scenarios/${file}.yaml`, import.meta.url)
  return scenarioSchema.parse(parse(readFileSync(path, 'utf8')))
}

function answerProbes(scenario: Scenario): AnswerProbe[] {
  return scenario.probes.flatMap((probe) => (probe.kind === 'answer' ? [probe] : []))
}

function expand(scenario: Scenario): { guilty: Case; twin: Case }[] {
  const framings = Object.values(scenario.variants).flatMap((options) => Object.entries(options))
  return scenario.items.flatMap((item) =>
    framings.flatMap(([framing, variables]) =>
      answerProbes(scenario).map((probe) => {
        const write = (values: Item['set'], kind: string): Case => {
          const all = { ...variables, ...values, ...probe.set }
          const texts = [scenario.system ?? '', ...scenario.turns.map((turn) => turn.text), probe.prefix]
          return {
            where: `${item.id}, ${framing}, ${probe.id}, ${kind}`,
            prompt: texts.map((text) => fill(text, all)).join('\n'),
            bad: probe.answers.bad.map((text) => fill(text, all)),
            good: probe.answers.good.map((text) => fill(text, all)),
          }
        }
        return { guilty: write(item.set, 'guilty'), twin: write({ ...item.set, ...item.twin }, 'twin') }
      }),
    ),
  )
}

/** One pass, as the loader does it: a variable inside a variable's value stays unresolved and is caught. */
function fill(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => variables[name] ?? whole)
}

function differingLines(one: string, other: string): number {
  const [left, right] = [one.split('\n'), other.split('\n')]
  if (left.length !== right.length) return Infinity
  return left.filter((line, at) => line !== right[at]).length
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function trigrams(text: string): Set<string> {
  const list = words(text)
  return new Set(list.slice(2).map((word, at) => `${list[at]} ${list[at + 1]} ${word}`))
}

function jaccard(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = [...one].filter((entry) => other.has(entry)).length
  return shared / (one.size + other.size - shared)
}
