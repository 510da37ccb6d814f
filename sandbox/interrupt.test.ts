import { execa } from 'execa'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { probeBackends } from './provider.ts'

const probes = await probeBackends({ tempRoot: tmpdir(), env: process.env, now: () => performance.now() })

// A terminal sends Ctrl-C to the whole group: what is not in it goes on.
test.for(probes)(
  'an interrupt of the harness leaves a running command alone: $backend',
  { timeout: 60_000 },
  async ({ backend, ok, problems }, { skip }) => {
    if (!ok) return skip(`${backend} cannot be had here: ${problems[0]?.detail}`)
    const tempRoot = mkdtempSync(join(tmpdir(), 'interrupt-'))
    chmodSync(tempRoot, 0o711)
    const program = join(import.meta.dirname, 'fixtures', 'interrupted.ts')
    const harness = execa(process.execPath, ['--import', 'tsx', program, backend, tempRoot], {
      detached: true,
      reject: false,
    })
    await once(harness.stdout, 'data')
    await sleep(300)
    process.kill(-harness.pid!, 'SIGINT')
    const { stdout, stderr } = await harness
    expect(stdout.split('\n').at(-1), stderr).toBe(JSON.stringify({ end: { kind: 'exit', code: 0 }, told: 'whole\n' }))
    rmSync(tempRoot, { recursive: true, force: true })
  },
)
