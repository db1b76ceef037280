/**
 * The numbered steps of the state's schema. A step, once published, is never edited: changes are new steps.
 * `PRAGMA user_version` holds the number of steps taken.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

  CREATE TABLE resources (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    ownership TEXT NOT NULL CHECK (ownership IN ('created', 'adopted')),
    run INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX resources_by_id ON resources (kind, id);

  CREATE TABLE intents (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    started_at TEXT NOT NULL,
    attributes TEXT NOT NULL,
    digests TEXT NOT NULL,
    refs TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;

  CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    outcome TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    manifest_digest TEXT NOT NULL,
    counts TEXT NOT NULL
  ) STRICT;

  CREATE TABLE failures (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (run, kind, key)
  ) WITHOUT ROWID, STRICT;
  `,
  `
  CREATE TABLE rejects (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT,
    code TEXT NOT NULL,
    field TEXT,
    message TEXT NOT NULL,
    hint TEXT,
    origin TEXT NOT NULL,
    records INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX rejects_by_run ON rejects (run, id);
  `,
  `
  ALTER TABLE resources ADD COLUMN reduced TEXT;
  `,
  `
  ALTER TABLE resources ADD COLUMN answered TEXT;
  ALTER TABLE resources ADD COLUMN gone INTEGER;
  `,
  `
  ALTER TABLE runs ADD COLUMN source TEXT;
  `,
]

/** Marks a SQLite file as ours (`PRAGMA application_id`): the letters "WMst". */
export const APPLICATION_ID = 0x57_4d_73_74
