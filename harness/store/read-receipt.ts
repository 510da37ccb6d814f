import type { Receipt } from '../../vectors/engine/types.ts'
import { fromJson, type Columns } from './columns.ts'
import type { Store } from './open.ts'

/** The receipt of a turn or of a probe answer, if it was steered. */
export const receiptOf = (store: Store, owner: 'turn' | 'probe', id: number): Receipt | undefined => {
  const row = store.get<Columns<Receipt, 'additions'>>(
    `SELECT additions, steered_tokens AS steeredTokens, delta_mean AS deltaMean, delta_max AS deltaMax, fingerprint
     FROM receipt WHERE ${owner === 'turn' ? 'turn_id' : 'probe_id'} = @id`,
    { id },
  )
  return row && { ...row, additions: fromJson(row.additions) }
}
