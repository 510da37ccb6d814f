import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('fixtures/interrupted.ts', import.meta.url))

/** Starts the fixture and sends a signal each time a given text has come out. */
async function interruptAt(mode: string, signals: readonly [text: string, signal: NodeJS.Signals][]) {
  const child = execa(process.execPath, ['--import', 'tsx', script, mode], { reject: false })
  let out = ''
  let next = 0
  child.stdout.on('data', (chunk) => {
    out += String(chunk)
    const [text, signal] = signals[next] ?? []
    if (text === undefined || !out.includes(text)) return
    next += 1
    child.kill(signal)
  })
  const begin = performance.now()
  const { exitCode, stdout } = await child
  return { exitCode, lines: stdout.split('\n'), ms: performance.now() - begin }
}

describe('onInterrupt', () => {
  test.concurrent.each(['SIGINT', 'SIGTERM'] as const)(
    '%s once: what is running finishes, the rest is left',
    async (signal) => {
      const { exitCode, lines } = await interruptAt('asked', [['running', signal]])
      expect(exitCode).toBe(130)
      expect(lines).toEqual([
        'running',
        'Stopping: what is running will finish and be stored. Once more to stop at once (nothing stored is lost).',
        '{"done":1,"failed":0,"skipped":2,"interrupted":true}',
      ])
    },
  )

  test.concurrent('twice: stops at once with code 130, after works were told', async () => {
    const { exitCode, lines, ms } = await interruptAt('hang', [
      ['running', 'SIGINT'],
      ['will finish', 'SIGINT'],
    ])
    expect(exitCode).toBe(130)
    expect(lines.slice(2, 4)).toEqual(['Stopping at once. The same command goes on from here.', 'aborted'])
    expect(ms).toBeLessThan(20_000)
  })

  test.concurrent('not at all: code 0', async () => {
    const { exitCode, lines } = await interruptAt('short', [])
    expect({ exitCode, last: lines.at(-1) }).toEqual({
      exitCode: 0,
      last: '{"done":3,"failed":0,"skipped":0,"interrupted":false}',
    })
  })
})
