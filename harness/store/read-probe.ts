import { fromJson } from './columns.ts'
import type { Store } from './open.ts'
import { receiptOf } from './read-receipt.ts'
import type { CheckAnswer, ProbeRow, RunId } from './types.ts'

/** Probe answers that a run covers, by key. */
export const probeAnswersOf = (store: Store, run: RunId): ProbeRow[] =>
  store
    .all<ProbeColumns>(
      `SELECT p.id, p.key, p.model, p.scenario, s.id AS scenarioId, p.variant, p.item, p.probe, p.is_twin AS isTwin, p.condition,
         p.answers, p.coverage, p.detail, p.digest, rp.reused
       FROM run_probe rp JOIN probe_answer p ON p.key = rp.key JOIN scenario s ON s.hash = p.scenario
       WHERE rp.run_id = @run ORDER BY p.key`,
      { run },
    )
    .map(({ id, ...row }) => ({
      ...row,
      isTwin: row.isTwin === 1,
      reused: row.reused === 1,
      answers: fromJson(row.answers),
      detail: fromJson(row.detail),
      receipt: receiptOf(store, 'probe', id),
    }))

/** Answers of the manipulation check that a run covers, by key. */
export const checkAnswersOf = (store: Store, run: RunId): CheckAnswer[] =>
  store.all<CheckAnswer>(
    `SELECT c.key, c.model, c.context, c.concept, c.condition, c.value
     FROM run_probe rp JOIN check_answer c ON c.key = rp.key WHERE rp.run_id = @run ORDER BY c.key`,
    { run },
  )

type ProbeColumns = Omit<ProbeRow, 'isTwin' | 'reused' | 'answers' | 'detail' | 'receipt'> & {
  readonly id: number
  readonly isTwin: number
  readonly reused: number
  readonly answers: string
  readonly detail: string
}
