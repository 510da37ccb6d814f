import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { InfraError } from '../errors.ts'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process holds the lock. */
  readonly onWait?: ((holder: string) => void) | undefined
  /** @default 200 */
  readonly pollMs?: number
  /** @default two hours */
  readonly limitMs?: number
}

const Holder = z.object({ pid: z.number(), host: z.string(), id: z.string() })
type Holder = z.infer<typeof Holder>

/** Ids of all locks that this process (more exactly, this thread) has ever tried to take; few, so none is dropped. */
const ours = new Set<string>()

/**
 * An exclusive lock as a file that names its holder; disposing gives it back. Waits while the holder lives; a lock whose
 * process is gone from this machine is taken over. Throws InfraError when the wait passes `limitMs`.
 */
export async function takeLock(path: string, options: LockOptions = {}): Promise<AsyncDisposable> {
  const { pollMs = 200, limitMs = 7_200_000 } = options
  const mine = newHolder()
  await mkdir(dirname(path), { recursive: true })
  let told = false
  for (let waitedMs = 0; waitedMs <= limitMs; waitedMs += pollMs) {
    if (await tryCreate(path, mine)) return { [Symbol.asyncDispose]: () => release(path, mine) }
    const holder = await readHolder(path)
    if (holder !== undefined && isGone(holder)) await removeStale(path, holder)
    else {
      if (!told && holder !== undefined) options.onWait?.(`process ${holder.pid} on ${holder.host}`)
      told ||= holder !== undefined
      await sleep(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }
  throw new InfraError(`waited ${limitMs / 1000} s for ${path}; if no other duress is at work there, delete that file`)
}

function newHolder(): Holder {
  const id = randomUUID()
  ours.add(id)
  return { pid: process.pid, host: hostname(), id }
}

/** The file appears with its content in one step: written aside, then linked, which fails when the name is taken. */
async function tryCreate(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${holder.id}`
  await writeFile(draft, JSON.stringify(holder))
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = Holder.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new InfraError(`${path} is not a lock of duress; delete it and try again`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** In a container that was started again we may have the very process id of a holder before us, but not its lock's id. */
function isGone(holder: Holder): boolean {
  if (holder.host !== hostname()) return false
  if (holder.pid === process.pid) return !ours.has(holder.id)
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Only one process may remove a stale lock, or a slow one would remove the lock that a quick one has just made anew. */
async function removeStale(path: string, stale: Holder): Promise<void> {
  const guard = `${path}.takeover`
  if (!(await tryCreate(guard, newHolder()))) {
    const other = await readHolder(guard)
    if (other !== undefined && isGone(other)) await rm(guard, { force: true })
    return
  }
  try {
    if ((await readHolder(path))?.id === stale.id) await rm(path, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

async function release(path: string, mine: Holder): Promise<void> {
  if ((await readHolder(path))?.id === mine.id) await rm(path, { force: true })
}
