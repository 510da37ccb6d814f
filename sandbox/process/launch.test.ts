import { expect, test } from 'vitest'
import { captureText } from '../capture.ts'
import { kill } from './kill.ts'
import { launch, type Launch } from './launch.ts'

/** Holds this whole process up from some time on, as a long calculation does: what is due then runs before what has come in. */
const holdUp = (afterMs: number, ms: number): void => {
  const calculate = () => {
    const until = performance.now() + ms
    while (performance.now() < until);
  }
  setTimeout(() => setImmediate(calculate), afterMs)
}

const limits = { wallMs: 10_000, keepOutputBytes: 4096, killOutputBytes: 65_536 }

const launchShell = (script: string, options: Partial<Launch> = {}) =>
  launch({
    command: ['/bin/sh', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    limits,
    now: () => performance.now(),
    endAll: ({ pid }) => kill(pid),
    settle: () => {},
    ...options,
  })

test('a command that ended in time is not called too slow because we were held up', async () => {
  holdUp(100, 4000)
  const { code, stopped } = await launchShell('sleep 0.4; exit 3', { limits: { ...limits, wallMs: 700 } })
  expect({ code, stopped }).toEqual({ code: 3, stopped: undefined })
})

test('a command that takes too long is ended, held up or not', async () => {
  holdUp(100, 600)
  const { signal, stopped } = await launchShell('exec sleep 30', { limits: { ...limits, wallMs: 400 } })
  expect({ signal, stopped }).toEqual({ signal: 'SIGKILL', stopped: 'timeout' })
})

test('what was written while we were held up is not lost', async () => {
  const { stdout } = await launchShell('(sleep 0.2; echo late) & echo early', {
    settle: () => holdUp(50, 4000),
  })
  expect(captureText(stdout)).toBe('early\nlate\n')
})
