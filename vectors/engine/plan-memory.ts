import { InputError } from '../errors.ts'
import type { KvType } from '../model/graph-builder.ts'
import { MAX_POSITIONS } from '../model/weights.ts'
import { kvBytesPerToken } from './arena.ts'

export interface MemoryOptions {
  readonly kvBytes?: number
  readonly kvType: KvType
  readonly maxRows?: number
  readonly contextTokens?: number
}

export interface MemoryPlan {
  readonly contextTokens: number
  readonly rows: number
  readonly prefixBytes: number
}

/** Of the budget; the rest is for beginnings of prompts that are kept. */
const ROWS_SHARE = 4 / 5

/**
 * How many rows of the wanted length fit into the budget; one more slot is for the row being prefilled. Rows and kept beginnings share the one
 * budget, which by default goes by the limits of a container, too. Errors: InputError when not even two rows fit, or the model is too short.
 */
export function planMemory(
  model: {
    readonly layers: number
    readonly kvHeads: number
    readonly headSize: number
    readonly contextTokens: number
  },
  options: MemoryOptions,
): MemoryPlan {
  const most = Math.min(model.contextTokens, MAX_POSITIONS)
  const contextTokens = options.contextTokens ?? Math.min(most, 4096)
  if (contextTokens > most)
    throw new InputError(`a context of ${contextTokens} tokens was asked for; this model takes at most ${most}`)
  const budget = options.kvBytes ?? process.availableMemory() / 4
  const rowBytes = kvBytesPerToken(model, options.kvType) * contextTokens
  const rows = Math.min(options.maxRows ?? 16, Math.floor((budget * ROWS_SHARE) / rowBytes) - 1)
  if (rows < 1) {
    const needed = (2 * rowBytes) / ROWS_SHARE
    throw new InputError(
      `keys and values of two rows of ${contextTokens} tokens need ${Math.ceil(needed / 2 ** 20)} MiB, the budget is ${Math.floor(budget / 2 ** 20)} MiB: shorten the context or raise the budget`,
    )
  }
  return { contextTokens, rows, prefixBytes: budget * (1 - ROWS_SHARE) }
}
