import type { SavedKv } from './arena.ts'
import type { TraceRows } from './trace-rows.ts'

/** What a shared beginning must agree on, token by token. */
export interface PrefixKey {
  readonly tokens: readonly number[]
  /** 1 where the token is steered; absent = nowhere. */
  readonly selected: Uint8Array | undefined
  /** Names the additions; two steerings with one hash change a selected token alike. */
  readonly steeringHash: string
}

interface Entry {
  readonly key: PrefixKey
  readonly kv: SavedKv
  readonly trace: TraceRows
  readonly bytes: number
}

/** Computed beginnings of prompts, kept for reuse up to a budget; the one not used longest goes first. */
export interface PrefixCache {
  /** The longest stored beginning of `key` of at most `limit` tokens. */
  find(
    key: PrefixKey,
    limit: number,
  ): { readonly tokens: number; readonly kv: SavedKv; readonly trace: TraceRows } | undefined
  /** Whether all tokens of `key` are held already. */
  holds(key: PrefixKey): boolean
  add(key: PrefixKey, kv: SavedKv, trace: TraceRows): void
}

export function createPrefixCache(budgetBytes: number): PrefixCache {
  /** In order of last use. */
  let entries: readonly Entry[] = []
  return {
    find(key, limit) {
      let best: Entry | undefined
      let bestTokens = 0
      for (const entry of entries) {
        const tokens = Math.min(limit, sharedTokens(entry, key))
        if (tokens > bestTokens) {
          best = entry
          bestTokens = tokens
        }
      }
      if (!best) return undefined
      const used = best
      entries = [...entries.filter((e) => e !== used), used]
      return { tokens: bestTokens, kv: used.kv, trace: used.trace }
    },
    holds: (key) => entries.some((e) => sharedTokens(e, key) >= key.tokens.length),
    add(key, kv, trace) {
      const bytes = kv.data.byteLength
      if (bytes > budgetBytes || this.holds({ ...key, tokens: key.tokens.slice(0, kv.tokens) })) return
      const kept = entries.filter(
        (e) => sharedTokens(e, { ...key, tokens: key.tokens.slice(0, kv.tokens) }) < e.kv.tokens,
      )
      let total = kept.reduce((sum, e) => sum + e.bytes, bytes)
      while (total > budgetBytes) total -= kept.shift()!.bytes
      entries = [...kept, { key, kv, trace, bytes }]
    },
  }
}

/** Tokens at the start that are the same and steered the same. */
function sharedTokens({ key: stored, kv }: Entry, key: PrefixKey): number {
  const most = Math.min(kv.tokens, key.tokens.length)
  const sameSteering = stored.steeringHash === key.steeringHash
  let i = 0
  while (i < most && stored.tokens[i] === key.tokens[i]) {
    const a = stored.selected?.[i] ?? 0
    const b = key.selected?.[i] ?? 0
    if (a !== b || (a === 1 && !sameSteering)) break
    i++
  }
  return i
}
