/** Why a path was refused. `over-cap` is of whole directories, the rest of single files. */
export type PathRefusal =
  | 'bad-path'
  | 'missing'
  | 'link'
  | 'not-a-file'
  | 'not-a-directory'
  | 'hard-link'
  | 'denied'
  | 'busy'
  | 'too-large'
  | 'no-space'
  | 'over-cap'

/**
 * A file in a work directory cannot be read or written as asked. What the code in the sandbox left there is the cause, or the path that
 * was asked for: a fact to tell the model or to score, never a failure of the machine.
 */
export class SandboxPathError extends Error {
  override readonly name = 'SandboxPathError'
  readonly code: PathRefusal
  /** As asked for, relative to the work directory. */
  readonly path: string

  constructor(code: PathRefusal, path: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.path = path
  }
}

/** Which part of a sandbox's life failed. */
export type SandboxStage = 'START' | 'LOST' | 'QUOTA_SETUP' | 'TEARDOWN' | 'SNAPSHOT'

/** The sandbox failed, not the code in it: tried again or left out, never scored. Must never look like a model's behaviour. */
export class SandboxInfraError extends Error {
  override readonly name = 'SandboxInfraError'
  readonly code: SandboxStage

  constructor(code: SandboxStage, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
