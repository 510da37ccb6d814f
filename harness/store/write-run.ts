import { createHash } from 'node:crypto'
import { InfraError } from '../errors.ts'
import { finite, toJson } from './blobs.ts'
import type { Store } from './open.ts'
import type {
  ConditionFacts,
  DoseFacts,
  EventRow,
  ModelFacts,
  RunId,
  RunRow,
  RunStart,
  ScenarioFacts,
  VectorSetFacts,
} from './types.ts'

/** Records that a run began. Its model must be stored. */
export const beginRun = (store: Store, run: RunStart): RunId =>
  store.run(
    `INSERT INTO run (study, title, model, seed, command, facts, status, started_at)
     VALUES (@study, @title, @model, @seed, @command, @facts, 'running', @startedAt)`,
    { ...run, facts: toJson(run.facts, 'facts of the run') },
  ).id

/** Records how a run ended. */
export const finishRun = (
  store: Store,
  run: RunId,
  end: { readonly status: Exclude<RunRow['status'], 'running'>; readonly at: string; readonly digest: string | null },
): void => {
  const { changes } = store.run(
    'UPDATE run SET status = @status, finished_at = @at, digest = @digest WHERE id = @run',
    { run, ...end },
  )
  if (changes === 0) throw new InfraError(`expected run ${run} in ${store.path}, found none: begin it first`)
}

/** Stores a scenario once. @returns its hash, the sha256 of `content`. */
export const putScenario = (store: Store, { id, title, bad, content }: ScenarioFacts): string => {
  const hash = createHash('sha256').update(content).digest('hex')
  store.run(
    `INSERT INTO scenario (hash, id, title, bad, content) VALUES (@hash, @id, @title, @bad, @content)
     ON CONFLICT (hash) DO UPDATE SET id = @id, title = @title, bad = @bad`,
    { hash, id, title, bad: toJson(bad, 'bad classes'), content },
  )
  return hash
}

/** Stores a model, or its newest facts. */
export const putModel = (store: Store, model: ModelFacts): void => {
  store.run(
    `INSERT INTO model (sha256, id, architecture, graph_version, facts) VALUES (@sha256, @id, @architecture, @graphVersion, @facts)
     ON CONFLICT (sha256) DO UPDATE SET id = @id, graph_version = @graphVersion, facts = @facts`,
    { ...model, facts: toJson(model.facts, 'facts of the model') },
  )
}

/** Stores a vector set with its vectors once. Its model must be stored. */
export const putVectorSet = (store: Store, { hash, model, name, facts, vectors }: VectorSetFacts): void =>
  store.write(() => {
    const { changes } = store.run(
      'INSERT INTO vector_set (hash, model, name, facts) VALUES (@hash, @model, @name, @facts) ON CONFLICT (hash) DO NOTHING',
      { hash, model, name, facts: toJson(facts, 'facts of the vector set') },
    )
    if (changes === 0) return
    for (const vector of vectors) {
      store.run(
        `INSERT INTO vector (set_hash, layer, name, family, hash, raw_norm) VALUES (@set, @layer, @name, @family, @hash, @rawNorm)`,
        { ...vector, set: hash, rawNorm: finite(vector.rawNorm, `norm of vector ${vector.name}`) },
      )
    }
  })

/** Stores which vector each column of a trace belongs to, once. */
export const putBasis = (store: Store, basis: { readonly hash: string; readonly names: readonly string[] }): void => {
  store.run('INSERT INTO basis (hash, names) VALUES (@hash, @names) ON CONFLICT (hash) DO NOTHING', {
    hash: basis.hash,
    names: toJson(basis.names, 'names of the basis'),
  })
}

/** Stores a condition once; a new label replaces the old one. */
export const putCondition = (store: Store, condition: ConditionFacts): void => {
  store.run(
    `INSERT INTO condition (key, label, family, vector, strength, unit, spec)
     VALUES (@key, @label, @family, @vector, @strength, @unit, @spec) ON CONFLICT (key) DO UPDATE SET label = @label`,
    {
      ...condition,
      strength: finite(condition.strength, `strength of condition ${condition.label}`),
      spec: toJson(condition.spec, `condition ${condition.label}`),
    },
  )
}

/** Links stored conditions to a run, in the order of the study. */
export const planConditions = (store: Store, run: RunId, keys: readonly string[]): void =>
  store.write(() => {
    for (const [idx, condition] of keys.entries()) {
      store.run(
        `INSERT INTO run_condition (run_id, idx, condition) VALUES (@run, @idx, @condition)
         ON CONFLICT (run_id, condition) DO UPDATE SET idx = @idx`,
        { run, idx, condition },
      )
    }
  })

/** Stores the dose of a condition on a model; measured again, the newer one replaces it. */
export const putDose = (store: Store, dose: DoseFacts): void => {
  for (const [unit, value] of Object.entries(dose))
    if (typeof value === 'number') finite(value, `dose ${unit} of ${dose.condition}`)
  store.run(
    `INSERT OR REPLACE INTO dose
       (model, condition, raw_l2, over_norm, over_centred, over_robust, mean_kl, p95_kl, cosine, nll_rise, over_ceiling)
     VALUES (@model, @condition, @rawL2, @overNorm, @overCentred, @overRobust, @meanKl, @p95Kl, @cosine, @nllRise, @overCeiling)`,
    { ...dose, overCeiling: Number(dose.overCeiling) },
  )
}

/** Logs something that happened during a run. */
export const putEvent = (store: Store, run: RunId, event: EventRow): void => {
  store.run('INSERT INTO event (run_id, at, kind, detail) VALUES (@run, @at, @kind, @detail)', {
    run,
    at: event.at,
    kind: event.kind,
    detail: toJson(event.detail, `event ${event.kind}`),
  })
}
