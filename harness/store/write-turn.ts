import { InfraError } from '../errors.ts'
import type { Receipt } from '../../vectors/engine/types.ts'
import { finite, toBlob, toJson } from './blobs.ts'
import type { Store } from './open.ts'
import { encodeTrace, type Codec, type EncodedTrace } from './trace-codec.ts'
import type { Claim, Turn } from './types.ts'
import { checkClaim } from './write-episode.ts'

/**
 * Stores a turn with its trace, receipt and vitals in one transaction. Turns come in order, index 0 first.
 * @param options.codec of the projections; norms are always f32. @default f32
 * @returns the id of the turn.
 * @throws InfraError when the claim is void, the index is not the next, or the trace has not one row a token.
 */
export const writeTurn = async (
  store: Store,
  claim: Claim,
  turn: Turn,
  options: { readonly codec?: Codec } = {},
): Promise<number> => {
  const row = turnRow(claim, turn)
  const layers = await encodeLayers(turn, options.codec ?? 'f32')
  return store.write(() => {
    checkClaim(store, claim)
    checkNext(store, claim, turn.index)
    const { id } = store.run(
      `INSERT INTO turn (episode_id, idx, role, text, tokens, logprobs, flags, detail)
       VALUES (@episode, @index, @role, @text, @tokens, @logprobs, @flags, @detail)`,
      row,
    )
    for (const layer of layers) insertTrace(store, id, layer)
    for (const vital of turn.vitals ?? []) insertVital(store, id, vital)
    if (turn.receipt) insertReceipt(store, { turn: id, probe: null }, turn.receipt)
    return id
  })
}

/** Stores the proof of what was added, for one turn or one probe answer. Call it inside the transaction of its owner. */
export const insertReceipt = (
  store: Store,
  owner: { readonly turn: number; readonly probe: null } | { readonly turn: null; readonly probe: number },
  receipt: Receipt,
): void => {
  store.run(
    `INSERT INTO receipt (turn_id, probe_id, additions, operations, steered_tokens, delta_mean, delta_max, fingerprint)
     VALUES (@turn, @probe, @additions, @operations, @steeredTokens, @deltaMean, @deltaMax, @fingerprint)`,
    {
      ...owner,
      additions: toJson(receipt.additions, 'receipt'),
      operations: operationsOf(receipt),
      steeredTokens: receipt.steeredTokens,
      deltaMean: finite(receipt.deltaMean, 'mean delta of the receipt'),
      deltaMax: finite(receipt.deltaMax, 'largest delta of the receipt'),
      fingerprint: receipt.fingerprint,
    },
  )
}

const operationsOf = ({ clamps, keepLength }: Receipt): string | null =>
  clamps || keepLength ? toJson({ clamps, keepLength }, 'receipt') : null

interface LayerRow {
  readonly layer: number
  readonly basis: string
  readonly first: number
  readonly projections: EncodedTrace
  readonly norms: EncodedTrace
}

const turnRow = (claim: Claim, turn: Turn): object => {
  const { index, role, text, tokens, logprobs, trace } = turn
  if (logprobs && logprobs.length > tokens.length) {
    throw new InfraError(
      `turn ${index}: expected at most ${tokens.length} log-probabilities, one a token, got ${logprobs.length}`,
    )
  }
  if (trace && trace.rows !== tokens.length) {
    throw new InfraError(`turn ${index}: expected a trace of ${tokens.length} rows, one a token, got ${trace.rows}`)
  }
  return {
    episode: claim.episode,
    index,
    role,
    text,
    tokens: toBlob(Int32Array.from(tokens)),
    logprobs: logprobs ? toBlob(Float32Array.from(logprobs)) : null,
    flags: toJson(turn.flags, `flags of turn ${index}`),
    detail: toJson(turn.detail ?? {}, `detail of turn ${index}`),
  }
}

const encodeLayers = (turn: Turn, codec: Codec): Promise<LayerRow[]> => {
  const trace = turn.trace
  if (!trace) return Promise.resolve([])
  const none = new Float32Array(0)
  return Promise.all(
    trace.layers.map(async (layer, i) => {
      const place = { turn: turn.index, layer, rows: trace.rows }
      const [projections, norms] = await Promise.all([
        encodeTrace(trace.projections[i] ?? none, { ...place, cols: trace.basis, codec }),
        encodeTrace(trace.norms[i] ?? none, { ...place, cols: 1 }),
      ])
      return { layer, basis: trace.basisHash, first: trace.from, projections, norms }
    }),
  )
}

const checkNext = (store: Store, { episode }: Claim, index: number): void => {
  const next = store.get<{ n: number }>('SELECT count(*) AS n FROM turn WHERE episode_id = @episode', { episode })?.n
  if (next !== index) throw new InfraError(`episode ${episode}: expected turn ${next} next, got turn ${index}`)
}

const insertTrace = (store: Store, turn: number, { layer, basis, first, projections, norms }: LayerRow): void => {
  store.run(
    `INSERT INTO trace (turn_id, layer, basis, first_token, rows, cols, codec, crc32, projections, norms_codec, norms_crc32, norms)
     VALUES (@turn, @layer, @basis, @first, @rows, @cols, @codec, @crc32, @blob, @normsCodec, @normsCrc32, @norms)`,
    {
      turn,
      layer,
      basis,
      first,
      ...projections,
      blob: toBlob(projections.blob),
      normsCodec: norms.codec,
      normsCrc32: norms.crc32,
      norms: toBlob(norms.blob),
    },
  )
}

const insertVital = (store: Store, turn: number, vital: NonNullable<Turn['vitals']>[number]): void => {
  store.run(
    'INSERT INTO turn_vital (turn_id, name, layer, mean_z, peak_z, last_z) VALUES (@turn, @name, @layer, @meanZ, @peakZ, @lastZ)',
    { turn, ...vital },
  )
}
