/** A line of a classic BPF program as seccomp runs it: one accumulator, forward jumps by name, and nothing else. */
export type Line =
  /** The 32-bit word at this offset of `struct seccomp_data` becomes the accumulator. */
  | { readonly load: number }
  /** Goes to a label if the accumulator equals the value, is at least as large (unsigned), or has any bit of it; else to the next line. */
  | { readonly when: Test; readonly value: number; readonly goto: string }
  /** Ends the program with an action. */
  | { readonly give: number }
  | { readonly label: string }

type Instruction = Exclude<Line, { readonly label: string }>
type Test = 'equal' | 'atLeast' | 'anyBit'

/** LD|W|ABS, JMP|K with JEQ, JGE and JSET, and RET|K of linux/bpf_common.h. */
const LOAD = 0x20
const JUMP: Readonly<Record<Test, number>> = { equal: 0x15, atLeast: 0x35, anyBit: 0x45 }
const RETURN = 0x06

/** Size of `struct sock_filter` (linux/filter.h): u16 code, u8 jt, u8 jf, u32 k. */
const INSTRUCTION_BYTES = 8

/** A jump counts the instructions it skips, in eight bits. */
const MAX_SKIP = 255

/** The array of `struct sock_filter`, little endian, that the kernel and bwrap take. Throws Error for a program that cannot be written so. */
export function assemble(lines: readonly Line[]): Uint8Array {
  const labels = placesOf(lines)
  const instructions = lines.filter((line): line is Instruction => !('label' in line))
  const program = Buffer.alloc(instructions.length * INSTRUCTION_BYTES)
  instructions.forEach((line, index) => {
    const { code, skip, k } = encode(line, index, labels)
    const place = index * INSTRUCTION_BYTES
    program.writeUInt16LE(code, place)
    program.writeUInt8(skip, place + 2)
    program.writeUInt8(0, place + 3)
    program.writeUInt32LE(k, place + 4)
  })
  return program
}

/** The index of the instruction that follows each label. */
function placesOf(lines: readonly Line[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  let index = 0
  for (const line of lines) {
    if ('label' in line) places.set(line.label, index)
    else index++
  }
  return places
}

function encode(
  line: Instruction,
  index: number,
  labels: ReadonlyMap<string, number>,
): { readonly code: number; readonly skip: number; readonly k: number } {
  if ('load' in line) return { code: LOAD, skip: 0, k: line.load }
  if ('give' in line) return { code: RETURN, skip: 0, k: line.give }
  const skip = (labels.get(line.goto) ?? -1) - index - 1
  if (skip < 0 || skip > MAX_SKIP)
    throw new Error(`expected the label ${line.goto} within ${MAX_SKIP} instructions below instruction ${index}`)
  return { code: JUMP[line.when], skip, k: line.value }
}
