import { SandboxInfraError } from '../errors.ts'
import type { SeccompArch } from '../seccomp/syscalls.ts'

/** The machine that the filter of system calls is made for. Throws SandboxInfraError (START) on one that has no table. */
export function filterArch(arch: string = process.arch): SeccompArch {
  if (arch === 'x64' || arch === 'arm64') return arch
  throw new SandboxInfraError(
    'START',
    `expected a machine of kind x64 or arm64, got ${arch}: there is no filter of system calls for it`,
  )
}
