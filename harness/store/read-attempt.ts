import { fromJson } from './columns.ts'
import type { Store } from './open.ts'
import type { ChannelVital, CodeAttemptRow, RunId } from './types.ts'

/** Attempts of the workspace episodes that a run covers, by episode and number. */
export const codeAttemptsOf = (store: Store, run: RunId): CodeAttemptRow[] => {
  const vitals = new Map<string, ChannelVital[]>()
  for (const { episode, number, ...vital } of store.all<VitalColumns>(
    `SELECT v.episode_id AS episode, v.number, v.channel, v.name, v.layer, v.tokens, v.mean_z AS meanZ, v.peak_z AS peakZ, v.last_z AS lastZ
     FROM run_episode re JOIN attempt_vital v ON v.episode_id = re.episode_id WHERE re.run_id = @run
     ORDER BY v.episode_id, v.number, v.channel, v.name, v.layer`,
    { run },
  )) {
    const key = `${episode} ${number}`
    vitals.set(key, [...(vitals.get(key) ?? []), vital])
  }
  return store
    .all<AttemptColumns>(
      `SELECT a.episode_id AS episode, a.number, a.code, a.tests_passed AS testsPassed, a."end", a.facts, a.first_turn AS firstTurn,
         a.last_turn AS lastTurn, a.code_turn AS turn, a.code_from AS "from", a.code_to AS "to",
         a.tone_lexical AS lexical, a.tone_model AS model
       FROM run_episode re JOIN attempt a ON a.episode_id = re.episode_id WHERE re.run_id = @run ORDER BY a.episode_id, a.number`,
      { run },
    )
    .map(({ turn, from, to, lexical, model, testsPassed, facts, ...row }) => ({
      ...row,
      testsPassed: testsPassed === null ? null : testsPassed === 1,
      facts: fromJson(facts),
      codeAt: turn === null || from === null || to === null ? null : { turn, from, to },
      tone: { lexical, model },
      vitals: vitals.get(`${row.episode} ${row.number}`) ?? [],
    }))
}

type VitalColumns = ChannelVital & { readonly episode: number; readonly number: number }

interface AttemptColumns {
  readonly episode: number
  readonly number: number
  readonly code: string | null
  readonly testsPassed: number | null
  readonly end: string | null
  readonly facts: string
  readonly firstTurn: number
  readonly lastTurn: number
  readonly turn: number | null
  readonly from: number | null
  readonly to: number | null
  readonly lexical: number | null
  readonly model: number | null
}
