import { InfraError } from '../errors.ts'
import { finite, toJson } from './blobs.ts'
import type { Store } from './open.ts'
import type { CheckAnswer, ProbeAnswer, RunId } from './types.ts'
import { insertReceipt } from './write-turn.ts'

/** Links the keys of probe and check answers that a run covers; those already answered count as reused. Planning again changes nothing. */
export const planProbes = (store: Store, run: RunId, keys: readonly string[]): void =>
  store.write(() => {
    for (const key of keys) {
      store.run(
        `INSERT INTO run_probe (run_id, key, reused)
         VALUES (@run, @key, EXISTS (SELECT 1 FROM probe_answer WHERE key = @key) OR EXISTS (SELECT 1 FROM check_answer WHERE key = @key))
         ON CONFLICT (run_id, key) DO NOTHING`,
        { run, key },
      )
    }
  })

/**
 * Stores an answer with its receipt. The same answer again changes nothing.
 * @throws InfraError when the key holds an answer of another digest: the same work gave two results.
 */
export const putProbeAnswer = (store: Store, answer: ProbeAnswer): void =>
  store.write(() => {
    const known = store.get<{ digest: string }>('SELECT digest FROM probe_answer WHERE key = @key', { key: answer.key })
    if (known) return checkSame(answer.key, known.digest, answer.digest)
    const { id } = store.run(
      `INSERT INTO probe_answer (key, model, scenario, variant, item, probe, is_twin, condition, answers, coverage, detail, digest)
       VALUES (@key, @model, @scenario, @variant, @item, @probe, @isTwin, @condition, @answers, @coverage, @detail, @digest)`,
      {
        ...answer,
        receipt: null,
        isTwin: Number(answer.isTwin),
        answers: toJson(answer.answers, `answers of probe ${answer.probe}, item ${answer.item}`),
        coverage: finite(answer.coverage, `coverage of probe ${answer.probe}, item ${answer.item}`),
        detail: toJson(answer.detail ?? {}, `detail of probe ${answer.probe}, item ${answer.item}`),
      },
    )
    if (answer.receipt) insertReceipt(store, { turn: null, probe: id }, answer.receipt)
  })

/** Stores one number of the manipulation check; the same again changes nothing, another value under its key is an InfraError. */
export const putCheckAnswer = (store: Store, answer: CheckAnswer): void =>
  store.write(() => {
    finite(answer.value, `check of ${answer.concept} in ${answer.context}`)
    const known = store.get<{ value: number }>('SELECT value FROM check_answer WHERE key = @key', { key: answer.key })
    if (known) return checkSame(answer.key, known.value, answer.value)
    store.run(
      `INSERT INTO check_answer (key, model, context, concept, condition, value)
       VALUES (@key, @model, @context, @concept, @condition, @value)`,
      answer,
    )
  })

const checkSame = <T extends string | number>(key: string, stored: T, now: T): void => {
  if (stored === now) return
  throw new InfraError(
    `answer ${key}: expected ${stored} as stored, got ${now}: the same work gave two results here; use another file with --db to compare them`,
  )
}
