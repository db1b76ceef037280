/**
 * All tables of a run that are read in more than one step, as SQL. They are made when the run's
 * database is opened; those of planning when
 * planning begins. Some of them serve one kind alone. What a single step needs for itself it makes
 * where it is needed.
 */

/**
 * The tables of one run. Nothing here outlives the command: no journal, no syncing to disk.
 *
 * drafts     what the mapping yielded, one row per resource and record (equal ones of a chunk are
 *            one row with a count); `rank` and `updated` order those of one user, `external` is the
 *            external id of one where it is not the key
 * repeats    the places of drafts that say what an earlier one says, which stands for them: see
 *            repeats.ts
 * repeated   the drafts that stand for others, and how many repeats and records of these are
 *            counted in theirs
 * several    resources of one kind, by their group, that have several drafts; where all of these
 *            say the same, the first of them and the records of all
 * grants     roles that a record gives in an organization that the record itself does not name, or
 *            wherever a user is a member
 * desired    the desired set: one row per resource, duplicates merged
 * aliases    keys that merged into another key
 * merges     each record that merged into another one with a different key, or that had a value
 *            which was not taken; `records` of it merged away, none of those that the others merged
 *            into
 * cases      named cases of duplicate users: the key of the one that stands for them, and how many
 *            records are concerned
 * rejects    the quarantine
 * notes      remarks on accepted resources, counted in the plan
 * lookalikes addresses of users that may have a double: those that are not ASCII, or whose domain
 *            is in Punycode
 * addresses  addresses of users whose records the mapping refused, by the number of the record
 * left_out   records that no rule took, in the order of `seq`, and rows that the source ignored,
 *            which have none
 * names      names of the source that expressions turned into keys and slugs, each with its first
 *            place
 * collided   slugs and keys that several of these names have become, by what they are of and where,
 *            with what is said of it
 */
export const SOURCE_TABLES = `
  CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE drafts (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, dedupe_group TEXT NOT NULL,
    refs TEXT NOT NULL, attributes TEXT NOT NULL, secrets TEXT, file INTEGER NOT NULL, line INTEGER,
    records INTEGER NOT NULL, rank TEXT, updated INTEGER, external TEXT
  ) STRICT;
  CREATE TABLE repeats (packed BLOB NOT NULL) STRICT;
  CREATE TABLE repeated (draft INTEGER PRIMARY KEY, repeats INTEGER NOT NULL, records INTEGER NOT NULL) STRICT;
  CREATE TABLE several (dedupe_group TEXT PRIMARY KEY, first INTEGER, drafts INTEGER NOT NULL, records INTEGER)
    WITHOUT ROWID, STRICT;
  CREATE TABLE grants (
    seq INTEGER NOT NULL, user TEXT NOT NULL, organization TEXT, scope TEXT NOT NULL, role TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER,
    email TEXT
  ) STRICT;
  CREATE TABLE desired (
    kind TEXT NOT NULL, key TEXT NOT NULL, refs TEXT NOT NULL, attributes TEXT NOT NULL, secrets TEXT,
    seq INTEGER NOT NULL, file INTEGER, line INTEGER, records INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE aliases (kind TEXT NOT NULL, key TEXT NOT NULL, canonical TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE merges (
    kind TEXT NOT NULL, key TEXT NOT NULL, merged TEXT NOT NULL, seq INTEGER NOT NULL, file INTEGER, line INTEGER,
    records INTEGER NOT NULL, conflicts TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cases (code TEXT NOT NULL, fate TEXT NOT NULL, key TEXT NOT NULL, records INTEGER NOT NULL) STRICT;
  CREATE TABLE rejects (
    kind TEXT NOT NULL, key TEXT, code TEXT NOT NULL, field TEXT, message TEXT NOT NULL, hint TEXT,
    seq INTEGER, file INTEGER NOT NULL, line INTEGER, refs TEXT NOT NULL, records INTEGER NOT NULL, email TEXT,
    would_be TEXT
  ) STRICT;
  CREATE TABLE notes (seq INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL)
    STRICT;
  CREATE TABLE lookalikes (form TEXT NOT NULL, email TEXT NOT NULL, key TEXT NOT NULL) STRICT;
  CREATE TABLE addresses (seq INTEGER NOT NULL, key TEXT NOT NULL, email TEXT NOT NULL) STRICT;
  CREATE TABLE left_out (seq INTEGER, stream TEXT NOT NULL, kind TEXT, key TEXT, path TEXT, file INTEGER NOT NULL, line INTEGER) STRICT;
  CREATE TABLE names (
    kind TEXT NOT NULL, derived TEXT NOT NULL, slug TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL,
    mapped INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER, PRIMARY KEY (kind, derived, scope, name)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE collided (kind TEXT NOT NULL, slug TEXT NOT NULL, place TEXT NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL,
    PRIMARY KEY (kind, slug, place)) WITHOUT ROWID, STRICT;
`

/**
 * What is left out with what it belongs to.
 *
 * left_out_keys  keys of what a condition left out, as far as they could be computed, with the path
 *                of the condition
 * left_out_with  what was left out because of one of them, or because of the user or organization
 *                of its own record
 */
export const LEFT_OUT_TABLES = `
  CREATE TABLE left_out_keys (kind TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE left_out_with (kind TEXT NOT NULL, key TEXT, path TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER, refs TEXT NOT NULL,
    records INTEGER NOT NULL) STRICT;
`

/**
 * What a scope adds to the tables of a run. Without a scope they stay empty.
 *
 * chosen        organizations and users that the selectors choose themselves
 * in_scope      organizations and users in scope: the chosen ones and what belongs to them
 * out_of_scope  desired resources that belong to others; their secrets are left out
 * rejects_out   what was refused of others, and how many records that is
 */
export const SCOPE_TABLES = `
  CREATE TABLE chosen (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE in_scope (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE out_of_scope (kind TEXT NOT NULL, key TEXT NOT NULL, refs TEXT NOT NULL, attributes TEXT NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE rejects_out (kind TEXT NOT NULL, key TEXT, records INTEGER NOT NULL) STRICT;
  CREATE INDEX rejects_out_by_key ON rejects_out (kind, key);
`

/** By what live resources are looked up besides their ids. */
export const LIVE_INDEXES = `
  CREATE INDEX live_by_external_id ON live (kind, external_id) WHERE external_id IS NOT NULL;
  CREATE INDEX live_by_natural_key ON live (kind, natural_key) WHERE natural_key IS NOT NULL;
`

/**
 * What planning adds to the run's database.
 *
 * known    a copy of the state, to compare in SQL; `unchanged`: whether the source surely has the
 *          same attributes or manages none, null for what is not desired
 * candidates  what planning has to look at
 * live     what WorkOS holds, as far as planning had to look
 * given_roles  roles that memberships have from groups, as far as planning had to look
 * claimed  identities of users that are to be created, where the source may have two of one
 * actions  the plan; `action` is null for creates that SQL decided about, and follows from what
 *          they create: see `actionText`
 * drift    differences that stay as they are
 * spared   what a deletion leaves alone, and why
 * beyond   resources of the state that are out of scope
 */
export const PLAN_TABLES = `
  CREATE TABLE known (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, attributes TEXT NOT NULL, digests TEXT NOT NULL,
    refs TEXT NOT NULL, ownership TEXT NOT NULL, reduced TEXT, answered TEXT, gone INTEGER, unchanged INTEGER, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE candidates (kind TEXT NOT NULL, key TEXT NOT NULL, secrets TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE live (kind TEXT NOT NULL, id TEXT NOT NULL, external_id TEXT, natural_key TEXT, attributes TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID, STRICT;
  ${LIVE_INDEXES}
  CREATE TABLE given_roles (membership TEXT NOT NULL, group_id TEXT NOT NULL, role TEXT NOT NULL, group_name TEXT NOT NULL,
    hides TEXT NOT NULL, PRIMARY KEY (membership, group_id, role)) WITHOUT ROWID, STRICT;
  CREATE TABLE claimed (kind TEXT NOT NULL, natural_key TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, natural_key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE actions (position INTEGER PRIMARY KEY, phase INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL,
    id TEXT, action TEXT, UNIQUE (kind, key)) STRICT;
  CREATE INDEX actions_by_id ON actions (kind, id) WHERE id IS NOT NULL;
  CREATE TABLE spared (kind TEXT NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE beyond (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS rejects_by_key ON rejects (kind, key);
  CREATE INDEX left_out_by_key ON left_out (kind, key);
  CREATE TABLE drift (kind TEXT NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, drift TEXT NOT NULL) STRICT;
  CREATE INDEX drift_by_key ON drift (kind, key);
`

/**
 * What verifying adds to the run's database, besides the tables of planning.
 *
 * matched   which live resource stands for which desired one
 * findings  what is not as it should be
 */
export const VERIFY_TABLES = `
  CREATE TABLE matched (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  CREATE UNIQUE INDEX matched_by_id ON matched (kind, id);
  CREATE TABLE findings (position INTEGER PRIMARY KEY, type TEXT NOT NULL, finding TEXT NOT NULL) STRICT;
`
