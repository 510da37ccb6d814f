import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Line } from './bench.ts'
import { lineText, type Measured, number, replaceSection, sectionOf } from './markdown.ts'

const line: Line = {
  benchmark: 'decode',
  test: '16 rows',
  unit: 'tokens/s',
  ours: 310.4,
  other: { what: 'llama.cpp', value: 290 },
  ratio: { median: 1.0703, min: 1.012, max: 1.104 },
  target: { bound: 'least', value: 1 },
}
const slow: Line = { ...line, ratio: { median: 0.97, min: 0.8, max: 1.2 } }

describe('a line', () => {
  test.each<{ name: string; of: Line; says: string }>([
    {
      name: 'with everything',
      of: line,
      says: 'decode · 16 rows: 310 tokens/s, llama.cpp 290, ratio 1.07 [1.01–1.10], target ≥ 1: met',
    },
    {
      name: 'below its target',
      of: slow,
      says: 'decode · 16 rows: 310 tokens/s, llama.cpp 290, ratio 0.970 [0.800–1.20], target ≥ 1: missed',
    },
    {
      name: 'with an interval above its target',
      of: { ...line, ratio: { ...line.ratio!, interval: [1.05, 1.08] } },
      says: 'decode · 16 rows: 310 tokens/s, llama.cpp 290, ratio 1.07 (1.05–1.08) [1.01–1.10], target ≥ 1: met',
    },
    {
      name: 'with an interval around its target',
      of: { ...slow, ratio: { ...slow.ratio!, interval: [0.91, 1.02] } },
      says: 'decode · 16 rows: 310 tokens/s, llama.cpp 290, ratio 0.970 (0.910–1.02) [0.800–1.20], target ≥ 1: undecided',
    },
    {
      name: 'without the other side',
      of: { ...line, other: undefined, ratio: undefined },
      says: 'decode · 16 rows: 310 tokens/s, target ≥ 1: not measured',
    },
    {
      name: 'with a target for our own figure',
      of: {
        benchmark: 'KL',
        test: 'mean',
        unit: 'nats',
        ours: 0.00306,
        target: { of: 'ours', bound: 'most', value: 0.01 },
      },
      says: 'KL · mean: 0.00306 nats, target ours ≤ 0.01: met',
    },
  ])('$name', ({ of, says }) => expect(lineText(of)).toBe(says))
})

test.each([
  [0, '0'],
  [0.00306, '0.00306'],
  [1, '1.00'],
  [12.345, '12.3'],
  [310.4, '310'],
  [28_800, '28800'],
])('%d is written %s', (value, text) => expect(number(value)).toBe(text))

test('a section says when, on what and how it was measured, and names every target missed or undecided', () => {
  const measured: Measured = {
    model: 'small',
    date: '2026-01-02',
    command: 'npm run bench -- --rounds 5',
    code: 'commit abc',
    threads: 2,
    rounds: 5,
    machine: { cpu: 'Some CPU', cores: 2, readGbPerSecond: 15.6, load: 0.1, versions: 'ONNX Runtime 1' },
    lines: [line, slow, { ...slow, test: '1 row', ratio: { ...slow.ratio!, interval: [0.91, 1.02] } }],
  }
  expect(sectionOf(measured)).toMatchInlineSnapshot(`
    "## small

    2026-01-02, commit abc; Some CPU, 2 cores, 2 threads; memory read 15.6 GB/s; load before the start 0.10; ONNX Runtime 1; 5 rounds.

    \`npm run bench -- --rounds 5\`

    | benchmark | test | unit | ours | against | its figure | ours / its | target |  | note |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | decode | 16 rows | tokens/s | 310 | llama.cpp | 290 | 1.07 [1.01–1.10] | ≥ 1 | met |  |
    | decode | 16 rows | tokens/s | 310 | llama.cpp | 290 | 0.970 [0.800–1.20] | ≥ 1 | missed |  |
    | decode | 1 row | tokens/s | 310 | llama.cpp | 290 | 0.970 (0.910–1.02) [0.800–1.20] | ≥ 1 | undecided |  |

    Targets missed: decode (16 rows). Undecided, because the interval of the median holds the target: decode (1 row)."
  `)
})

describe('a page', () => {
  const text = fc.string().filter((s) => !s.includes('bench'))

  test('keeps every other byte when a section is replaced', () => {
    fc.assert(
      fc.property(text, text, text, text, (before, old, after, next) => {
        const page = `${before}<!-- bench m -->\n${old}\n<!-- /bench m -->${after}`
        expect(replaceSection(page, 'm', next)).toBe(`${before}<!-- bench m -->\n${next}\n<!-- /bench m -->${after}`)
      }),
    )
  })

  test('gets a new model at its end, and replacing it again changes nothing', () => {
    const once = replaceSection('# Benchmarks\n', 'm', 'figures')
    expect(once).toBe('# Benchmarks\n\n<!-- bench m -->\nfigures\n<!-- /bench m -->\n')
    expect(replaceSection(once, 'm', 'figures')).toBe(once)
    expect(replaceSection(once, 'n', 'others').startsWith(once)).toBe(true)
  })

  test.each([
    '<!-- bench m -->',
    '<!-- /bench m --> <!-- bench m -->',
    '<!-- bench m --> <!-- bench m --> <!-- /bench m -->',
  ])('with the markers %s is refused', (page) =>
    expect(() => replaceSection(page, 'm', 'x')).toThrow('mend it or delete both'),
  )
})
