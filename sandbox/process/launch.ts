import { execa } from 'execa'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Readable, Writable } from 'node:stream'
import { type CaptureSink, createCapture } from '../capture.ts'
import { SandboxInfraError } from '../errors.ts'
import type { Capture, Limits } from '../types.ts'
import { keepDescriptorsFromChildren } from './descriptors.ts'

/** Why we ended a command. */
export type Stop = 'timeout' | 'output' | 'oom' | 'processes' | 'disk' | 'aborted'

/** A descriptor of the child from 3 on: bytes for it to read, or a pipe whose bytes we keep. */
export type Extra =
  | { readonly kind: 'send'; readonly data: Uint8Array }
  | { readonly kind: 'receive' }
  /** A pipe from us that ends when the command is to end, or when we die. */
  | { readonly kind: 'lifeline' }

export interface Launch {
  readonly command: readonly [string, ...string[]]
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly extras?: readonly Extra[]
  readonly stdin?: Uint8Array | undefined
  readonly limits: Pick<Limits, 'wallMs' | 'keepOutputBytes' | 'killOutputBytes'>
  readonly signal?: AbortSignal | undefined
  /** Ends all processes of the command; `pid` is the one started, `received` what it has said so far. */
  readonly endAll: (running: Running) => void
  /** When that has ended, by itself or not: resolves when none of the others is left. */
  readonly settle: (ended: Running) => void | Promise<void>
  /** Looked at every `WATCH_MS`; says why the command must end. */
  readonly watch?: ((pid: number) => Stop | undefined) | undefined
  readonly now: () => number
}

export interface Running {
  readonly pid: number
  readonly received: readonly Uint8Array[]
}

export interface Ran {
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly stopped: Stop | undefined
  readonly stdout: Capture
  readonly stderr: Capture
  /** What came on the extras of kind `receive`, in their order. */
  readonly received: readonly Uint8Array[]
  readonly wallMs: number
}

const WATCH_MS = 50
/** Time for what was written last to reach us, once nothing is left that could write. */
const DRAIN_MS = 500
const RECEIVE_BYTES = 64 * 2 ** 10

/**
 * Runs a command to its end, and ends it when it writes too much, takes too long, or its watch or `signal` says so. When this resolves,
 * nobody reads its pipes any more, whoever may still hold the other end.
 * Throws SandboxInfraError (START) when there is no process, and the reason of `signal` when that was aborted.
 */
export async function launch(options: Launch): Promise<Ran> {
  options.signal?.throwIfAborted()
  keepDescriptorsFromChildren()
  const begun = options.now()
  const { child, pid } = await start(options)
  const stop: { reason?: Stop } = {}
  const end = (reason: Stop) => {
    stop.reason ??= reason
    for (const stream of lifelinesOf(child, options.extras)) stream.destroy()
    options.endAll({ pid, received: streams.results().received })
  }
  const streams = readAll(child, options, end)
  const stopWatching = watchOver(options, pid, end)
  const { code, signal } = await child.ended
  stopWatching()
  const wallMs = options.now() - begun
  await options.settle({ pid, received: streams.results().received })
  await Promise.race([streams.closed, sleep(DRAIN_MS, undefined, { ref: false }).then(newsIsRead)])
  for (const stream of child.streams) stream?.destroy()
  if (stop.reason === 'aborted') options.signal?.throwIfAborted()
  return { code, signal, stopped: stop.reason, ...streams.results(), wallMs }
}

type Stream = (Readable & Partial<Writable>) | (Writable & Partial<Readable>)

interface Child {
  /** By descriptor. */
  readonly streams: readonly (Readable | Writable | null | undefined)[]
  readonly ended: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>
}

async function start({ command, env, cwd, extras = [], stdin }: Launch): Promise<{ child: Child; pid: number }> {
  const [file, ...args] = command
  const child = execa(file, args, {
    reject: false,
    buffer: false,
    extendEnv: false,
    env,
    ...(cwd === undefined ? {} : { cwd }),
    // A group of its own: the Ctrl-C that a person means for us must not end what we are still running.
    detached: true,
    cleanup: false,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...extras.map(() => 'pipe' as const)],
  })
  if (child.pid === undefined) {
    const { shortMessage, cause } = await child
    throw new SandboxInfraError('START', shortMessage ?? `cannot start ${file}`, { cause })
  }
  const streams = child.stdio
  for (const stream of streams) stream?.on('error', () => {})
  if (stdin !== undefined) child.stdin?.end(stdin)
  for (const [index, extra] of extras.entries()) {
    if (extra.kind === 'send') (streams[index + 3] as Writable).end(extra.data)
  }
  const ended = new Promise<{ code: number | undefined; signal: string | undefined }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
  })
  // execa waits for pipes that others may hold open; we do not wait for execa.
  void child.catch(() => {})
  return { child: { streams, ended }, pid: child.pid }
}

function lifelinesOf(child: Child, extras: readonly Extra[] = []): Stream[] {
  return extras.flatMap((extra, index) => {
    const stream = child.streams[index + 3]
    return extra.kind === 'lifeline' && stream ? [stream as Stream] : []
  })
}

function readAll(child: Child, { limits, extras = [] }: Launch, end: (reason: Stop) => void) {
  const collect = (descriptor: number, sink: CaptureSink, maxBytes: number) => {
    const stream = child.streams[descriptor] as Readable
    let total = 0
    stream.on('data', (chunk: Uint8Array) => {
      total += chunk.length
      if (total > maxBytes) end('output')
      else sink.push(chunk)
    })
    return new Promise<void>((resolve) => stream.once('close', resolve))
  }
  const stdout = createCapture(limits.keepOutputBytes)
  const stderr = createCapture(limits.keepOutputBytes)
  const received = extras.flatMap((extra, index) =>
    extra.kind === 'receive' ? [{ descriptor: index + 3, sink: createCapture(RECEIVE_BYTES) }] : [],
  )
  const closed = Promise.all([
    collect(1, stdout, limits.killOutputBytes),
    collect(2, stderr, limits.killOutputBytes),
    ...received.map(({ descriptor, sink }) => collect(descriptor, sink, RECEIVE_BYTES)),
  ])
  return {
    closed,
    results: () => ({
      stdout: stdout.result(),
      stderr: stderr.result(),
      received: received.map(({ sink }) => sink.result().head),
    }),
  }
}

/**
 * Resolves when all that had come from our children by now is known. If we were held up (a long calculation, SIGSTOP), timers that are
 * due run before that: a command which ended long ago would be called too slow, and its last words lost.
 */
const newsIsRead = (): Promise<void> => nextTurn()

/** Clock, watch and abort signal; the function returned ends the watching. */
function watchOver({ limits, watch, signal }: Launch, pid: number, end: (reason: Stop) => void): () => void {
  let watching = true
  const timeout = async () => {
    await newsIsRead()
    if (watching) end('timeout')
  }
  const clock = setTimeout(() => void timeout(), limits.wallMs)
  const watcher =
    watch &&
    setInterval(() => {
      const reason = watch(pid)
      if (reason !== undefined) end(reason)
    }, WATCH_MS)
  const abort = () => end('aborted')
  signal?.addEventListener('abort', abort, { once: true })
  return () => {
    watching = false
    clearTimeout(clock)
    clearInterval(watcher)
    signal?.removeEventListener('abort', abort)
  }
}
