import { execa } from 'execa'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { removeOrphans } from './janitor.ts'
import { findGroupHome } from './process/group-home.ts'
import { kill } from './process/kill.ts'
import { isRunning } from './process/tree.ts'
import { probeBackends } from './provider.ts'

const processesWith = (marker: string): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && cmdlineOf(pid).includes(marker) && isRunning(pid))

function cmdlineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Names of control groups made by a process. */
function groupsOf(pid: number): string[] {
  const home = findGroupHome()
  const parents = home === undefined ? [] : home.version === 1 ? Object.values(home.folders) : [home.folder]
  return parents.flatMap((parent) => readdirSync(parent).filter((name) => name.startsWith(`duress-sandbox-${pid}-`)))
}

async function eventually(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 2400; tries++) {
    if (holds()) return true
    await sleep(25)
  }
  return false
}

/** Starts a harness, waits until its command runs, and kills it. */
async function killedHarness(backend: string) {
  const tempRoot = mkdtempSync(join(tmpdir(), 'janitor-'))
  chmodSync(tempRoot, 0o711)
  const marker = randomBytes(8).toString('hex')
  const program = join(import.meta.dirname, 'fixtures', 'hold.ts')
  const harness = execa(process.execPath, ['--import', 'tsx', program, backend, tempRoot, marker], { reject: false })
  const pid = harness.pid ?? 0
  const others = () => processesWith(marker).filter((other) => other !== pid)
  const began = await eventually(() => others().length >= 3)
  const groups = groupsOf(pid).length
  harness.kill('SIGKILL')
  await harness
  return { tempRoot, pid, others, began, groups }
}

const probes = await probeBackends({ tempRoot: tmpdir(), env: process.env, now: () => performance.now() })

test.for(probes)(
  'a killed harness leaves nothing: $backend',
  { timeout: 240_000 },
  async ({ backend, ok, problems, guarantees }, { skip }) => {
    if (!ok) return skip(`${backend} cannot be had here: ${problems[0]?.detail}`)
    const { tempRoot, pid, others, began, groups } = await killedHarness(backend)
    expect(began).toBe(true)
    expect(await eventually(() => others().length === 0)).toBe(true)
    if (guarantees.memory === 'hard') expect(groups).toBeGreaterThan(0)
    await removeOrphans(tempRoot)
    expect({
      groups: groupsOf(pid),
      directories: readdirSync(tempRoot),
      mounts: readFileSync('/proc/self/mountinfo', 'utf8').includes(tempRoot),
    }).toEqual({
      groups: [],
      directories: [],
      mounts: false,
    })
    rmSync(tempRoot, { recursive: true })
  },
)

test(
  'without a sandbox the processes of a killed harness stay: the check above can fail',
  { timeout: 240_000 },
  async () => {
    const { tempRoot, others, began } = await killedHarness('local-unsafe')
    expect(began).toBe(true)
    await sleep(300)
    const left = others()
    for (const pid of left) kill(pid)
    expect(left.length).toBeGreaterThan(0)
    expect(readdirSync(tempRoot)).toHaveLength(1)
    expect(await removeOrphans(tempRoot)).toBeGreaterThan(0)
    expect(readdirSync(tempRoot)).toEqual([])
    rmSync(tempRoot, { recursive: true })
  },
)
