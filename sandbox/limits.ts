import type { Limits } from './types.ts'

const MIB = 2 ** 20

/** What a command gets if nobody says otherwise: enough for tests of one file, too little to disturb the machine. */
export const DEFAULT_LIMITS: Limits = {
  wallMs: 10_000,
  cpuCores: 1,
  cpuSeconds: 30,
  memoryBytes: 512 * MIB,
  processes: 64,
  diskBytes: 64 * MIB,
  inodes: 4000,
  fileBytes: 32 * MIB,
  openFiles: 256,
  keepOutputBytes: 64 * 2 ** 10,
  killOutputBytes: 16 * MIB,
}

/** Every limit as a number that the kernel takes. Throws RangeError for anything else. */
export function withDefaults(limits: Partial<Limits>): Limits {
  const all = { ...DEFAULT_LIMITS, ...limits }
  for (const [name, value] of Object.entries(all)) {
    const isWhole = name === 'cpuCores' || Number.isInteger(value)
    if (!(value > 0) || !Number.isFinite(value) || !isWhole)
      throw new RangeError(
        `expected the limit ${name} to be a number above 0${isWhole ? '' : ' and whole'}, got ${value}`,
      )
  }
  return all
}
