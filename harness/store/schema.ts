/** Version 1. Content-addressed facts first, then what a run plans, then what episodes and probes gave. Times are ISO strings; JSON is checked. */
export const tables = `
CREATE TABLE model (
  sha256 TEXT PRIMARY KEY, id TEXT NOT NULL, architecture TEXT NOT NULL, graph_version TEXT NOT NULL,
  facts TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;
CREATE TABLE scenario (
  hash TEXT PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL,
  bad TEXT NOT NULL CHECK (json_valid(bad)), content TEXT NOT NULL
) STRICT;
CREATE TABLE vector_set (
  hash TEXT PRIMARY KEY, model TEXT NOT NULL REFERENCES model (sha256), name TEXT NOT NULL,
  facts TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;
CREATE TABLE vector (
  set_hash TEXT NOT NULL REFERENCES vector_set (hash), layer INTEGER NOT NULL, name TEXT NOT NULL,
  family TEXT NOT NULL, hash TEXT NOT NULL, raw_norm REAL,
  PRIMARY KEY (set_hash, layer, name)
) STRICT;
CREATE TABLE basis (hash TEXT PRIMARY KEY, names TEXT NOT NULL CHECK (json_valid(names))) STRICT;
CREATE TABLE condition (
  key TEXT PRIMARY KEY, label TEXT NOT NULL, family TEXT NOT NULL, vector TEXT, strength REAL, unit TEXT,
  spec TEXT NOT NULL CHECK (json_valid(spec))
) STRICT;
CREATE TABLE dose (
  model TEXT NOT NULL REFERENCES model (sha256), condition TEXT NOT NULL REFERENCES condition (key),
  raw_l2 REAL NOT NULL, over_norm REAL NOT NULL, over_centred REAL NOT NULL, over_robust REAL NOT NULL,
  mean_kl REAL, p95_kl REAL, cosine REAL, nll_rise REAL, over_ceiling INTEGER NOT NULL,
  PRIMARY KEY (condition, model)
) STRICT;

CREATE TABLE run (
  id INTEGER PRIMARY KEY, study TEXT NOT NULL, title TEXT NOT NULL, model TEXT NOT NULL REFERENCES model (sha256),
  seed INTEGER NOT NULL, command TEXT NOT NULL, facts TEXT NOT NULL CHECK (json_valid(facts)),
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'interrupted', 'failed')),
  started_at TEXT NOT NULL, finished_at TEXT, digest TEXT
) STRICT;
CREATE TABLE cell (
  id INTEGER PRIMARY KEY, model TEXT NOT NULL REFERENCES model (sha256),
  scenario TEXT NOT NULL REFERENCES scenario (hash), variant TEXT NOT NULL, is_twin INTEGER NOT NULL,
  condition TEXT NOT NULL REFERENCES condition (key),
  UNIQUE (model, scenario, variant, is_twin, condition)
) STRICT;
CREATE TABLE episode (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, cell_id INTEGER NOT NULL REFERENCES cell (id),
  epoch INTEGER NOT NULL, seed_0 INTEGER NOT NULL, seed_1 INTEGER NOT NULL,
  facts TEXT NOT NULL CHECK (json_valid(facts)),
  status TEXT NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'running', 'done', 'failed')),
  attempt INTEGER NOT NULL DEFAULT 0, digest TEXT, started_at TEXT, finished_at TEXT,
  CHECK ((status = 'done') = (digest IS NOT NULL))
) STRICT;
CREATE INDEX episode_cell ON episode (cell_id);
CREATE TABLE episode_attempt (
  episode_id INTEGER NOT NULL REFERENCES episode (id), attempt INTEGER NOT NULL,
  run_id INTEGER NOT NULL REFERENCES run (id), started_at TEXT NOT NULL, ended_at TEXT, error_kind TEXT, message TEXT,
  PRIMARY KEY (episode_id, attempt)
) STRICT;
CREATE TABLE run_condition (
  run_id INTEGER NOT NULL REFERENCES run (id), idx INTEGER NOT NULL,
  condition TEXT NOT NULL REFERENCES condition (key), PRIMARY KEY (run_id, condition)
) STRICT;
CREATE TABLE run_episode (
  run_id INTEGER NOT NULL REFERENCES run (id), episode_id INTEGER NOT NULL REFERENCES episode (id),
  reused INTEGER NOT NULL, PRIMARY KEY (run_id, episode_id)
) STRICT;
CREATE TABLE run_probe (
  run_id INTEGER NOT NULL REFERENCES run (id), key TEXT NOT NULL, reused INTEGER NOT NULL, PRIMARY KEY (run_id, key)
) STRICT;

CREATE TABLE turn (
  id INTEGER PRIMARY KEY, episode_id INTEGER NOT NULL REFERENCES episode (id), idx INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant', 'tool')), text TEXT NOT NULL,
  tokens BLOB NOT NULL, logprobs BLOB, flags TEXT NOT NULL CHECK (json_valid(flags)),
  detail TEXT NOT NULL CHECK (json_valid(detail)), UNIQUE (episode_id, idx)
) STRICT;
CREATE TABLE trace (
  turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE, layer INTEGER NOT NULL,
  basis TEXT NOT NULL REFERENCES basis (hash), first_token INTEGER NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL,
  codec TEXT NOT NULL, crc32 INTEGER NOT NULL, projections BLOB NOT NULL,
  norms_codec TEXT NOT NULL, norms_crc32 INTEGER NOT NULL, norms BLOB NOT NULL,
  PRIMARY KEY (turn_id, layer)
) STRICT;
CREATE TABLE turn_vital (
  turn_id INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE, name TEXT NOT NULL, layer INTEGER NOT NULL,
  mean_z REAL NOT NULL, peak_z REAL NOT NULL, last_z REAL NOT NULL, PRIMARY KEY (turn_id, name, layer)
) STRICT;
CREATE TABLE outcome (
  episode_id INTEGER NOT NULL REFERENCES episode (id), scorer TEXT NOT NULL, class TEXT, value REAL,
  status TEXT NOT NULL CHECK (status IN ('scored', 'unscored')), rule TEXT NOT NULL, evidence TEXT NOT NULL,
  PRIMARY KEY (episode_id, scorer), CHECK ((status = 'scored') = (class IS NOT NULL))
) STRICT;
CREATE TABLE probe_answer (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, model TEXT NOT NULL REFERENCES model (sha256),
  scenario TEXT NOT NULL REFERENCES scenario (hash), variant TEXT NOT NULL, item TEXT NOT NULL, probe TEXT NOT NULL,
  is_twin INTEGER NOT NULL, condition TEXT NOT NULL REFERENCES condition (key),
  answers TEXT NOT NULL CHECK (json_valid(answers)), coverage REAL, detail TEXT NOT NULL CHECK (json_valid(detail)),
  digest TEXT NOT NULL
) STRICT;
CREATE TABLE check_answer (
  key TEXT PRIMARY KEY, model TEXT NOT NULL REFERENCES model (sha256), context TEXT NOT NULL, concept TEXT NOT NULL,
  condition TEXT NOT NULL REFERENCES condition (key), value REAL NOT NULL
) STRICT;
CREATE TABLE receipt (
  turn_id INTEGER UNIQUE REFERENCES turn (id) ON DELETE CASCADE, probe_id INTEGER UNIQUE REFERENCES probe_answer (id),
  additions TEXT NOT NULL CHECK (json_valid(additions)), steered_tokens INTEGER NOT NULL,
  delta_mean REAL NOT NULL, delta_max REAL NOT NULL, fingerprint TEXT NOT NULL,
  CHECK ((turn_id IS NULL) <> (probe_id IS NULL))
) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run (id), at TEXT NOT NULL, kind TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX event_run ON event (run_id);
`

/** For people with a SQL shell: one row a class with its share of the scored episodes, and one row a turn, vital and layer. */
export const views = `
CREATE VIEW rates AS
WITH counted AS (
  SELECT re.run_id, e.cell_id, o.scorer, o.class, count(*) AS n
  FROM run_episode re JOIN episode e ON e.id = re.episode_id AND e.status = 'done' JOIN outcome o ON o.episode_id = e.id
  GROUP BY re.run_id, e.cell_id, o.scorer, o.class
), totals AS (
  SELECT *, coalesce(sum(n) FILTER (WHERE class IS NOT NULL) OVER cell_scorer, 0) AS scored,
    coalesce(sum(n) FILTER (WHERE class IS NULL) OVER cell_scorer, 0) AS unscored
  FROM counted WINDOW cell_scorer AS (PARTITION BY run_id, cell_id, scorer)
)
SELECT t.run_id, s.id AS scenario, c.variant, c.is_twin, k.label AS condition, k.vector, k.strength, t.scorer, t.class,
  EXISTS (SELECT 1 FROM json_each(s.bad) b WHERE b.value = t.class) AS bad, t.n, t.scored, t.unscored,
  CASE WHEN t.class IS NOT NULL THEN 1.0 * t.n / t.scored END AS rate
FROM totals t JOIN cell c ON c.id = t.cell_id JOIN scenario s ON s.hash = c.scenario JOIN condition k ON k.key = c.condition;

CREATE VIEW vitals AS
SELECT re.run_id, e.key AS episode, s.id AS scenario, c.variant, c.is_twin, k.label AS condition, k.vector, k.strength,
  e.epoch, t.idx AS turn, t.role, v.name AS vital, v.layer, v.mean_z, v.peak_z, v.last_z
FROM turn_vital v JOIN turn t ON t.id = v.turn_id JOIN episode e ON e.id = t.episode_id
  JOIN run_episode re ON re.episode_id = e.id JOIN cell c ON c.id = e.cell_id
  JOIN scenario s ON s.hash = c.scenario JOIN condition k ON k.key = c.condition;
`

/** Version 2. What clamps and kept lengths did to a turn; NULL where there were only additions. */
export const receiptOperations = `
ALTER TABLE receipt ADD COLUMN operations TEXT CHECK (operations IS NULL OR json_valid(operations));
`

/**
 * Version 3. Attempts of workspace episodes: their code, what the visible tests said, where in the episode they stand (turns by idx, the code
 * as rows of its turn's tokens), how composed they sound, and their vitals by channel: the prompt up to the first token the model wrote
 * (the feedback), what it wrote before the code, the code, what it wrote after it.
 */
export const attempts = `
CREATE TABLE attempt (
  episode_id INTEGER NOT NULL REFERENCES episode (id), number INTEGER NOT NULL,
  code_sha TEXT, code TEXT, tests_passed INTEGER, "end" TEXT, facts TEXT NOT NULL CHECK (json_valid(facts)),
  first_turn INTEGER NOT NULL, last_turn INTEGER NOT NULL, code_turn INTEGER, code_from INTEGER, code_to INTEGER,
  tone_lexical REAL, tone_model REAL,
  PRIMARY KEY (episode_id, number), CHECK ((code IS NULL) = (code_sha IS NULL)),
  CHECK ((code_turn IS NULL) = (code_from IS NULL) AND (code_turn IS NULL) = (code_to IS NULL))
) STRICT;
CREATE TABLE attempt_vital (
  episode_id INTEGER NOT NULL, number INTEGER NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('prompt', 'thinking', 'code', 'after')), name TEXT NOT NULL, layer INTEGER NOT NULL,
  tokens INTEGER NOT NULL, mean_z REAL NOT NULL, peak_z REAL NOT NULL, last_z REAL NOT NULL,
  PRIMARY KEY (episode_id, number, channel, name, layer),
  FOREIGN KEY (episode_id, number) REFERENCES attempt (episode_id, number)
) STRICT;
ALTER TABLE outcome ADD COLUMN detail TEXT CHECK (detail IS NULL OR json_valid(detail));

CREATE VIEW vitals_by_attempt AS
SELECT re.run_id, e.key AS episode, s.id AS scenario, c.variant, c.is_twin, k.label AS condition, k.family, k.vector, k.strength,
  e.epoch, json_extract(e.facts, '$.task') AS task, a.number AS attempt, a.tests_passed, v.channel, v.name AS vital, v.layer, v.tokens,
  v.mean_z, v.peak_z, v.last_z, a.tone_lexical, a.tone_model
FROM attempt_vital v JOIN attempt a ON a.episode_id = v.episode_id AND a.number = v.number JOIN episode e ON e.id = a.episode_id
  JOIN run_episode re ON re.episode_id = e.id JOIN cell c ON c.id = e.cell_id
  JOIN scenario s ON s.hash = c.scenario JOIN condition k ON k.key = c.condition;
`
