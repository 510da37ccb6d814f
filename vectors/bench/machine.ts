import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { ortLibrary } from '../engine/ort-library.ts'

/** What the figures depend on besides the code. */
export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  /** 10⁹ bytes a second, one thread. */
  readonly readGbPerSecond: number
  /** Waiting and running programs before the start; a quiet machine has about 0. */
  readonly load: number
  readonly versions: string
}

export function machineFacts(options: {
  readonly now: () => number
  readonly llama: string | undefined
}): MachineFacts {
  const anchor = options.llama ?? 'without llama.cpp'
  return {
    load: loadavg()[0]!,
    cpu: cpuName(),
    cores: cpus().length,
    readGbPerSecond: readBandwidth(options.now),
    versions: `ONNX Runtime ${ortLibrary().version}, ${anchor}, Node.js ${process.versions.node}`,
  }
}

function cpuName(): string {
  const name = cpus()[0]?.model ?? 'unknown processor'
  const best = INTEGER_PRODUCTS.find((flag) => processorFlags().has(flag))
  return best === undefined ? name : `${name} (${best})`
}

/** Best first: which of them a processor has decides the speed of int8 products more than its name does. */
const INTEGER_PRODUCTS = ['amx_int8', 'avx512_vnni', 'avx_vnni', 'avx2']

/** Empty where the system does not tell. */
function processorFlags(): Set<string> {
  try {
    return new Set(/^flags\s*: (.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '))
  } catch {
    return new Set()
  }
}

const BLOCK = 256 * 2 ** 20
const READINGS = 5

/** Best of some comparisons of two equal blocks (memcmp), far larger than any cache. */
function readBandwidth(now: () => number): number {
  const blocks = [Buffer.alloc(BLOCK, 1), Buffer.alloc(BLOCK, 1)] as const
  const speeds = Array.from({ length: READINGS }, () => {
    const start = now()
    blocks[0].equals(blocks[1])
    return (2 * BLOCK) / 1e6 / (now() - start)
  })
  return Math.max(...speeds)
}
