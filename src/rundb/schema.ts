/**
 * The SQL of all tables that more than one step of a run reads. They are created with the run's
 * database, those of planning when planning begins. Some serve a single kind. Steps create their
 * own temporary tables themselves.
 */

/**
 * The tables of one run. They are deleted with the command: no journal, no sync to disk.
 *
 * drafts     results of the mapping, one row per resource and record (equal ones of a chunk share a
 *            row with a count); `rank` and `updated` order those of one user, `external` is its
 *            external ID if it is not the key
 * repeats    places of drafts that are equal to an earlier one, which represents them: see
 *            repeats.ts
 * repeated   drafts that represent others, with the number of their repeats and records
 * several    resources of one kind with several drafts, by group; if all of these are equal, the
 *            first of them and the number of records
 * grants     roles that a record assigns in an organization that it does not name itself, or in all
 *            organizations of a user
 * loose      kinds and roles with a reference that might lead nowhere: see loose.ts
 * traits     rare features that some resource of a kind has: see traits.ts
 * largest    the size of the largest draft of a kind
 * desired    the desired set: one row per resource, duplicates merged
 * aliases    keys that merged into another key
 * merges     records that merged into a different key, or that lost a value; `records` is the
 *            number that merged away, 0 for the record that the others merged into
 * cases      named cases of duplicate users: the remaining key, and the number of records
 * rejects    rejected records and resources
 * notes      notes on accepted resources, counted in the plan
 * lookalikes email addresses of users that might have a double: not ASCII, or Punycode domains
 * addresses  email addresses of users whose records the mapping rejected, by position of the record
 * left_out   records that no rule used, in the order of `seq`, and rows that the source ignored,
 *            without a `seq`
 * names      names of the source from which expressions made keys and slugs, with the first place
 * collided   slugs and keys of several of these names, by kind and place, with the message
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
  CREATE TABLE loose (kind TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (kind, role)) WITHOUT ROWID, STRICT;
  CREATE TABLE traits (kind TEXT NOT NULL, trait TEXT NOT NULL, PRIMARY KEY (kind, trait)) WITHOUT ROWID, STRICT;
  CREATE TABLE largest (kind TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID, STRICT;
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
 * Resources that are left out with what they belong to.
 *
 * left_out_keys  keys that a condition left out, if they could be computed, with the path of the
 *                condition
 * left_out_with  what was left out because of one of them, or because of the user or organization
 *                of its own record
 */
export const LEFT_OUT_TABLES = `
  CREATE TABLE left_out_keys (kind TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE left_out_with (kind TEXT NOT NULL, key TEXT, path TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER, refs TEXT NOT NULL,
    records INTEGER NOT NULL) STRICT;
`

/**
 * The tables of a scope. Without a scope they are empty.
 *
 * chosen        organizations and users that the selectors choose
 * in_scope      the chosen organizations and users, and what belongs to them
 * out_of_scope  desired resources of others, without their secrets
 * rejects_out   rejects of others, with their number of records
 */
export const SCOPE_TABLES = `
  CREATE TABLE chosen (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE in_scope (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE out_of_scope (kind TEXT NOT NULL, key TEXT NOT NULL, refs TEXT NOT NULL, attributes TEXT NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE rejects_out (kind TEXT NOT NULL, key TEXT, records INTEGER NOT NULL) STRICT;
  CREATE INDEX rejects_out_by_key ON rejects_out (kind, key);
`

/** The table with a copy of the state: see PLAN_TABLES. */
export const KNOWN_TABLE = `
  CREATE TABLE known (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, attributes TEXT NOT NULL, digests TEXT NOT NULL,
    refs TEXT NOT NULL, ownership TEXT NOT NULL CHECK (ownership IN ('created', 'adopted')), run INTEGER NOT NULL, reduced TEXT,
    answered TEXT, gone INTEGER, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX known_by_id ON known (kind, id);
`

/** The table of live resources: see PLAN_TABLES. */
export const LIVE_TABLE = `
  CREATE TABLE live (kind TEXT NOT NULL, id TEXT NOT NULL, external_id TEXT, natural_key TEXT, attributes TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID, STRICT;
`

/** Its indexes, in addition to IDs. @param schema the database with the table */
export const liveIndexes = (schema: 'main' | 'ahead') => `
  CREATE INDEX ${schema}.live_by_external_id ON live (kind, external_id) WHERE external_id IS NOT NULL;
  CREATE INDEX ${schema}.live_by_natural_key ON live (kind, natural_key) WHERE natural_key IS NOT NULL;
`

/**
 * The tables of planning.
 *
 * known        a copy of the state, to compare in SQL; with the columns, the check and the index of
 *              the state's own file, so that SQLite copies rows as bytes
 * apart        resources of the state that are no longer desired, or (`desired` 1) whose desired
 *              attributes are perhaps others
 * candidates   what planning must look at
 * live         what is in WorkOS, as far as planning has read it
 * given_roles  roles that memberships have from groups, as far as planning has read them
 * claimed      identities of new users, if two users of the source might share one
 * actions      the plan; `action` is null for creates that SQL decided about: see `actionText`
 * decided_actions  a view of the actions that code decided about, which are all of those on
 *              resources of the state
 * drift        differences that stay
 * spared       what a deletion skips, and why
 * beyond       resources of the state that are out of scope
 */
export const PLAN_TABLES = `
  ${KNOWN_TABLE}
  CREATE TABLE apart (kind TEXT NOT NULL, key TEXT NOT NULL, desired INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE candidates (kind TEXT NOT NULL, key TEXT NOT NULL, secrets TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  ${LIVE_TABLE} ${liveIndexes('main')}
  CREATE TABLE given_roles (membership TEXT NOT NULL, group_id TEXT NOT NULL, role TEXT NOT NULL, group_name TEXT NOT NULL,
    hides TEXT NOT NULL, PRIMARY KEY (membership, group_id, role)) WITHOUT ROWID, STRICT;
  CREATE TABLE claimed (kind TEXT NOT NULL, natural_key TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, natural_key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE actions (position INTEGER PRIMARY KEY, phase INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL,
    id TEXT, action TEXT, UNIQUE (kind, key)) STRICT;
  CREATE INDEX actions_by_type ON actions (kind, type, position) WHERE action IS NOT NULL;
  CREATE INDEX actions_by_id ON actions (kind, id) WHERE id IS NOT NULL;
  CREATE VIEW decided_actions AS SELECT * FROM actions WHERE action IS NOT NULL;
  CREATE TABLE spared (kind TEXT NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE beyond (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS rejects_by_key ON rejects (kind, key);
  CREATE INDEX left_out_by_key ON left_out (kind, key);
  CREATE TABLE drift (kind TEXT NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, drift TEXT NOT NULL) STRICT;
  CREATE INDEX drift_by_key ON drift (kind, key);
`

/**
 * The tables of verifying, in addition to those of planning.
 *
 * unlike    desired resources that differ from the state, and resources of the state that differ in
 *           WorkOS; complete for some kinds: see plain-match.ts
 * matched   which live resource matches which desired one; each one at most once; for the kinds of
 *           matchesOf, the state says it
 * unmatched desired resources that matchPlain did not match
 * findings  deviations
 */
export const VERIFY_TABLES = `
  CREATE TABLE unlike (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE matched (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID, STRICT;
  CREATE TABLE unmatched (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT;
  CREATE TABLE findings (position INTEGER PRIMARY KEY, type TEXT NOT NULL, finding TEXT NOT NULL) STRICT;
`
