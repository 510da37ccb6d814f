import type { BackendId, ExecRequest, ExecResult, Guarantees, Limits, Problem } from '../types.ts'

/** What holds where nothing is isolated. */
export const NO_GUARANTEES: Guarantees = {
  files: false,
  network: false,
  pidNamespace: false,
  seccomp: false,
  memory: 'none',
  processes: 'none',
  cpu: false,
  disk: 'none',
}

/** A way to run code, ready for use on this machine. */
export interface Backend {
  readonly id: BackendId
  readonly guarantees: Guarantees
  readonly versions: Readonly<Record<string, string>>
  /** Everything that makes the profile: what is hashed. */
  readonly profile: unknown
  /** Why it promises less than it could here; none of these keeps it from running. */
  readonly notes: readonly Problem[]
  openRoom(limits: Limits): Promise<Room>
}

/** A work directory and the means to run commands in it, one at a time. */
export interface Room extends AsyncDisposable {
  /** The work directory as the harness reaches it. */
  readonly directory: string
  /** Who owns what the harness writes there; undefined: whoever the harness is. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
  run(request: ExecRequest & { readonly limits: Limits }): Promise<ExecResult>
}

/** What all backends need of their surroundings. */
export interface Surroundings {
  /** Folder for work directories. */
  readonly tempRoot: string
  /** Of the harness; only PATH is read. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}
