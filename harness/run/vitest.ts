import { setMaxListeners } from 'node:events'
import { startTests, test, type File, type Test, type VitestRunner, type VitestRunnerConfig } from '@vitest/runner'
import type { AttemptEnd } from './attempt.ts'

/** What the runner is given: it decides on further tries and on the verdict, never on limits or order. */
export interface HostedWork {
  readonly key: string
  readonly group: string
  readonly title: string
  /** Number of tries after the first. */
  readonly retries: number
  /** Must not reject. */
  attempt(number: number): Promise<AttemptEnd>
  /** Called once. */
  finished(result: 'done' | 'failed' | 'skipped'): void
}

interface HostedMeta {
  readonly key: string
  readonly group: string
  readonly attempts: AttemptEnd[]
}

declare module '@vitest/runner' {
  interface TaskMeta {
    work?: HostedMeta
  }
}

// The package keeps its collector and its running tests in module variables, so the guard has to be one too.
let isRunning = false

/**
 * Hosts works as the tests of one virtual file of @vitest/runner, all started at once: the caller limits and times
 * them inside `attempt`. One work is one test, because `repeats` keeps a single result. A test passes when its work
 * was completed; what the model did is never the test's business.
 * Throws when a run is going on in this process already, and when the runner did not bring every work to an end.
 */
export async function hostWorks(works: readonly HostedWork[]): Promise<void> {
  if (isRunning) {
    throw new Error('@vitest/runner can do one run at a time in a process: await the first, or start another process')
  }
  isRunning = true
  // The runner's timers do not hold the process: without this, a promise that never settles ends it with code 13.
  const keepAlive = setInterval(() => {}, 2 ** 30)
  try {
    await hostAll(works)
  } finally {
    clearInterval(keepAlive)
    isRunning = false
  }
}

async function hostAll(works: readonly HostedWork[]): Promise<void> {
  const open = new Map(works.map((work) => [work.key, work]))
  const finish = (task: Test, result: 'done' | 'failed' | 'skipped') => {
    const key = task.meta.work?.key ?? ''
    open.get(key)?.finished(result)
    open.delete(key)
  }
  const files = await startTests(['works'], {
    config,
    importFile: () => works.forEach(defineTest),
    onBeforeTryTask: ({ context }) => setMaxListeners(0, context.signal), // the runner adds a listener each try
    onAfterRetryTask: (task) => (task.result?.state === 'skip' ? finish(task, 'skipped') : undefined),
    onAfterRunTask: (task) => finish(task, task.result?.state === 'pass' ? 'done' : 'failed'),
  } satisfies VitestRunner)
  if (open.size > 0) throw new Error(lostWorks([...open.keys()], works.length, files))
}

function defineTest(work: HostedWork): void {
  const attempts: AttemptEnd[] = []
  const isCurable = () => {
    const last = attempts.at(-1)
    return last?.end === 'failed' && last.again
  }
  const options = {
    concurrent: true,
    timeout: 0, // timed by the caller: waiting for a free slot must not count
    retry: { count: work.retries, condition: isCurable },
    meta: { work: { key: work.key, group: work.group, attempts } },
  }
  test(work.title, options, async ({ skip }) => {
    const end = await work.attempt(attempts.length)
    attempts.push(end)
    if (end.end === 'stopped') skip('the run was stopped')
    // A small new error: the runner copies every property of what is thrown, and keeps a copy for each try.
    if (end.end === 'failed') throw new Error(`${end.fault.kind}: ${end.fault.message}`)
  })
}

function lostWorks(keys: readonly string[], total: number, files: readonly File[]): string {
  const reason = files[0]?.result?.errors?.[0]?.message ?? 'no reason given'
  return `@vitest/runner ended with ${keys.length} of ${total} works not finished (first: ${keys[0]}): ${reason}`
}

const config: VitestRunnerConfig = {
  root: '/',
  setupFiles: [],
  name: undefined,
  passWithNoTests: true,
  testNamePattern: undefined,
  allowOnly: true,
  sequence: { shuffle: false, concurrent: true, seed: 0, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: Number.POSITIVE_INFINITY, // the first run's value stays for the whole process
  testTimeout: 0,
  hookTimeout: 0,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
}
