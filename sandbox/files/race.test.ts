import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SandboxPathError } from '../errors.ts'
import { readBeneath, writeBeneath } from './open-beneath.ts'
import { snapshotOf } from './snapshot.ts'
import { temporary } from './test/trees.ts'

/** Swaps a file for a link, and a directory for a link, as fast as it can, until it is ended. */
const SWAPPER = `
  const fs = require('node:fs')
  const [root, outside] = process.argv.slice(1)
  process.chdir(root)
  // The writer makes the directory anew while it is away, so any step may fail.
  const may = (step) => { try { step() } catch {} }
  for (let n = 0; ; n++) {
    may(() => fs.symlinkSync(outside + '/f', 'new'))
    may(() => fs.renameSync('new', 'f'))
    may(() => fs.writeFileSync('new', 'inside'))
    may(() => fs.renameSync('new', 'f'))
    may(() => fs.symlinkSync(outside, 'away'))
    may(() => fs.renameSync('d', 'kept'))
    may(() => fs.renameSync('away', 'd'))
    may(() => fs.unlinkSync('d'))
    may(() => fs.rmSync('d', { recursive: true }))
    may(() => fs.renameSync('kept', 'd'))
    if (n === 0) console.log('swapping')
  }
`

/** Enough for both; the loop ends as soon as it has seen enough, and this is only its bound. */
const BOUND_MS = 4000
const TRIES = 2000

test('while files and directories are swapped for links, nothing outside is read or written; checking the path first leaks', async () => {
  using all = temporary()
  const root = join(all.path, 'work')
  const outside = join(all.path, 'outside')
  for (const path of [root, join(root, 'd'), outside]) mkdirSync(path)
  for (const path of [join(root, 'f'), join(root, 'd/f')]) writeFileSync(path, 'inside')
  writeFileSync(join(outside, 'f'), 'secret')
  const before = snapshotOf(outside).root

  const swapper = spawn(process.execPath, ['-e', SWAPPER, root, outside], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(swapper.stdout, 'data')
    const seen = race(root, realpathSync(root))
    expect(seen.safe.has('secret')).toBe(false)
    expect(seen.safe.has('inside')).toBe(true)
    expect(seen.refused).toBeGreaterThan(0)
    expect(seen.naiveLeaks).toBeGreaterThan(0)
    expect(snapshotOf(outside).root).toBe(before)
  } finally {
    await ended(swapper)
  }
})

interface Seen {
  readonly safe: Set<string>
  tries: number
  refused: number
  naiveLeaks: number
}

function race(root: string, realRoot: string): Seen {
  const seen: Seen = { safe: new Set(), tries: 0, refused: 0, naiveLeaks: 0 }
  const until = performance.now() + BOUND_MS
  while ((seen.naiveLeaks === 0 || seen.tries < TRIES) && performance.now() < until) {
    for (const path of ['f', 'd/f']) {
      seen.tries++
      attempt(seen, () => seen.safe.add(Buffer.from(readBeneath(root, path, 100)).toString()))
    }
    if (seen.tries % 16 !== 0) continue
    if (readAfterCheck(realRoot, 'f') === 'secret') seen.naiveLeaks++
    attempt(seen, () => writeBeneath(root, 'd/written', Buffer.from('inside')))
    attempt(seen, () => writeBeneath(root, 'f', Buffer.from('inside')))
  }
  return seen
}

function attempt(seen: Seen, action: () => unknown): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof SandboxPathError)) throw error
    seen.refused++
  }
}

/** What looks safe: resolve all links, see that the result is inside, then read. The pause lets the swapper run on a machine of one core. */
function readAfterCheck(root: string, path: string): string | undefined {
  try {
    const real = realpathSync(join(root, path))
    if (!real.startsWith(`${root}/`)) return undefined
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return readFileSync(real, 'utf8')
  } catch {
    return undefined
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
