import { type PathRefusal, SandboxPathError } from '../errors.ts'

/** A refusal of a path, with the reason in words. */
export const refusal = (code: PathRefusal, path: string, why: string, cause?: unknown): SandboxPathError =>
  new SandboxPathError(code, path, `cannot use ${JSON.stringify(path)}: ${why}`, { cause })
