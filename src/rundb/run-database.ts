import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { createPrivateFile } from '../files/regular-file.ts'
import { openThrowaway, type Parameter, type Row, Statements } from '../sqlite/open.ts'
import { LEFT_OUT_TABLES } from './left-out-tables.ts'
import { SCOPE_TABLES } from './scope-tables.ts'

/**
 * The tables of one run. Nothing here outlives the command: no journal, no syncing to disk.
 *
 * drafts     what the mapping yielded, one row per resource and record (equal ones of a chunk are one row with a count); `rank` and
 *            `updated` order those of one user, `external` is the external id of one where it is not the key
 * grants     roles that a record gives in an organization that the record itself does not name, or wherever a user is a member
 * desired    the desired set: one row per resource, duplicates merged
 * aliases    keys that merged into another key
 * merges     each record that merged into another one with a different key, or that had a value which was not taken; `records` of it
 *            merged away, none of those that the others merged into
 * cases      named cases of duplicate users: the key of the one that stands for them, and how many records are concerned
 * rejects    the quarantine
 * notes      remarks on accepted resources, counted in the plan
 * lookalikes addresses of users that may have a double: those that are not ASCII, or whose domain is in Punycode
 * addresses  addresses of users whose records the mapping refused, by the number of the record
 * left_out   records that no rule took, in the order of `seq`, and rows that the source ignored, which have none
 * names      names of the source that expressions turned into keys and slugs, each with its first place
 */
const SCHEMA = `
  CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE drafts (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, dedupe_group TEXT NOT NULL,
    refs TEXT NOT NULL, attributes TEXT NOT NULL, secrets TEXT, file INTEGER NOT NULL, line INTEGER,
    records INTEGER NOT NULL, rank TEXT, updated INTEGER, external TEXT
  ) STRICT;
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
    seq INTEGER, file INTEGER NOT NULL, line INTEGER, refs TEXT NOT NULL, records INTEGER NOT NULL
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
`

/** Pages kept in memory, KiB: bounds the memory of a run whatever the number of users. */
const CACHE_KIB = 64 * 1024

/** The staging database of one run: a thin hold on SQLite that keeps its prepared statements. */
export class RunDatabase {
  readonly db: DatabaseSync
  readonly #statements: Statements
  readonly #files = new Map<string, number>()
  #spools = 0

  /** @param folder the run's scratch folder, or undefined for one in memory */
  constructor(folder: string | undefined) {
    const path = folder === undefined ? ':memory:' : join(folder, 'run.sqlite')
    if (folder !== undefined) createPrivateFile(path)
    this.db = openThrowaway(path, { cacheKiB: CACHE_KIB, ...(folder !== undefined && { temporary: folder }) })
    this.#statements = new Statements(this.db)
    this.db.exec(`${SCHEMA} ${LEFT_OUT_TABLES} ${SCOPE_TABLES}`)
  }

  /** A prepared statement, made once per text. Not for two iterations at the same time. */
  statement(sql: string): StatementSync {
    return this.#statements.prepare(sql)
  }

  run(sql: string, ...parameters: Parameter[]): number {
    return Number(this.statement(sql).run(...parameters).changes)
  }

  /** One number: the first column of the first row, 0 where that is null. */
  count(sql: string, ...parameters: Parameter[]): number {
    const row = this.statement(sql).get(...parameters)
    return row === undefined ? 0 : Number(Object.values(row)[0] ?? 0)
  }

  /** The rows of a query as they are now, in its order, held on disk: the tables it reads may be changed while they are gone through. */
  *spool(sql: string, ...parameters: Parameter[]): Generator<Row> {
    const table = `spool_${++this.#spools}`
    this.db.prepare(`CREATE TEMP TABLE ${table} AS ${sql}`).run(...parameters)
    try {
      yield* this.db.prepare(`SELECT * FROM ${table} ORDER BY rowid`).iterate()
    } finally {
      // Emptied, not dropped: SQLite drops no table while another one of the database is being read.
      this.db.exec(`DELETE FROM ${table}`)
    }
  }

  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN')
    const result = work()
    this.db.exec('COMMIT')
    return result
  }

  /** The number that stands for a file name. */
  fileId(name: string): number {
    let id = this.#files.get(name)
    if (id === undefined) {
      id = Number(this.statement('INSERT INTO files (name) VALUES (?)').run(name).lastInsertRowid)
      this.#files.set(name, id)
    }
    return id
  }

  close(): void {
    this.db.close()
  }
}
