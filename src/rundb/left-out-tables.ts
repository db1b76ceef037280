/**
 * What is left out with what it belongs to.
 *
 * left_out_keys  keys of what a condition left out, as far as they could be computed, with the path of the condition
 * left_out_with  what was left out because of one of them, or because of the user or organization of its own record
 */
export const LEFT_OUT_TABLES = `
  CREATE TABLE left_out_keys (kind TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE left_out_with (kind TEXT NOT NULL, key TEXT, path TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER, refs TEXT NOT NULL,
    records INTEGER NOT NULL) STRICT;
`
