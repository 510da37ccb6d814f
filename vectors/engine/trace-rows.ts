/** Captured values of tokens in order: for each captured layer (tokens, K) projections and (tokens) norms. */
export interface TraceRows {
  readonly tokens: number
  readonly basis: number
  readonly projections: readonly Float32Array[]
  readonly norms: readonly Float32Array[]
  /** (tokens): length of what steering changed, where the graph measures it; empty otherwise. */
  readonly changes: Float32Array
}

export const emptyRows = (layers: number, basis: number): TraceRows => ({
  tokens: 0,
  basis,
  projections: Array.from({ length: layers }, () => new Float32Array(0)),
  norms: Array.from({ length: layers }, () => new Float32Array(0)),
  changes: new Float32Array(0),
})

/** Rows from..to (exclusive), copied. */
export const sliceRows = (rows: TraceRows, from: number, to: number): TraceRows => ({
  tokens: to - from,
  basis: rows.basis,
  projections: rows.projections.map((p) => p.slice(from * rows.basis, to * rows.basis)),
  norms: rows.norms.map((n) => n.slice(from, to)),
  changes: rows.changes.slice(from, to),
})

export function joinRows(parts: readonly TraceRows[]): TraceRows {
  const [first] = parts
  if (!first) throw new RangeError('joinRows needs at least one part')
  const join = (pick: (part: TraceRows) => Float32Array): Float32Array => {
    const pieces = parts.map(pick)
    const out = new Float32Array(pieces.reduce((n, p) => n + p.length, 0))
    let at = 0
    for (const piece of pieces) {
      out.set(piece, at)
      at += piece.length
    }
    return out
  }
  return {
    tokens: parts.reduce((n, p) => n + p.tokens, 0),
    basis: first.basis,
    projections: first.projections.map((_, layer) => join((p) => p.projections[layer]!)),
    norms: first.norms.map((_, layer) => join((p) => p.norms[layer]!)),
    changes: join((p) => p.changes),
  }
}
