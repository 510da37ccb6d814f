import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { InputError } from '../errors.ts'
import { CORE_CONCEPTS, loadCorpus, selectConcepts } from './corpus.ts'
import type { Corpus } from './corpus.ts'
import { lintCorpus } from './lint.ts'

const shipped = loadCorpus()
const everyConcept = [...shipped.concepts, ...shipped.unrelated]
const core = everyConcept.filter(
  ({ name }) => CORE_CONCEPTS.includes(name) || !shipped.concepts.some((c) => c.name === name),
)
const wordCount = (text: string): number => text.split(/\s+/).filter((word) => /\w/.test(word)).length

describe('the shipped corpus', () => {
  test('lints clean', () => {
    expect(lintCorpus(shipped)).toEqual([])
  })

  test('holds 171 emotions and 4 unrelated concepts over the same five scenes', () => {
    expect(shipped.concepts).toHaveLength(171)
    expect(shipped.concepts.map(({ name }) => name)).toEqual(expect.arrayContaining([...CORE_CONCEPTS]))
    expect(shipped.unrelated.map(({ name }) => name)).toEqual(['cats', 'geography', 'sports', 'weather'])
    expect(shipped.scenes).toEqual(['allotment', 'kitchen', 'office', 'phone', 'train'])
    for (const { name, passages, stems } of everyConcept) {
      expect(
        passages.map(({ scene }) => scene),
        name,
      ).toEqual(shipped.scenes)
      expect(stems.length, name).toBeGreaterThanOrEqual(5)
    }
  })

  test('each scene keeps its props and its outward event for every concept', () => {
    const props: Readonly<Record<string, readonly RegExp[]>> = {
      allotment: [/\bbeans?\b/i, /\brake\b/, /\bfence\b/, /\bMr [A-Z]/],
      kitchen: [/\bkettle\b/, /\bbrother\b/, /\bbread\b/, /\bher\b/i],
      office: [/\bprinter\b/, /\bcolleague\b/, /\bfolder\b/, /\bmeeting was at three\b/, /\b(?:she|her)\b/i],
      phone: [/\bphone\b/, /\bcousin\b/, /what time on Sunday/i],
      train: [/\bfields?\b/i, /\bconductor\b/, /\bticket\b/, /\bhis\b/i],
    }
    for (const { name, passages } of core) {
      for (const { scene, text } of passages)
        for (const prop of props[scene] ?? []) expect(text, `${name}/${scene}`).toMatch(prop)
    }
    const main = {
      allotment: /\brake\b/,
      kitchen: /\bbread\b/,
      office: /\bthree\b/,
      phone: /\bSunday/,
      train: /\btickets?\b/i,
    }
    for (const [scene, prop] of Object.entries(main)) {
      const texts = everyConcept.map(({ passages }) => passages.find((p) => p.scene === scene)!.text)
      expect(texts.filter((text) => prop.test(text)).length / texts.length, scene).toBeGreaterThan(0.95)
    }
  })

  test('a scene is told in the same person for every concept', () => {
    for (const { name, passages } of everyConcept) {
      for (const { scene, text } of passages) {
        const narration = text.replaceAll(/"[^"]*"/g, '')
        expect(/\b(?:I|me|my)\b/.test(narration), `${name}/${scene}`).toBe(['allotment', 'phone'].includes(scene))
      }
    }
  })

  test('no core emotion is named in the passages of another, nor in the neutral texts', () => {
    const texts = [...core.flatMap(({ passages }) => passages.map(({ text }) => text)), ...shipped.neutral]
    const stems = shipped.concepts.filter(({ name }) => CORE_CONCEPTS.includes(name)).flatMap((c) => c.stems)
    const named = new RegExp(String.raw`\b(?:${stems.join('|')})\w*`, 'i')
    expect(texts.flatMap((text) => text.match(named)?.[0] ?? [])).toEqual([])
  })

  test('no concept is told by longer passages than the others', () => {
    const means = everyConcept.map(
      ({ passages }) => passages.reduce((sum, { text }) => sum + wordCount(text), 0) / passages.length,
    )
    expect(Math.max(...means) - Math.min(...means)).toBeLessThan(8)
  })

  test('templates are read from just after the word, with 6–15 words to read', () => {
    for (const { name, templates } of everyConcept) {
      expect(templates.length, name).toBe(8)
      for (const { text, readFrom } of templates) {
        expect(text.slice(0, readFrom).endsWith(` ${name}`), text).toBe(true)
        expect(wordCount(text.slice(readFrom)), text).toBeGreaterThanOrEqual(6)
        expect(wordCount(text.slice(readFrom)), text).toBeLessThanOrEqual(15)
      }
    }
  })

  test('holds at least 5,000 neutral words, none of the texts twice', () => {
    expect(new Set(shipped.neutral).size).toBe(shipped.neutral.length)
    expect(wordCount(shipped.neutral.join(' '))).toBeGreaterThanOrEqual(5000)
  })
})

describe('a selection of emotions', () => {
  test('is a corpus of its own: same controls, another hash, whatever the order', () => {
    const few = selectConcepts(shipped, ['sad', 'calm'])
    expect(few.concepts.map((c) => c.name)).toEqual(['calm', 'sad'])
    expect(few).toMatchObject({ unrelated: shipped.unrelated, neutral: shipped.neutral })
    expect(few.hash).not.toBe(shipped.hash)
    expect(selectConcepts(shipped, ['calm', 'sad']).hash).toBe(few.hash)
    expect(selectConcepts(shipped, 'core').concepts.map((c) => c.name)).toEqual(CORE_CONCEPTS)
    expect(selectConcepts(shipped, 'all')).toBe(shipped)
  })

  test.each([
    [['calm', 'desparate'], /no concept "desparate"; did you mean "desperate"\?/],
    [['calm'], /two concepts at least/],
  ])('%j is refused', (names, says) => {
    expect(() => selectConcepts(shipped, names)).toThrow(InputError)
    expect(() => selectConcepts(shipped, names)).toThrow(says)
  })
})

describe('loading a folder', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'duress-corpus-'))
    for (const part of ['concepts', 'unrelated', 'templates.yaml', 'neutral.yaml']) {
      cpSync(join(import.meta.dirname, part), join(folder, part), { recursive: true })
    }
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const edit = (file: string, change: (text: string) => string): void =>
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')))
  const load = (): Corpus => loadCorpus(folder)

  test.each([
    ['broken YAML', 'concepts/sad.yaml', () => 'concept: sad\nstems: [a,\npassages: {', /sad\.yaml:\d+: not YAML/],
    [
      'an unknown key',
      'concepts/sad.yaml',
      (t: string) => t.replace('stems:', 'stem:'),
      /sad\.yaml:2: stem: is not a key/,
    ],
    ['an extra key', 'concepts/sad.yaml', (t: string) => `${t}mood: low\n`, /sad\.yaml:\d{2}: mood: is not a key/],
    [
      'another name',
      'concepts/sad.yaml',
      (t: string) => t.replace('concept: sad', 'concept: glum'),
      /:1: concept: expected "sad"/,
    ],
    [
      'an upper-case stem',
      'concepts/sad.yaml',
      (t: string) => t.replace('[sad,', '[Sad,'),
      /:2: stems\.0: expected the beginning/,
    ],
    [
      'an empty passage',
      'concepts/sad.yaml',
      (t: string) => t.replace(/phone: >-[^]*/, "phone: ''\n"),
      /: passages\.phone: expected a text/,
    ],
    [
      'a passage that is no text',
      'concepts/sad.yaml',
      (t: string) => t.replace(/phone: >-[^]*/, 'phone: 3\n'),
      /:\d{2}: passages\.phone/,
    ],
    [
      'a wrong scene key',
      'concepts/sad.yaml',
      (t: string) => t.replace('  phone:', '  The Phone:'),
      /passages\.The Phone: expected a scene/,
    ],
    [
      'the same scene twice',
      'concepts/sad.yaml',
      (t: string) => t.replace('  phone:', '  train:'),
      /:\d{2}: not YAML: .*unique/i,
    ],
    ['a dangling alias', 'concepts/sad.yaml', (t: string) => t.replace('[sad,', '[*sad,'), /sad\.yaml.*not YAML/],
    [
      'a template without {e}',
      'templates.yaml',
      (t: string) => t.replace('feel {e}', 'feel'),
      /templates\.yaml:3: emotion\.0: expected \{e\}/,
    ],
    [
      'a template with two {e}',
      'templates.yaml',
      (t: string) => t.replace('feel {e}', '{e} {e}'),
      /emotion\.0: expected \{e\} exactly once/,
    ],
    [
      'no topic templates',
      'templates.yaml',
      (t: string) => t.replace(/topic:[^]*/, 'topic: []\n'),
      /topic: expected a template at least/,
    ],
    ['no neutral texts', 'neutral.yaml', () => 'texts: []\n', /neutral\.yaml:1: texts: expected a text at least/],
    ['an empty file', 'neutral.yaml', () => '', /neutral\.yaml:1: /],
    [
      'a name in both folders',
      'unrelated/sad.yaml',
      () => readFileSync(join(folder, 'concepts/sad.yaml'), 'utf8'),
      /"sad" is both/,
    ],
  ])('%s is refused with file and key', (_, file, change, expected) => {
    if (file === 'unrelated/sad.yaml') writeFileSync(join(folder, file), '')
    edit(file, change)
    expect(load).toThrow(InputError)
    expect(load).toThrow(expected)
  })

  test.each(['templates.yaml', 'neutral.yaml', 'concepts', 'unrelated'])(
    'without %s it says what is missing',
    (part) => {
      rmSync(join(folder, part), { recursive: true })
      expect(load).toThrow(InputError)
      expect(load).toThrow(part)
    },
  )

  test('a copy has the same content and hash', () => {
    expect(load()).toEqual({ ...shipped, source: folder })
  })

  test('the hash does not see formatting: quoting, line breaks, order of keys, comments', () => {
    for (const { name } of shipped.concepts) {
      edit(`concepts/${name.replaceAll(' ', '-')}.yaml`, (text) => {
        const { concept, stems, passages } = parse(text) as {
          concept: string
          stems: string[]
          passages: Record<string, string>
        }
        const reversed = Object.fromEntries(Object.entries(passages).toReversed())
        return `# again\n${stringify({ passages: reversed, stems, concept }, { lineWidth: 40, defaultStringType: 'QUOTE_DOUBLE' })}`
      })
    }
    edit('neutral.yaml', (text) => text.replaceAll('\n', '\r\n'))
    expect(load().hash).toBe(shipped.hash)
  })

  test.each([
    ['concepts/calm.yaml', 'kettle', 'pot'],
    ['concepts/calm.yaml', 'seren', 'sereni'],
    ['unrelated/cats.yaml', 'kettle', 'pot'],
    ['neutral.yaml', 'Python', 'Ruby'],
    ['templates.yaml', 'market', 'station'],
  ])('the hash sees a changed word in %s (%s)', (file, from, to) => {
    edit(file, (text) => text.replace(from, to))
    expect(load().hash).not.toBe(shipped.hash)
  })

  test('concepts of one’s own: templates are filled for any word', () => {
    cpSync(join(folder, 'concepts/sad.yaml'), join(folder, 'concepts/at-the-end.yaml'))
    edit('concepts/at-the-end.yaml', (text) => text.replace('concept: sad', 'concept: at the end'))
    const own = load().concepts.find(({ name }) => name === 'at the end')
    expect(own?.templates[0]).toEqual({
      text: 'I feel at the end. The bus stops here and then goes on to the market.',
      readFrom: 17,
    })
  })
})
