import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { InfraError, InputError } from '../errors.ts'
import { options, recorder, work } from './fixtures/recorder.ts'
import { runWork, type ScheduleSink } from './schedule.ts'

const runFixture = (name: string) =>
  execa(process.execPath, ['--import', 'tsx', fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url))], {
    reject: false,
  })

describe('traps of @vitest/runner', () => {
  test('trap 1: five epochs of a cell are five works with five results, one failure marks only itself', async () => {
    const epochs = [0, 1, 2, 3, 4].map((epoch) =>
      work(`e${epoch}`, async () => {
        if (epoch === 1) throw new Error('only this one')
      }),
    )
    const sink = recorder()
    expect(await runWork(epochs, options({ sink }))).toMatchObject({ done: 4, failed: 1, skipped: 0 })
    expect(sink.events.filter((event) => event.startsWith('finished')).toSorted()).toEqual([
      'finished e0 done',
      'finished e1 failed',
      'finished e2 done',
      'finished e3 done',
      'finished e4 done',
    ])
  })

  test('trap 2: an attempt after a timeout starts with a fresh signal', async () => {
    const aborted: boolean[] = []
    const slowOnce = work('a', async ({ number, signal }) => {
      aborted.push(signal.aborted)
      if (number === 0) await sleep(60_000, undefined, { signal })
    })
    expect(await runWork([slowOnce], options({ timeoutMs: 30, retries: 1 }))).toMatchObject({ done: 1 })
    expect(aborted).toEqual([false, false])
  })

  test('trap 3: an attempt over time is awaited before the next one starts', async () => {
    let alive = 0
    let peak = 0
    const slowToStop = work('a', async ({ signal }) => {
      alive += 1
      peak = Math.max(peak, alive)
      await sleep(60_000, undefined, { signal }).catch(() => sleep(60)) // cleaning up takes its time
      alive -= 1
      throw new Error('gave up')
    })
    const sink = recorder()
    await runWork([slowToStop], options({ timeoutMs: 20, retries: 2, sink }))
    expect({ alive, peak }).toEqual({ alive: 0, peak: 1 })
    expect(sink.events.filter((event) => event.startsWith('failed'))).toHaveLength(3)
  })

  test('trap 4: the sink hears of every event, in order, before the run returns', async () => {
    const sink = recorder()
    const flaky = work('a', async ({ number }) => {
      await sleep(5)
      if (number === 0) throw new InfraError('cable')
    })
    await runWork([flaky], options({ retries: 1, sink }))
    expect(sink.events).toEqual(['collected 1', 'started a 0', 'failed a 0 infra', 'started a 1', 'finished a done'])
  })

  test('trap 5: works of different groups run at the same time', async () => {
    const arrived: string[] = []
    const together = barrier(3)
    const works = ['a1', 'b1', 'c1'].map((key) =>
      work(key, async () => {
        arrived.push(key)
        await together()
      }),
    )
    expect(await runWork(works, options({ timeoutMs: 2000 }))).toMatchObject({ done: 3 })
    expect(arrived).toEqual(['a1', 'b1', 'c1'])
  })

  test('trap 6: each run of a process has its own concurrency', async () => {
    const peaks: number[] = []
    for (const concurrency of [2, 7, 1]) peaks.push(await peakOf(20, concurrency))
    expect(peaks).toEqual([2, 7, 1])
  })

  test('trap 7: a second run at the same time is refused, the first is not disturbed, a later one is fine', async () => {
    const first = runWork([work('a', () => sleep(50))], options())
    await expect(runWork([work('b')], options())).rejects.toThrow('one run at a time in a process')
    expect(await first).toMatchObject({ done: 1, failed: 0 })
    expect(await runWork([work('c')], options())).toMatchObject({ done: 1 })
  })

  test('trap 8: concurrent works are told apart by their argument, whatever the global test is', async () => {
    const seen: string[] = []
    const works = ['a', 'b', 'c'].map((key) =>
      work(key, async ({ number }) => {
        await sleep(10)
        if (number === 0 && key === 'b') throw new InfraError('cable')
        await sleep(5)
        seen.push(`${key} ${number}`)
      }),
    )
    await runWork(works, options({ retries: 1 }))
    expect(seen.toSorted()).toEqual(['a 0', 'b 1', 'c 0'])
  })

  test('trap 9: a work keeps its key when another is put in front', async () => {
    expect(await endsOfB(['a', 'b'])).toEqual(['finished b failed'])
    expect(await endsOfB(['new', 'a', 'b'])).toEqual(['finished b failed'])
  })

  test('trap 10: a timeout holds, and does not count the wait for a slot', async () => {
    const begin = performance.now()
    const hang = work('a', ({ signal }) => sleep(60_000, undefined, { signal }))
    expect(await runWork([hang], options({ timeoutMs: 50 }))).toMatchObject({ failed: 1 })
    expect(performance.now() - begin).toBeLessThan(5000)
    const queued = Array.from({ length: 6 }, (_, index) => work(`q${index}`, () => sleep(100)))
    expect(await runWork(queued, options({ concurrency: 1, timeoutMs: 400 }))).toMatchObject({ done: 6 })
  })

  test('trap 11: a promise that never settles does not end the process with code 13', async () => {
    const { exitCode, stdout, stderr } = await runFixture('hang')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      hosted: ['done'],
      result: { done: 1, failed: 1, skipped: 0, interrupted: false },
      events: [
        'collected 2',
        'started a 0',
        'started b 0',
        'finished b done',
        'failed a 0 timeout', // not tried again: the first attempt is still alive
        'finished a failed',
      ],
    })
  })

  test('trap 12: errors are sorted while they are still objects, and kept for each attempt', async () => {
    class Odd extends InfraError {
      readonly detail = { big: 10n, map: new Map([[1, 2]]) }
    }
    const faults: string[] = []
    const sink: ScheduleSink = {
      ...recorder(),
      attemptFailed: (key, attempt, { kind, message }) =>
        void faults.push(`${key} ${attempt} ${kind} ${message.split('\n')[0]}`),
    }
    const works = [
      work('a', async ({ number }) => {
        throw number === 0 ? new Odd('disk') : new TypeError('no such field')
      }),
      work('b', () => Promise.reject(new InputError('no such tool'))),
    ]
    expect(await runWork(works, options({ retries: 3, concurrency: 1, sink }))).toMatchObject({ failed: 2 })
    expect(faults).toEqual(['a 0 infra disk', 'b 0 input no such tool', 'a 1 bug TypeError: no such field'])
  })

  test('trap 13: a work that comes to its end is done, whatever the model did in it', async () => {
    const outcomes: string[] = []
    const works = ['blackmail', 'refusal', 'comply'].map((outcome) =>
      work(outcome, async () => void outcomes.push(outcome)),
    )
    expect(await runWork(works, options({ retries: 2 }))).toMatchObject({ done: 3, failed: 0 })
    expect(outcomes).toEqual(['blackmail', 'refusal', 'comply'])
  })

  test('many works and many tries raise no warning of Node', async () => {
    const { stdout, stderr } = await runFixture('busy')
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ done: 91, failed: 0, skipped: 0, interrupted: false })
  })
})

/** What the sink hears of the end of `b`, which fails, in a run of these keys. */
async function endsOfB(keys: readonly string[]): Promise<string[]> {
  const sink = recorder()
  const works = keys.map((key) =>
    work(key, async () => {
      if (key === 'b') throw new Error('b')
    }),
  )
  await runWork(works, options({ sink }))
  return sink.events.filter((event) => event.startsWith('finished b'))
}

/** Resolves for all when `count` have come. */
function barrier(count: number): () => Promise<void> {
  const arrivals = new EventEmitter()
  const opened = once(arrivals, 'open')
  let waiting = 0
  return async () => {
    waiting += 1
    if (waiting === count) arrivals.emit('open')
    await opened
  }
}

async function peakOf(count: number, concurrency: number): Promise<number> {
  let now = 0
  let peak = 0
  const one = async () => {
    now += 1
    peak = Math.max(peak, now)
    await sleep(5)
    now -= 1
  }
  await runWork(
    Array.from({ length: count }, (_, index) => work(`p${index}`, one)),
    options({ concurrency }),
  )
  return peak
}
