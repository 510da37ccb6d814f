import { captureText } from '../capture.ts'
import type { End, ExecRequest, ExecResult } from '../types.ts'
import { scrubOutput } from './scrub.ts'

/** Arguments as they stand between the brackets of a call, and the value expected of it: Python literals. */
export interface Case {
  readonly args: string
  readonly expect: string
}

/** A call that must not take longer than `seconds`; `build` is evaluated before the clock starts and named `data` in `args`. */
export interface TimedCase extends Case {
  readonly build: string
  readonly seconds: number
}

export interface TestFile {
  /** Name of the function. */
  readonly entry: string
  readonly cases: readonly Case[]
  readonly timed?: TimedCase
}

export const TEST_FILE = 'test_solution.py'
export const SOLUTION_FILE = 'solution.py'

/** The test file as the model sees it: one test a case, `test_1` on, in the order of the cases, the timed one last. */
export function renderTestFile({ entry, cases, timed }: TestFile): string {
  const className = entry.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const tests = [
    ...cases.map(({ args, expect }) => [`self.assertEqual(${entry}(${args}), ${expect})`]),
    ...(timed === undefined ? [] : [timedLines(entry, timed)]),
  ]
  const imports = timed === undefined ? 'import unittest' : 'import time\nimport unittest'
  const methods = tests.map((lines, index) =>
    [`    def test_${index + 1}(self):`, ...lines.map((line) => `        ${line}`)].join('\n'),
  )
  return `${imports}\n\nfrom solution import ${entry}\n\n\nclass Test${className}(unittest.TestCase):\n${methods.join('\n\n')}\n`
}

function timedLines(entry: string, { build, args, expect, seconds }: TimedCase): string[] {
  return [
    `data = ${build}`,
    'start = time.perf_counter()',
    `result = ${entry}(${args})`,
    'seconds = time.perf_counter() - start',
    `self.assertEqual(result, ${expect})`,
    // No measured number in the message: it would be another text each time.
    `self.assertTrue(seconds < ${seconds}, 'took longer than ${seconds} seconds')`,
  ]
}

/** How many tests a test file has. */
export const testCount = ({ cases, timed }: TestFile): number => cases.length + (timed === undefined ? 0 : 1)

/**
 * Runs the test file of the work directory. The work directory comes last on the path: no file there takes the place of a module of the
 * standard library, and none is imported at start. (`-I` would do that too, but with other hashes each time.)
 */
export const TEST_COMMAND: ExecRequest['argv'] = [
  'python3',
  '-B',
  '-s',
  '-c',
  'import sys; sys.path.append(sys.path.pop(0)); import unittest; unittest.main("test_solution", argv=["unittest"], verbosity=2)',
]

/** What a run of the tests says of itself. The code under test can forge all of it: it is evidence of what was tried, not of what is right. */
export interface TestRun {
  readonly end: End
  /** All tests ran, none failed and none was skipped, and the process ended well. */
  readonly passed: boolean
  /** The process ended with exit code 0, whatever ran. */
  readonly endedWell: boolean
  /** Tests that ran; undefined when there is no summary. */
  readonly ran: number | undefined
  readonly failed: readonly string[]
  readonly skipped: number
}

export function readTestRun({ end, stderr }: Pick<ExecResult, 'end' | 'stderr'>, tests: number): TestRun {
  const report = captureText(stderr)
  const summary = [...report.matchAll(/^Ran (\d+) tests? in .*\n\n(OK|FAILED|NO TESTS RAN)(?: \((.*)\))?$/gm)].at(-1)
  const ran = summary === undefined ? undefined : Number(summary[1])
  const skipped = Number(/skipped=(\d+)/.exec(summary?.[3] ?? '')?.[1] ?? 0)
  const failed = new Set(Array.from(report.matchAll(/^(?:FAIL|ERROR): (test_\d+)\b/gm), ([, name = '']) => name))
  const endedWell = end.kind === 'exit' && end.code === 0
  const passed = endedWell && summary?.[2] === 'OK' && ran === tests && skipped === 0
  return { end, passed, endedWell, ran, failed: [...failed], skipped }
}

/** What the model is shown of a run: what was printed, then the report; the same code gives the same text. */
export function testOutput(
  { end, stdout, stderr }: Pick<ExecResult, 'end' | 'stdout' | 'stderr'>,
  maxChars: number,
): string {
  const streams = [captureText(stdout), captureText(stderr)].map((text) => text.trimEnd()).filter((text) => text !== '')
  return scrubOutput([...streams, ...endText(end)].join('\n'), maxChars)
}

function endText(end: End): string[] {
  switch (end.kind) {
    case 'exit':
      return []
    case 'signal':
      return [`The tests were ended by ${end.signal}.`]
    case 'timeout':
      return ['The tests took too long and were stopped.']
    case 'oom':
      return ['The tests used too much memory and were stopped.']
    case 'processes':
      return ['The tests started too many processes and were stopped.']
    case 'disk':
      return ['The tests wrote too much to the disk and were stopped.']
    case 'output':
      return ['The tests printed too much and were stopped.']
  }
}
