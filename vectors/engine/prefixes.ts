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

/** Keys, values and captured rows of tokens in a row. */
export interface Computed {
  readonly kv: SavedKv
  readonly trace: TraceRows
}

/** What a find gives: the tokens `from` to `to` (exclusive) are the first ones computed here. */
export interface Stretch extends Computed {
  readonly from: number
  readonly to: number
}

/** A beginning of a prompt: its parent's up to `from`, then its own. */
interface Entry extends Computed {
  readonly key: PrefixKey
  readonly from: number
  readonly parent: Entry | undefined
  readonly bytes: number
}

/**
 * Computed beginnings of prompts, kept for reuse up to a budget; the one not used longest goes first. Rows of a sweep and turns of an episode
 * begin alike, so an entry holds only what no other one holds already.
 */
export interface PrefixCache {
  /** The longest stored beginning of `key` of at most `limit` tokens, as stretches in order, without gaps. */
  find(key: PrefixKey, limit: number): { readonly tokens: number; readonly stretches: readonly Stretch[] } | undefined
  /** Keeps `key` whole; `read` is asked for its tokens from a place on. */
  add(key: PrefixKey, read: (from: number) => Computed): void
}

export function createPrefixCache(budgetBytes: number): PrefixCache {
  /** In order of last use; a parent stands behind its children, so that what goes first holds nothing up. */
  let entries: readonly Entry[] = []
  let total = 0
  const longest = (key: PrefixKey, limit: number) => {
    let best: Entry | undefined
    let tokens = 0
    for (const entry of entries) {
      const shared = Math.min(limit, sharedTokens(entry, key))
      if (shared > tokens) {
        best = entry
        tokens = shared
      }
    }
    // The nearest entry that itself holds the last shared token.
    while (best && best.from >= tokens) best = best.parent
    return { entry: best, tokens }
  }
  const use = (entry: Entry) => {
    const chain = chainOf(entry)
    entries = [...entries.filter((e) => !chain.includes(e)), ...chain]
  }
  return {
    find(key, limit) {
      const { entry, tokens } = longest(key, limit)
      if (!entry) return undefined
      use(entry)
      return { tokens, stretches: stretchesOf(entry, tokens) }
    },
    add(key, read) {
      const { entry: parent, tokens: from } = longest(key, key.tokens.length)
      if (from === key.tokens.length) return
      const computed = read(from)
      const bytes = bytesOf(computed)
      if (bytes > budgetBytes) return
      use({ key, parent, from, bytes, ...computed })
      for (total += bytes; total > budgetBytes; entries = entries.slice(1)) total -= entries[0]!.bytes
    },
  }
}

/** The trace counts too: a wide basis at many layers takes kilobytes a token. */
const bytesOf = ({ kv, trace: { projections, norms, changes } }: Computed): number =>
  [kv.data, ...projections, ...norms, changes].reduce((sum, { byteLength }) => sum + byteLength, 0)

/** The entry, its parent, and so on to the one that begins at 0. */
function chainOf(entry: Entry): Entry[] {
  const chain: Entry[] = []
  for (let e: Entry | undefined = entry; e; e = e.parent) chain.push(e)
  return chain
}

/** Each up to where the next one begins, the last one up to `tokens`. */
function stretchesOf(entry: Entry, tokens: number): Stretch[] {
  const chain = chainOf(entry).toReversed()
  return chain.map(({ from, kv, trace }, i) => ({ from, to: chain[i + 1]?.from ?? tokens, kv, trace }))
}

/** Tokens at the start that are the same and steered the same. */
function sharedTokens({ key: stored }: Entry, key: PrefixKey): number {
  const most = Math.min(stored.tokens.length, key.tokens.length)
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
