import type { Trace } from '../../vectors/engine/types.ts'
import { InfraError } from '../errors.ts'
import { toFloats, toInts } from './blobs.ts'
import { fromJson, type Columns } from './columns.ts'
import type { Store } from './open.ts'
import { receiptOf } from './read-receipt.ts'
import { decodeTrace, type Codec } from './trace-codec.ts'
import type { AttemptRow, EpisodeRow, Outcome, RunId, TurnRow, Vital } from './types.ts'

/** Episodes that a run covers, in the order they were first planned, with their outcomes. */
export const episodesOf = (store: Store, run: RunId): EpisodeRow[] =>
  store
    .all<EpisodeColumns>(
      `SELECT e.id, e.key, c.model, c.scenario, s.id AS scenarioId, c.variant, c.is_twin AS isTwin, c.condition, e.epoch,
         e.seed_0 AS seed0, e.seed_1 AS seed1, e.facts, e.status, e.attempt, e.digest,
         e.started_at AS startedAt, e.finished_at AS finishedAt, re.reused
       FROM run_episode re JOIN episode e ON e.id = re.episode_id JOIN cell c ON c.id = e.cell_id JOIN scenario s ON s.hash = c.scenario
       WHERE re.run_id = @run ORDER BY e.id`,
      { run },
    )
    .map(({ seed0, seed1, ...row }) => ({
      ...row,
      isTwin: row.isTwin === 1,
      reused: row.reused === 1,
      seed: [seed0, seed1],
      facts: fromJson(row.facts),
      outcomes: outcomesOf(store, row.id),
    }))

/** Every attempt at an episode, failed ones too. */
export const attemptsOf = (store: Store, episode: number): AttemptRow[] =>
  store.all<AttemptRow>(
    `SELECT attempt, run_id AS run, started_at AS startedAt, ended_at AS endedAt, error_kind AS errorKind, message
     FROM episode_attempt WHERE episode_id = @episode ORDER BY attempt`,
    { episode },
  )

/** Turns of an episode in order, without their traces. */
export const turnsOf = (store: Store, episode: number): TurnRow[] =>
  store
    .all<TurnColumns>(
      'SELECT id, idx AS "index", role, text, tokens, logprobs, flags, detail FROM turn WHERE episode_id = @episode ORDER BY idx',
      { episode },
    )
    .map((row) => ({
      ...row,
      tokens: toInts(row.tokens),
      logprobs: row.logprobs ? toFloats(row.logprobs) : undefined,
      flags: fromJson(row.flags),
      detail: fromJson(row.detail),
      receipt: receiptOf(store, 'turn', row.id),
      vitals: vitalsOf(store, row.id),
    }))

/**
 * The trace of a turn, layers ascending; undefined when none was taken.
 * @throws TraceError when the stored bytes cannot be trusted.
 */
export const traceOf = async (
  store: Store,
  turn: number,
): Promise<(Trace & { readonly basisHash: string }) | undefined> => {
  const layers = store.all<TraceColumns>(
    `SELECT layer, basis AS basisHash, first_token AS "from", rows, cols, codec, crc32, projections AS blob,
       norms_codec AS normsCodec, norms_crc32 AS normsCrc32, norms
     FROM trace WHERE turn_id = @turn ORDER BY layer`,
    { turn },
  )
  const first = layers[0]
  if (!first) return undefined
  const { basisHash, from, rows, cols } = first
  const odd = layers.find((row) => row.basisHash !== basisHash || row.rows !== rows || row.cols !== cols)
  if (odd)
    throw new InfraError(
      `turn ${turn}: expected ${rows} × ${cols} at layer ${odd.layer}, got ${odd.rows} × ${odd.cols}: the file is damaged`,
    )
  return {
    layers: layers.map((row) => row.layer),
    from,
    rows,
    basis: cols,
    basisHash,
    projections: await Promise.all(layers.map((row) => decodeTrace(row, { turn, layer: row.layer }))),
    norms: await Promise.all(layers.map((row) => decodeTrace(normsOf(row), { turn, layer: row.layer }))),
  }
}

const outcomesOf = (store: Store, episode: number): Outcome[] =>
  store
    .all<OutcomeColumns>(
      'SELECT scorer, class, value, status, rule, evidence, detail FROM outcome WHERE episode_id = @episode ORDER BY scorer',
      { episode },
    )
    .map(({ detail, ...outcome }) => (detail === null ? outcome : { ...outcome, detail: fromJson(detail) }))

const vitalsOf = (store: Store, turn: number): Vital[] =>
  store.all<Vital>(
    `SELECT name, layer, mean_z AS meanZ, peak_z AS peakZ, last_z AS lastZ FROM turn_vital WHERE turn_id = @turn ORDER BY name, layer`,
    { turn },
  )

const normsOf = (row: TraceColumns) => ({
  codec: row.normsCodec,
  rows: row.rows,
  cols: 1,
  crc32: row.normsCrc32,
  blob: row.norms,
})

type EpisodeColumns = Omit<Columns<EpisodeRow, 'facts'>, 'isTwin' | 'reused' | 'seed' | 'outcomes'> & {
  readonly isTwin: number
  readonly reused: number
  readonly seed0: number
  readonly seed1: number
}

type OutcomeColumns = Outcome & { readonly detail: string | null }

type TurnColumns = Omit<Columns<TurnRow, 'flags' | 'detail'>, 'tokens' | 'logprobs' | 'receipt' | 'vitals'> & {
  readonly tokens: Uint8Array
  readonly logprobs: Uint8Array | null
}

interface TraceColumns {
  readonly layer: number
  readonly basisHash: string
  readonly from: number
  readonly rows: number
  readonly cols: number
  readonly codec: Codec
  readonly crc32: number
  readonly blob: Uint8Array
  readonly normsCodec: Codec
  readonly normsCrc32: number
  readonly norms: Uint8Array
}
