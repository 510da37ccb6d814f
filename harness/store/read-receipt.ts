import type { Receipt } from '../../vectors/engine/types.ts'
import { fromJson, type Columns } from './columns.ts'
import type { Store } from './open.ts'

/** The receipt of a turn or of a probe answer, if it was steered. */
export const receiptOf = (store: Store, owner: 'turn' | 'probe', id: number): Receipt | undefined => {
  const row = store.get<Columns<Receipt, 'additions'> & { readonly operations: string | null }>(
    `SELECT additions, operations, steered_tokens AS steeredTokens, delta_mean AS deltaMean, delta_max AS deltaMax, fingerprint
     FROM receipt WHERE ${owner === 'turn' ? 'turn_id' : 'probe_id'} = @id`,
    { id },
  )
  if (!row) return undefined
  const { operations, additions, ...rest } = row
  return { ...rest, additions: fromJson(additions), ...(operations === null ? {} : fromJson<object>(operations)) }
}
