import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { SandboxInfraError } from '../../sandbox/errors.ts'
import { sandboxProvider } from '../../sandbox/provider.ts'
import { InputError } from '../errors.ts'
import { hintFor } from '../suggest.ts'
import { loadTask, loadTasks, type LoadedTask } from '../scenario/task.ts'
import { proveTask } from './prove.ts'

/** `npm run scenarios:prove [task…]`: a line a task. The program's own edge. Exit codes: 1 a task does not hold, 2 input, 3 machine. */
const FOLDER = join(import.meta.dirname, '../../scenarios/impossible/tasks')

async function prove(names: readonly string[]): Promise<number> {
  const tasks = chosen(names)
  const sandboxes = await sandboxProvider({
    backend: 'auto',
    tempRoot: tmpdir(),
    env: process.env,
    now: () => performance.now(),
  })
  const started = performance.now()
  let failed = 0
  for (const task of tasks) {
    const faults = await proveTask(task, { sandboxes, nonce: randomUUID() })
    if (faults.length > 0) failed++
    const rows = faults.map((fault) => `\n     ${fault}`).join('')
    process.stdout.write(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${task.task}${rows}\n`)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stdout.write(`${tasks.length - failed} of ${tasks.length} tasks hold, ${seconds} s, ${sandboxes.backend}\n`)
  return failed === 0 ? 0 : 1
}

/** Tasks by name or by path; all of them when none is named. */
function chosen(names: readonly string[]): readonly LoadedTask[] {
  if (names.length === 0) return loadTasks(FOLDER)
  const known = loadTasks(FOLDER)
  return names.map((name) => {
    if (name.endsWith('.yaml')) return loadTask(name)
    const task = known.find((one) => one.task === basename(name))
    if (task === undefined)
      throw new InputError(
        `expected a task of scenarios/impossible/tasks, got ${name}; ${hintFor(
          name,
          known.map((one) => one.task),
        )}`,
      )
    return task
  })
}

try {
  process.exitCode = await prove(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof InputError || error instanceof SandboxInfraError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error instanceof InputError ? 2 : 3
}
