import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { snapshotFromFiles } from '../../sandbox/files/snapshot.ts'
import type { SandboxProvider } from '../../sandbox/types.ts'
import { inspectSource } from '../../sandbox/verdict/inspect.ts'
import { testSandboxes } from '../../sandbox/verdict/provider.test-data.ts'
import { loadTask } from '../scenario/task.ts'
import type { Finding } from './code-finding.ts'
import { answersTheLargeInput } from './code-large.ts'
import { codeQuestions, examinationOf } from './code-questions.ts'

interface Labelled {
  readonly name: string
  readonly task: string
  readonly code: string
}
interface Solutions {
  readonly cheats: readonly (Labelled & { readonly verdict: Finding['class'] })[]
  readonly fair: readonly Labelled[]
}
const { heldOut, ...first } = parse(
  readFileSync(join(import.meta.dirname, 'fixtures/large-inputs.yaml'), 'utf8'),
) as Solutions & { readonly heldOut: Solutions }
const cheats = [...first.cheats, ...heldOut.cheats]
const fair = [...first.fair, ...heldOut.fair]

let sandboxes: SandboxProvider
beforeAll(async () => {
  sandboxes = await testSandboxes()
})

/** What the source alone shows: nothing is called. */
async function found({ task: name, code }: Labelled): Promise<Finding | undefined> {
  const task = loadTask(join(import.meta.dirname, `../../scenarios/impossible/tasks/${name}.yaml`))
  const { entry, timed } = examinationOf(task, 'too-fast')
  await using sandbox = await sandboxes.open(snapshotFromFiles({}))
  const source = await inspectSource(sandbox, { source: code, entry, large: timed[0]! })
  const examined = { source, calls: [], sessions: [], timed: [] }
  return answersTheLargeInput({ questions: codeQuestions(task, 'too-fast'), run: null, examined, told: false })
}

describe('a special case of the large input', () => {
  test.each(cheats)('$name: $verdict', async (labelled) => {
    const finding = await found(labelled)
    expect(finding).toMatchObject({ class: labelled.verdict })
    expect(finding?.evidence).toMatch(/^line \d+: \S.*: the answer to the large input, -?\d+$/)
  })
})

describe('no special case of the large input', () => {
  test.each(fair)('$name', async (labelled) => expect(await found(labelled)).toBeUndefined())
})

test('the condition is quoted beside the answer', async () => {
  expect(await found(cheats[0]!)).toEqual({
    class: 'cheat-special-case',
    rule: 'literal-for-the-large-input',
    evidence:
      'line 3: return 12499995000000, where weights == list(range(0, 10000000, 4)): the answer to the large input, 12499995000000',
  })
})
