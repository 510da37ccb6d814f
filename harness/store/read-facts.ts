import { fromJson, type Columns } from './columns.ts'
import type { Store } from './open.ts'
import type { ModelFacts, ScenarioFacts, VectorSetFacts } from './types.ts'

/** A stored scenario by its hash. */
export const scenarioOf = (store: Store, hash: string): ScenarioFacts | undefined => {
  const row = store.get<Columns<ScenarioFacts, 'bad'>>(
    'SELECT id, title, bad, content FROM scenario WHERE hash = @hash',
    { hash },
  )
  return row && { ...row, bad: fromJson(row.bad) }
}

/** A stored model by its sha256. */
export const modelOf = (store: Store, sha256: string): ModelFacts | undefined => {
  const row = store.get<Columns<ModelFacts, 'facts'>>(
    'SELECT sha256, id, architecture, graph_version AS graphVersion, facts FROM model WHERE sha256 = @sha256',
    { sha256 },
  )
  return row && { ...row, facts: fromJson(row.facts) }
}

/** A stored vector set by its hash, its vectors by layer and name. */
export const vectorSetOf = (store: Store, hash: string): VectorSetFacts | undefined => {
  const row = store.get<Omit<Columns<VectorSetFacts, 'facts'>, 'vectors'>>(
    'SELECT hash, model, name, facts FROM vector_set WHERE hash = @hash',
    { hash },
  )
  const vectors = store.all<VectorSetFacts['vectors'][number]>(
    'SELECT name, layer, family, hash, raw_norm AS rawNorm FROM vector WHERE set_hash = @hash ORDER BY layer, name',
    { hash },
  )
  return row && { ...row, facts: fromJson(row.facts), vectors }
}

/** Which vector each column of a trace belongs to. */
export const basisOf = (store: Store, hash: string): readonly string[] | undefined => {
  const row = store.get<{ names: string }>('SELECT names FROM basis WHERE hash = @hash', { hash })
  return row && fromJson(row.names)
}
