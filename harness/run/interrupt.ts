/** The part of a process that interrupts are about. */
type Interruptible = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>

export interface InterruptOptions {
  readonly process: Interruptible
  /** Aborted at the first signal. */
  readonly soft: AbortController
  /** Aborted at the second. */
  readonly hard: AbortController
  readonly write: (text: string) => void
}

const interruptedExitCode = 130
const partingMs = 100 // listeners of the hard stop get this long to kill what they started

/**
 * First SIGINT or SIGTERM: soft stop, running work finishes and is stored. Second: hard stop, and the process ends
 * with code 130 after 100 ms; a third ends it at once. Returns what takes the listeners off again.
 */
export function onInterrupt({ process, soft, hard, write }: InterruptOptions): () => void {
  let count = 0
  const exit = () => process.exit(interruptedExitCode)
  const interrupt = () => {
    count += 1
    if (count === 1) {
      write(
        'Stopping: what is running will finish and be stored. Once more to stop at once (nothing stored is lost).\n',
      )
      soft.abort(new Error('interrupted'))
    } else if (count === 2) {
      write('Stopping at once. The same command goes on from here.\n')
      setTimeout(exit, partingMs)
      hard.abort(new Error('interrupted twice'))
    } else exit()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return () => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}
