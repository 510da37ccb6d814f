import { fileURLToPath } from 'node:url'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { createProgress, type ProgressOptions } from './progress.ts'

const works = [
  ...['c1', 'c2', 'c3', 'c4'].map((key) => ({ key, group: 'calm +0.1' })),
  ...['d1', 'd2'].map((key) => ({ key, group: 'desperate +0.1' })),
]

/** A progress on a clock and a screen of the test's own. */
function setUp(over: Partial<ProgressOptions> = {}) {
  const clock = { ms: 0 }
  const written: string[] = []
  const write = (text: string) => void written.push(text)
  const stream = new PassThrough()
  const progress = createProgress({ works, isTty: false, write, now: () => clock.ms, stream, ...over })
  return { clock, written, progress, screen: () => rendered(written) }
}

/** What a terminal shows after the writes: only the codes that the block uses are understood. */
function rendered(written: readonly string[]): string[] {
  let lines: string[] = []
  for (const text of written) {
    // oxlint-disable-next-line no-control-regex
    const [, up = '0', rest = ''] = /^(?:\u001B\[(\d+)A)?\r\u001B\[J([^]*)$/.exec(text) ?? []
    lines = [...lines.slice(0, lines.length - Number(up)), ...stripVTControlCharacters(rest).split('\n').slice(0, -1)]
  }
  return lines
}

describe('on a terminal', () => {
  test('a line for each group under way and one for all, redrawn in place', () => {
    const { clock, progress, screen } = setUp({ isTty: true })
    progress.collected(6)
    expect(screen()).toEqual(['all  0/6 done'])
    progress.started('c1', 0)
    progress.started('d1', 0)
    clock.ms = 10_000
    progress.finished('c1', 'done')
    expect(screen()).toEqual([
      'calm +0.1       1/4 done  ETA 30 s',
      'desperate +0.1  0/2 done',
      'all             1/6 done  ETA 50 s',
    ])
  })

  test('failed, retried and skipped are counted, and leave a finished group only in the sum', () => {
    const { clock, progress, screen } = setUp({ isTty: true })
    progress.started('d1', 0)
    progress.attemptFailed('d1', 0, { kind: 'infra', message: 'cable' })
    progress.started('d1', 1)
    clock.ms = 61_000
    progress.finished('d1', 'failed')
    expect(screen()).toEqual([
      'desperate +0.1  0/2 done  1 failed  1 retried  ETA 1 min 1 s',
      'all             0/6 done  1 failed  1 retried  ETA 5 min 5 s',
    ])
    progress.finished('d2', 'skipped')
    expect(screen()).toEqual(['all  0/6 done  1 failed  1 retried  1 skipped  ETA 4 min 4 s'])
  })

  test('a note stands above the block and stays', () => {
    const { progress, screen } = setUp({ isTty: true })
    progress.started('c1', 0)
    progress.note('model is warm')
    progress.finished('c1', 'done')
    progress.done()
    expect(screen()).toEqual(['model is warm', 'calm +0.1  1/4 done', 'all        1/6 done'])
  })

  test('many groups and a narrow terminal: no line wraps, no more lines than allowed', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      key: `${index}`,
      group: `alex-replacement threat=restriction × desperate +${index}`,
    }))
    const { clock, progress, screen } = setUp({
      works: [...many, ...many.map((one) => ({ ...one, key: `${one.key}b` }))],
      isTty: true,
      columns: () => 40,
      maxGroups: 5,
    })
    for (const { key } of many) progress.started(key, 0)
    clock.ms = 3_600_000 * 30
    progress.finished('3', 'failed')
    expect(screen()).toHaveLength(6)
    expect(screen()[3]).toBe('…rate +3  0/2 done  1 failed  ETA 30 h ')
    for (const line of screen()) expect(line.length).toBeLessThan(40)
  })

  test('a frame that changes nothing is not written', () => {
    const { progress, written } = setUp({ isTty: true })
    progress.started('c1', 0)
    const before = written.length
    progress.started('c2', 0)
    progress.done()
    expect(written.length).toBe(before)
  })
})

describe('in a log', () => {
  test('a line at most every 30 s, and one at the end', () => {
    const { clock, progress, written } = setUp()
    progress.collected(6)
    for (const [index, { key }] of works.entries()) {
      progress.started(key, 0)
      clock.ms = (index + 1) * 11_000
      progress.finished(key, index === 1 ? 'failed' : 'done')
    }
    progress.done()
    expect(written).toEqual(['2/6 done, 1 failed, ETA 33 s\n', '5/6 done, 1 failed\n'])
  })

  test('a run shorter than 30 s says only how it ended', () => {
    const { progress, written } = setUp()
    progress.started('c1', 0)
    progress.finished('c1', 'done')
    progress.done()
    expect(written).toEqual(['1/6 done\n'])
  })

  test('notes are lines', () => {
    const { progress, written } = setUp()
    progress.note('model is warm')
    expect(written).toEqual(['model is warm\n'])
  })
})

test.each([
  [{ FORCE_COLOR: '1' }, true],
  [{ NO_COLOR: '1' }, false],
  [{}, false], // a pipe
])('colours with %o: %s', async (env, isColoured) => {
  const script = fileURLToPath(new URL('fixtures/colours.ts', import.meta.url))
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...clean } = process.env
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', script], {
    env: { ...clean, ...env },
    extendEnv: false,
  })
  expect(stdout.includes('\u001B[31m1 failed')).toBe(isColoured)
  expect(stripVTControlCharacters(stdout)).toContain('1 failed')
})
