/**
 * What a scope adds to the tables of a run. Without a scope they stay empty.
 *
 * chosen        organizations and users that the selectors choose themselves
 * in_scope      organizations and users of whom the run speaks: the chosen ones and what belongs to them
 * out_of_scope  desired resources that belong to others; their secrets are left out
 * rejects_out   what was refused of others, and how many records that is
 */
export const SCOPE_TABLES = `
  CREATE TABLE chosen (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE in_scope (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE out_of_scope (kind TEXT NOT NULL, key TEXT NOT NULL, refs TEXT NOT NULL, attributes TEXT NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX out_of_scope_by_address ON out_of_scope (attributes ->> '$.email', key) WHERE kind = 'user';
  CREATE TABLE rejects_out (kind TEXT NOT NULL, key TEXT, records INTEGER NOT NULL) STRICT;
  CREATE INDEX rejects_out_by_key ON rejects_out (kind, key);
`
