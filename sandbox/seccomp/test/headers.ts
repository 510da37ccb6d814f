import type { SeccompArch } from '../syscalls.ts'

/** Where linux-libc-dev puts the numbers; arm64 has the generic ones. */
export const HEADERS: Readonly<Record<SeccompArch, readonly string[]>> = {
  x64: ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'],
  arm64: ['/usr/include/asm-generic/unistd.h'],
}

/** Numbers by name in a header; of `__NR3264_x`, which is `x` on machines of 64 bits, too. */
export function headerNumbers(header: string): ReadonlyMap<string, number> {
  const lines = header.matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm)
  return new Map(
    Array.from(lines, ([, name = '', number]): [string, number] => [name, Number(number)]).filter(
      ([name]) => name !== 'syscalls' && name !== 'arch_specific_syscall',
    ),
  )
}
