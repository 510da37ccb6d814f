import { fromJson, type Columns } from './columns.ts'
import type { Store } from './open.ts'
import type { ConditionFacts, DoseFacts, EventRow, RunId, RunRow } from './types.ts'

/** All runs, oldest first, with their counts. */
export const runs = (store: Store): RunRow[] => store.all<RunColumns>(`${runSql} ORDER BY r.id`).map(toRun)

/** One run with its counts. */
export const runOf = (store: Store, run: RunId): RunRow | undefined => {
  const found = store.get<RunColumns>(`${runSql} WHERE r.id = @run`, { run })
  return found && toRun(found)
}

/** Which of these keys of episodes, probe answers or check answers are done. */
export const doneKeys = (store: Store, keys: readonly string[]): Set<string> => {
  const rows = store.all<{ key: string }>(
    `WITH asked AS (SELECT value AS key FROM json_each(@keys))
     SELECT key FROM asked JOIN episode USING (key) WHERE status = 'done'
     UNION SELECT key FROM asked JOIN probe_answer USING (key)
     UNION SELECT key FROM asked JOIN check_answer USING (key)`,
    { keys: JSON.stringify(keys) },
  )
  return new Set(rows.map((row) => row.key))
}

/** Conditions of a run, in the order of the study. */
export const conditionsOf = (store: Store, run: RunId): ConditionFacts[] =>
  store
    .all<Columns<ConditionFacts, 'spec'>>(
      `SELECT c.key, c.label, c.family, c.vector, c.strength, c.unit, c.spec
       FROM run_condition rc JOIN condition c ON c.key = rc.condition WHERE rc.run_id = @run ORDER BY rc.idx`,
      { run },
    )
    .map((row) => ({ ...row, spec: fromJson(row.spec) }))

/** Doses of a run's conditions on its model, in the order of the study. */
export const dosesOf = (store: Store, run: RunId): DoseFacts[] =>
  store
    .all<Omit<DoseFacts, 'overCeiling'> & { overCeiling: number }>(
      `SELECT d.model, d.condition, d.raw_l2 AS rawL2, d.over_norm AS overNorm, d.over_centred AS overCentred,
         d.over_robust AS overRobust, d.mean_kl AS meanKl, d.p95_kl AS p95Kl, d.cosine, d.nll_rise AS nllRise,
         d.over_ceiling AS overCeiling
       FROM run r JOIN run_condition rc ON rc.run_id = r.id JOIN dose d ON d.condition = rc.condition AND d.model = r.model
       WHERE r.id = @run ORDER BY rc.idx`,
      { run },
    )
    .map((row) => ({ ...row, overCeiling: row.overCeiling === 1 }))

/** What happened during a run, in the order it was logged. */
export const eventsOf = (store: Store, run: RunId): EventRow[] =>
  store
    .all<Columns<EventRow, 'detail'>>('SELECT at, kind, detail FROM event WHERE run_id = @run ORDER BY id', { run })
    .map((row) => ({ ...row, detail: fromJson(row.detail) }))

type RunColumns = Columns<RunRow, 'facts' | 'episodes' | 'probes'>

const runSql = `
SELECT r.id, r.study, r.title, r.model, r.seed, r.command, r.facts, r.status,
  r.started_at AS startedAt, r.finished_at AS finishedAt, r.digest,
  (SELECT json_object('planned', count(*), 'done', count(*) FILTER (WHERE e.status = 'done'),
     'failed', count(*) FILTER (WHERE e.status = 'failed'), 'reused', coalesce(sum(re.reused), 0))
   FROM run_episode re JOIN episode e ON e.id = re.episode_id WHERE re.run_id = r.id) AS episodes,
  (SELECT json_object('planned', count(*), 'done', count(coalesce(p.key, c.key)), 'reused', coalesce(sum(rp.reused), 0))
   FROM run_probe rp LEFT JOIN probe_answer p ON p.key = rp.key LEFT JOIN check_answer c ON c.key = rp.key
   WHERE rp.run_id = r.id) AS probes
FROM run r`

const toRun = (row: RunColumns): RunRow => ({
  ...row,
  facts: fromJson(row.facts),
  episodes: fromJson(row.episodes),
  probes: fromJson(row.probes),
})
