/** Ways to run code that is not trusted. `auto` takes bwrap, then landlock, and never local-unsafe. */
export type BackendId = 'bwrap' | 'landlock' | 'local-unsafe'

/** What one command may use. Bytes, milliseconds, counts. */
export interface Limits {
  readonly wallMs: number
  /** Share of the machine, in cores; held only where `Guarantees.cpu` is true. */
  readonly cpuCores: number
  /** CPU seconds of one process. */
  readonly cpuSeconds: number
  readonly memoryBytes: number
  readonly processes: number
  /** Of the work directory and of /tmp, each. */
  readonly diskBytes: number
  readonly inodes: number
  readonly fileBytes: number
  readonly openFiles: number
  /** Head and tail kept of each stream, together. */
  readonly keepOutputBytes: number
  /** A command that writes more is ended. */
  readonly killOutputBytes: number
}

/** What a backend holds on this machine, found by trying. */
export interface Guarantees {
  /** Files of the host cannot be read. */
  readonly files: boolean
  readonly network: boolean
  readonly pidNamespace: boolean
  readonly seccomp: boolean
  readonly memory: 'hard' | 'polled' | 'none'
  readonly processes: 'hard' | 'rlimit' | 'none'
  readonly cpu: boolean
  readonly disk: 'hard' | 'checked' | 'none'
}

export interface Problem {
  readonly code: string
  readonly detail: string
  /** What the user can do about it on this system. */
  readonly remedy: string
}

/** The profile was run, with its negative checks. */
export interface Probe {
  readonly backend: BackendId
  readonly ok: boolean
  readonly guarantees: Guarantees
  readonly versions: Readonly<Record<string, string>>
  /** Sha256 over everything that makes the profile; stored with results. */
  readonly profileHash: string
  readonly problems: readonly Problem[]
  readonly startMsP50: number
}

export interface ExecRequest {
  readonly argv: readonly [string, ...string[]]
  /** Relative to the work directory. @default the work directory */
  readonly cwd?: string
  readonly stdin?: Uint8Array
  /** Added to the fixed environment of the sandbox. */
  readonly env?: Readonly<Record<string, string>>
  /** Of this command; those of the disk are the sandbox's, as it was opened. @default the limits of the sandbox */
  readonly limits?: Partial<Limits>
  /** Ends the command; `exec` then rejects with its reason. */
  readonly signal?: AbortSignal
}

/** How a command ended. All of these are facts about the code that ran. */
export type End =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'oom' }
  | { readonly kind: 'processes' }
  | { readonly kind: 'disk' }
  | { readonly kind: 'output' }

/** The beginning and the end of a stream. */
export interface Capture {
  readonly head: Uint8Array
  readonly tail: Uint8Array
  readonly totalBytes: number
}

export interface ExecResult {
  readonly end: End
  readonly stdout: Capture
  readonly stderr: Capture
  readonly wallMs: number
  readonly cpuMs: number | undefined
  readonly peakBytes: number | undefined
}

export interface Entry {
  /** Relative to the root, with /. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
  /** Permission bits; setuid and the like are stripped. */
  readonly mode: number
  readonly size: number
  /** Of files. */
  readonly sha256?: string
  readonly linkTarget?: string
}

/** A directory by content. Two directories with the same entries have the same `root`. */
export interface Snapshot {
  /** Sha256 over the sorted entries. */
  readonly root: string
  readonly entries: readonly Entry[]
  /** Contents by sha256. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
}

export interface Diff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly modified: readonly { readonly path: string; readonly before: string; readonly after: string }[]
  /** Paths whose type or permission bits changed. */
  readonly changedKind: readonly string[]
}

/** A work directory and the right to run commands in it. Files are touched only between commands. */
export interface Sandbox extends AsyncDisposable {
  /** Random: says nothing about what runs in it. */
  readonly id: string
  readonly backend: BackendId
  readonly guarantees: Guarantees
  readonly profileHash: string
  exec(request: ExecRequest): Promise<ExecResult>
  /** Regular files below the work directory only; links are never followed. */
  read(path: string, maxBytes?: number): Promise<Uint8Array>
  write(path: string, data: Uint8Array): Promise<void>
  snapshot(): Promise<Snapshot>
  restore(snapshot: Snapshot): Promise<void>
}

export interface SandboxProvider {
  readonly backend: BackendId
  probe(): Promise<Probe>
  open(base: Snapshot, limits?: Partial<Limits>): Promise<Sandbox>
  /** Removes what dead harness processes left behind (directories, mounts, groups); how many things. */
  janitor(): Promise<number>
}
