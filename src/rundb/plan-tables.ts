import type { RunDatabase } from './run-database.ts'

/**
 * What planning adds to the run's database.
 *
 * known    a copy of the state, to compare in SQL
 * candidates  what planning has to look at
 * live     what WorkOS holds, as far as planning had to look
 * given_roles  roles that memberships have from groups, as far as planning had to look
 * claimed  identities of users that are to be created, where the source may have two of one
 * actions  the plan
 * drift    differences that stay as they are
 * spared   what a deletion leaves alone, and why
 * beyond   what of the state belongs to others than those of whom the plan speaks
 */
const SCHEMA = `
  CREATE TABLE known (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, attributes TEXT NOT NULL, digests TEXT NOT NULL,
    refs TEXT NOT NULL, ownership TEXT NOT NULL, reduced TEXT, answered TEXT, gone INTEGER, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX known_by_id ON known (kind, id);
  CREATE TABLE candidates (kind TEXT NOT NULL, key TEXT NOT NULL, secrets TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE live (kind TEXT NOT NULL, id TEXT NOT NULL, external_id TEXT, natural_key TEXT, attributes TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID, STRICT;
  CREATE INDEX live_by_external_id ON live (kind, external_id) WHERE external_id IS NOT NULL;
  CREATE INDEX live_by_natural_key ON live (kind, natural_key) WHERE natural_key IS NOT NULL;
  CREATE TABLE given_roles (membership TEXT NOT NULL, group_id TEXT NOT NULL, role TEXT NOT NULL, group_name TEXT NOT NULL,
    hides TEXT NOT NULL, PRIMARY KEY (membership, group_id, role)) WITHOUT ROWID, STRICT;
  CREATE TABLE claimed (kind TEXT NOT NULL, natural_key TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, natural_key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE actions (position INTEGER PRIMARY KEY, phase INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL,
    id TEXT, action TEXT NOT NULL, UNIQUE (kind, key)) STRICT;
  CREATE INDEX actions_by_id ON actions (kind, id) WHERE id IS NOT NULL;
  CREATE TABLE spared (kind TEXT NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE beyond (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS rejects_by_key ON rejects (kind, key);
  CREATE INDEX left_out_by_key ON left_out (kind, key);
  CREATE TABLE drift (kind TEXT NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, drift TEXT NOT NULL) STRICT;
  CREATE INDEX drift_by_key ON drift (kind, key);
`

export function createPlanTables(rundb: RunDatabase): void {
  rundb.db.exec(SCHEMA)
}
