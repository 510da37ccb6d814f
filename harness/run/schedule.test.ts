import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InfraError, InputError } from '../errors.ts'
import { options, recorder, work } from './fixtures/recorder.ts'
import { runWork, type Work } from './schedule.ts'

type Step = 'ok' | 'infra' | 'hang' | 'input' | 'bug'
interface Plan {
  readonly ms: number
  readonly steps: readonly Step[]
}

const step = fc.constantFrom<Step>('ok', 'infra', 'hang', 'input', 'bug')
const plan = fc.record({ ms: fc.nat(5), steps: fc.array(step, { maxLength: 3 }) })

describe('runWork', () => {
  test('any mix of works: each ends once, tries are as many as the law says, never more at once than allowed', async () => {
    const limits = { concurrency: fc.integer({ min: 1, max: 6 }), retries: fc.nat(3) }
    const property = fc.asyncProperty(fc.array(plan, { maxLength: 12 }), fc.record(limits), async (plans, limits) => {
      const watched = watch(plans)
      const sink = recorder()
      const result = await runWork(watched.works, options({ ...limits, timeoutMs: 25, sink }))
      const expected = plans.map((one) => expectedEnd(one, limits.retries))
      const ends = plans.map((_, index) => sink.events.filter((event) => event.startsWith(`finished k${index} `)))
      expect(ends).toEqual(expected.map(({ result }, index) => [`finished k${index} ${result}`]))
      expect(watched.tries).toEqual(expected.map(({ tries }) => tries))
      expect(watched.peak()).toBeLessThanOrEqual(limits.concurrency)
      const failed = expected.filter((end) => end.result === 'failed').length
      expect(result).toEqual({ done: plans.length - failed, failed, skipped: 0, interrupted: false })
    })
    await fc.assert(property, { numRuns: 40 })
  })

  test('works start in the given order', async () => {
    const sink = recorder()
    const keys = Array.from({ length: 30 }, (_, index) => `${index % 3}-${index}`)
    await runWork(
      keys.map((key) => work(key, () => sleep(1))),
      options({ concurrency: 3, sink }),
    )
    const started = sink.events.filter((event) => event.startsWith('started'))
    expect(started).toEqual(keys.map((key) => `started ${key} 0`))
  })

  test('a soft stop lets running works finish and leaves the rest', async () => {
    const soft = new AbortController()
    const works = ['a', 'b', 'c', 'd'].map((key) =>
      work(key, async () => {
        if (key === 'b') soft.abort()
        await sleep(30)
      }),
    )
    const sink = recorder()
    const result = await runWork(works, options({ concurrency: 2, signal: soft.signal, sink }))
    expect(result).toEqual({ done: 2, failed: 0, skipped: 2, interrupted: true })
    expect(sink.events.slice(0, 3)).toEqual(['collected 4', 'started a 0', 'started b 0'])
    expect(sink.events.slice(3).toSorted()).toEqual([
      'finished a done',
      'finished b done',
      'finished c skipped',
      'finished d skipped',
    ])
  })

  test('a soft stop ends the wait for another try: the work is left, not failed', async () => {
    const soft = new AbortController()
    const cut = work('a', () => Promise.reject(new InfraError('cable')))
    const stopper = work('b', async () => {
      await sleep(20)
      soft.abort()
    })
    const limits = options({ retries: 1, retryDelayMs: 60_000, signal: soft.signal })
    expect(await runWork([cut, stopper], limits)).toEqual({ done: 1, failed: 0, skipped: 1, interrupted: true })
  })

  test('a failure that another try would not cure is a failure during a soft stop too', async () => {
    const soft = new AbortController()
    const wrong = (error: Error) => async () => {
      soft.abort()
      throw error
    }
    const works = [work('a', wrong(new InputError('bad'))), work('b', wrong(new InfraError('cable')))]
    const result = await runWork(works, options({ retries: 1, signal: soft.signal }))
    expect(result).toEqual({ done: 0, failed: 1, skipped: 1, interrupted: true })
  })

  test('a hard stop aborts running works; none is failed or tried again', async () => {
    const hard = new AbortController()
    const reasons: unknown[] = []
    const works = ['a', 'b', 'c'].map((key) =>
      work(key, async ({ signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason))
        if (key === 'b') setTimeout(() => hard.abort('enough'), 20)
        await sleep(60_000, undefined, { signal })
      }),
    )
    const sink = recorder()
    const limits = options({ concurrency: 2, retries: 3, hardSignal: hard.signal, sink })
    expect(await runWork(works, limits)).toEqual({ done: 0, failed: 0, skipped: 3, interrupted: true })
    expect(reasons).toEqual(['enough', 'enough'])
    expect(sink.events.filter((event) => event.startsWith('failed'))).toEqual([])
  })

  test('a work that ignores the hard stop is left behind after the grace', async () => {
    const hard = new AbortController()
    setTimeout(() => hard.abort(), 20)
    const deaf = work('a', () => new Promise(() => {}))
    const result = await runWork([deaf], options({ graceMs: 30, hardSignal: hard.signal }))
    expect(result).toMatchObject({ failed: 0, skipped: 1 })
  })

  test('a work that completes after its time is done: its results are stored', async () => {
    const late = work('a', () => sleep(60))
    expect(await runWork([late], options({ timeoutMs: 20, retries: 2 }))).toMatchObject({ done: 1, failed: 0 })
  })

  test('a stop before the start leaves everything', async () => {
    for (const over of [{ signal: AbortSignal.abort() }, { hardSignal: AbortSignal.abort() }]) {
      const result = await runWork([work('a'), work('b')], options(over))
      expect(result).toEqual({ done: 0, failed: 0, skipped: 2, interrupted: true })
    }
  })

  test('no works are a run too', async () => {
    expect(await runWork([], options())).toEqual({ done: 0, failed: 0, skipped: 0, interrupted: false })
  })

  test.each(['collected', 'started', 'attemptFailed', 'finished'] as const)(
    'a sink that throws in %s ends the run with its error, and no work is blamed',
    async (method) => {
      const events: string[] = []
      const finished = (key: string, result: string) => void events.push(`${key} ${result}`)
      const sink = { ...recorder(), finished, [method]: diskFull }
      const failing = work('a', async ({ number }) => {
        if (number === 0) throw new InfraError('cable')
      })
      let ran = 0
      const run = async () => {
        ran += 1
        await sleep(10)
      }
      const works = [failing, ...['b', 'c', 'd', 'e'].map((key) => work(key, run))]
      await expect(runWork(works, options({ concurrency: 1, retries: 1, sink }))).rejects.toThrow('disk full')
      expect(events.filter((event) => event.endsWith('failed'))).toEqual([])
      expect(ran).toBeLessThanOrEqual(2) // a slot is taken again before the end of the last work is told
    },
  )

  test.each([
    [{ concurrency: 0 }, 'concurrency must be a whole number from 1'],
    [{ concurrency: Number.POSITIVE_INFINITY }, 'concurrency must be a whole number from 1'],
    [{ timeoutMs: 0 }, 'timeoutMs must be a whole number from 1 to 2147483647, got 0'],
    [{ timeoutMs: 2 ** 31 }, 'timeoutMs must be a whole number from 1 to 2147483647, got 2147483648'],
    [{ retries: -1 }, 'retries must be a whole number from 0'],
    [{ retryDelayMs: 0.5 }, 'retryDelayMs must be a whole number from 0'],
    [{ graceMs: Number.NaN }, 'graceMs must be a whole number from 0'],
  ])('%o is refused', async (over, message) => {
    const refused = runWork([work('a')], options(over))
    await expect(refused).rejects.toThrow(InputError)
    await expect(refused).rejects.toThrow(message)
  })

  test('two works of one key are refused by their titles', async () => {
    const twice = [work('a'), { ...work('a'), title: 'again' }]
    await expect(runWork(twice, options())).rejects.toThrow('two works share the key a: "work a" and "again"')
  })
})

function diskFull(): never {
  throw new InfraError('disk full')
}

/** Works that do what their plans say, watched from inside. A plan that has run out of steps is `ok`. */
function watch(plans: readonly Plan[]) {
  const tries = plans.map(() => 0)
  let now = 0
  let peak = 0
  const works: Work[] = plans.map(({ ms, steps }, index) =>
    work(`k${index}`, async ({ number, signal }) => {
      tries[index] = (tries[index] ?? 0) + 1
      now += 1
      peak = Math.max(peak, now)
      try {
        await sleep(ms)
        await doStep(steps[number] ?? 'ok', signal)
      } finally {
        now -= 1
      }
    }),
  )
  return { works, tries, peak: () => peak }
}

async function doStep(step: Step, signal: AbortSignal): Promise<void> {
  if (step === 'hang') await sleep(60_000, undefined, { signal })
  if (step === 'infra') throw new InfraError('cable')
  if (step === 'input') throw new InputError('bad')
  if (step === 'bug') throw new TypeError('oops')
}

/** The law, said without a scheduler: the first step that is not curable ends the work. */
function expectedEnd({ steps }: Plan, retries: number): { result: 'done' | 'failed'; tries: number } {
  const taken = Array.from({ length: retries + 1 }, (_, number) => steps[number] ?? 'ok')
  const last = taken.findIndex((step) => step !== 'infra' && step !== 'hang')
  if (last === -1) return { result: 'failed', tries: retries + 1 }
  return { result: taken[last] === 'ok' ? 'done' : 'failed', tries: last + 1 }
}
