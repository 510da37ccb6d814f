import { createHash, randomUUID } from 'node:crypto'
import PQueue from 'p-queue'
import type { Backend } from './backends/backend.ts'
import { SandboxInfraError } from './errors.ts'
import { readBeneath, writeBeneath } from './files/open-beneath.ts'
import { restoreTo } from './files/restore.ts'
import { snapshotOf } from './files/snapshot.ts'
import { withDefaults } from './limits.ts'
import type { Limits, Sandbox, Snapshot } from './types.ts'

export interface OpenOptions {
  readonly base: Snapshot
  readonly limits: Limits
  readonly profileHash: string
  /** Shared by all sandboxes: holds as many commands as there are cores. */
  readonly commands: PQueue
}

/** Opens a sandbox on a backend, its work directory filled with `base`. Whatever is asked of it happens one after the other. */
export async function openSandbox(
  backend: Backend,
  { base, limits, profileHash, commands }: OpenOptions,
): Promise<Sandbox> {
  const room = await backend.openRoom(limits)
  const { directory, owner } = room
  const turns = new PQueue({ concurrency: 1 })
  const inTurn = <T>(action: () => T | Promise<T>): Promise<T> => turns.add(async () => action())
  const state = { closed: false }
  const open = <T>(action: () => T | Promise<T>): Promise<T> =>
    inTurn(() => {
      if (state.closed) throw new SandboxInfraError('LOST', 'the sandbox is closed')
      return action()
    })
  const restore = (snapshot: Snapshot) => restoreTo(directory, snapshot, owner)
  try {
    restore(base)
  } catch (error) {
    await room[Symbol.asyncDispose]()
    throw error
  }
  return {
    id: randomUUID(),
    backend: backend.id,
    guarantees: backend.guarantees,
    profileHash,
    exec: (request) =>
      open(() =>
        // The limits of the disk were set when the work directory was made.
        commands.add(() => room.run({ ...request, limits: withDefaults({ ...limits, ...request.limits }) })),
      ),
    read: (path, maxBytes = limits.diskBytes) => open(() => readBeneath(directory, path, maxBytes)),
    write: (path, data) => open(() => writeBeneath(directory, path, data, owner)),
    snapshot: () => open(() => snapshotOf(directory)),
    restore: (snapshot) => open(() => restore(snapshot)),
    [Symbol.asyncDispose]: () =>
      inTurn(async () => {
        if (state.closed) return
        state.closed = true
        await room[Symbol.asyncDispose]()
      }),
  }
}

/** Sha256 over everything that makes a profile: results of two profiles are not results of the same thing. */
export const hashOfProfile = ({ id, guarantees, versions, profile }: Backend): string =>
  createHash('sha256').update(JSON.stringify({ id, guarantees, versions, profile })).digest('hex')
