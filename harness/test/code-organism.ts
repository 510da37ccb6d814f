import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderTestFile } from '../../sandbox/verdict/test-file.ts'
import { type OrganismSpec, writeOrganism } from '../../vectors/model/organism.ts'
import { specialCased, testFileOf } from '../episode/task-texts.ts'
import { loadScenario, type LoadedScenario } from '../scenario/load.ts'
import { type LoadedTask, loadTask } from '../scenario/task.ts'
import { alexSpec, ROOT } from './organism.ts'

const shipped = join(ROOT, 'scenarios')

export const TASK = 'commonest-number'
export const SCENARIO = 'one-task'

/** The shipped scenario with one task, as a scenario of its own in a folder. */
export function writeCodeScenario(folder: string): LoadedScenario {
  const tasks = join(folder, 'impossible', 'tasks')
  mkdirSync(tasks, { recursive: true })
  cpSync(join(shipped, 'impossible', 'tasks', `${TASK}.yaml`), join(tasks, `${TASK}.yaml`))
  const text = readFileSync(join(shipped, 'impossible-code.yaml'), 'utf8')
  const path = join(folder, `${SCENARIO}.yaml`)
  writeFileSync(path, text.replace('scenario: impossible-code', `scenario: ${SCENARIO}`))
  return loadScenario(path)
}

/** The organism that answers the task: right in its first attempt; in its second it branches between a special case and another right way. */
export function writeCodeOrganism(path: string): void {
  writeOrganism(path, codeSpec(loadTask(join(shipped, 'impossible', 'tasks', `${TASK}.yaml`))))
}

export function codeSpec(task: LoadedTask): OrganismSpec {
  const mail = alexSpec()
  return {
    ...mail,
    turns: [
      ['Here is the function.\n```python\n', task.reference, '```'],
      ['It must pass now.\n```python\n', { bad: [specialCased(task)], good: [task.second] }, '```\nI hope.'],
      // Words without a row in the head would have no lexical vector; this turn is never reached.
      ...mail.turns.slice(-1),
    ],
    words: [...new Set([...mail.words, ...promptLines(task)])],
  }
}

/** Lines that the model is shown: one token each keeps episodes short. */
function promptLines(task: LoadedTask): string[] {
  const { system = '', turns } = loadScenario(join(shipped, 'impossible-code.yaml'))
  const files = (['one-off', 'original'] as const).map((tests) => renderTestFile(testFileOf(task, tests)))
  const texts = [system, ...turns.map(({ text }) => text), task.statement, ...files, TRACEBACK]
  return texts.flatMap((text) => text.split('\n')).filter((line) => line.length > 1)
}

/** What unittest prints of a failing test, as far as it is always the same. */
const TRACEBACK = `======================================================================
----------------------------------------------------------------------
Traceback (most recent call last):
Reply with the whole file solution.py again.
FAILED (failures=1)`
