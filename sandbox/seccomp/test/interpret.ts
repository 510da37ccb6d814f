export interface Instruction {
  readonly code: number
  /** Instructions skipped when the test holds, and when it does not. */
  readonly jt: number
  readonly jf: number
  readonly k: number
}

/** What the kernel shows a filter of a system call. */
export interface Call {
  /** As audit names the machine. */
  readonly arch: number
  readonly number: number
  readonly args?: readonly bigint[]
}

/** The instructions of an array of `struct sock_filter`. */
export function decode(program: Uint8Array): Instruction[] {
  const view = new DataView(program.buffer, program.byteOffset, program.length)
  return Array.from({ length: program.length / 8 }, (_, index) => ({
    code: view.getUint16(index * 8, true),
    jt: view.getUint8(index * 8 + 2),
    jf: view.getUint8(index * 8 + 3),
    k: view.getUint32(index * 8 + 4, true),
  }))
}

/** Runs a filter on a call, as the kernel would (kernel/seccomp.c and net/core/filter.c); throws where the kernel would refuse the filter. */
export function interpret(program: readonly Instruction[], call: Call): number {
  const data = seccompData(call)
  let accumulator = 0
  for (let at = 0; at < program.length; at++) {
    const { code, jt, jf, k } = program[at] ?? { code: 0, jt: 0, jf: 0, k: 0 }
    switch (code) {
      case 0x20:
        if (k % 4 !== 0 || k >= data.byteLength) throw new Error(`load of ${k} at ${at}`)
        accumulator = data.getUint32(k, true)
        break
      case 0x15:
        at += accumulator === k ? jt : jf
        break
      case 0x35:
        at += accumulator >= k ? jt : jf
        break
      case 0x45:
        at += (accumulator & k) !== 0 ? jt : jf
        break
      case 0x06:
        return k
      default:
        throw new Error(`instruction ${code} at ${at}`)
    }
  }
  throw new Error('ran off the end')
}

/** `struct seccomp_data`: int nr, u32 arch, u64 instruction_pointer, u64 args[6]. */
function seccompData({ arch, number, args = [] }: Call): DataView {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, number, true)
  data.setUint32(4, arch, true)
  args.forEach((arg, index) => data.setBigUint64(16 + 8 * index, arg, true))
  return data
}
