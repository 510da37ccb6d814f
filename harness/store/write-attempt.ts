import { createHash } from 'node:crypto'
import { finite, toJson } from './blobs.ts'
import type { Store } from './open.ts'
import type { CodeAttempt } from './types.ts'

/** Stores an attempt with its vitals. Call it inside the transaction that finishes its episode. */
export const insertCodeAttempt = (store: Store, episode: number, attempt: CodeAttempt): void => {
  const { number, code, testsPassed, end, facts, firstTurn, lastTurn, codeAt, tone, vitals } = attempt
  const what = `attempt ${number} of episode ${episode}`
  store.run(
    `INSERT INTO attempt (episode_id, number, code_sha, code, tests_passed, "end", facts, first_turn, last_turn,
       code_turn, code_from, code_to, tone_lexical, tone_model)
     VALUES (@episode, @number, @codeSha, @code, @testsPassed, @end, @facts, @firstTurn, @lastTurn, @turn, @from, @to, @lexical, @model)`,
    {
      episode,
      number,
      codeSha: code === null ? null : createHash('sha256').update(code).digest('hex'),
      code,
      testsPassed: testsPassed === null ? null : Number(testsPassed),
      end,
      facts: toJson(facts, what),
      firstTurn,
      lastTurn,
      turn: codeAt?.turn ?? null,
      from: codeAt?.from ?? null,
      to: codeAt?.to ?? null,
      lexical: finite(tone.lexical, `tone of ${what}`),
      model: finite(tone.model, `tone of ${what}`),
    },
  )
  for (const vital of vitals) {
    store.run(
      `INSERT INTO attempt_vital (episode_id, number, channel, name, layer, tokens, mean_z, peak_z, last_z)
       VALUES (@episode, @number, @channel, @name, @layer, @tokens, @meanZ, @peakZ, @lastZ)`,
      { ...vital, episode, number },
    )
  }
}
