import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { isObject, type JsonObject } from '../../../json.ts'
import { ROW_FILE, ROW_LINE } from '../../source.ts'
import type { SideRow } from './side-rows.ts'

/** What is joined to users: a stream each. */
export type SideStream = 'passwords' | 'mfa'

/** A row that finds no user, or finds one that has another row already. */
export interface Leftover {
  stream: SideStream
  file: number
  line: number
  code: 'no_such_user' | 'ambiguous_user' | 'second_row'
  /** Whom the row names: an id or an address. */
  user: string
}

/** What of a user counts for finding its rows. */
interface Account {
  user: string
  email: string | undefined
  verified: boolean
  /** Ids by which rows may name the user. */
  ids: string[]
  /** Connections, and whether they are databases; undefined: not known. */
  connections: { name: string | undefined; isDatabase: boolean }[]
}

const SCHEMA = `
  PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;
  CREATE TABLE side (
    id INTEGER PRIMARY KEY, stream TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, user TEXT, email TEXT,
    connection TEXT, data TEXT NOT NULL, owner TEXT, code TEXT, rank INTEGER,
    secret TEXT AS (coalesce(data ->> 'passwordHash', data ->> 'totp_secret'))
  );
  CREATE TABLE account (user TEXT PRIMARY KEY, email TEXT, verified INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE alias (id TEXT PRIMARY KEY, user TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE address (email TEXT NOT NULL, connection TEXT, is_database INTEGER NOT NULL, user TEXT NOT NULL);
`

/** A row's own user comes first, then one by a linked account, then one by address; within those the order of the files. */
const SETTLE = `
  CREATE INDEX address_by_email ON address (email);
  CREATE INDEX account_by_email ON account (email);
  UPDATE side SET owner = (SELECT alias.user FROM alias WHERE alias.id = side.user), rank = 1 WHERE user IS NOT NULL;
  UPDATE side SET rank = 0 WHERE owner = user;
  CREATE TEMP TABLE candidate AS
    SELECT DISTINCT side.id, address.user, address.is_database FROM side JOIN address ON address.email = side.email
    WHERE side.owner IS NULL AND (address.is_database OR side.stream = 'mfa')
      AND (side.connection IS NULL OR address.connection IS NULL OR address.connection = side.connection);
  CREATE INDEX temp.candidate_by_id ON candidate (id);
  UPDATE side SET rank = 2, owner = (SELECT max(user) FROM candidate WHERE id = side.id AND is_database)
    WHERE owner IS NULL AND 1 = (SELECT count(DISTINCT user) FROM candidate WHERE id = side.id AND is_database);
  UPDATE side SET rank = 2, owner = (SELECT max(user) FROM candidate WHERE id = side.id)
    WHERE owner IS NULL AND 1 = (SELECT count(DISTINCT user) FROM candidate WHERE id = side.id);
  UPDATE side SET code = CASE WHEN EXISTS (SELECT 1 FROM candidate WHERE id = side.id) THEN 'ambiguous_user' ELSE 'no_such_user' END
    WHERE owner IS NULL;
  DROP TABLE candidate;
  CREATE INDEX side_by_owner ON side (owner, stream, rank, id);
  UPDATE side SET code = 'second_row' WHERE owner IS NOT NULL AND secret <> (
    SELECT first.secret FROM side AS first WHERE first.owner = side.owner AND first.stream = side.stream
    ORDER BY first.rank, first.id LIMIT 1);
`

/** Finds the user of every row of side files, on disk, so that files of any size take the same memory. Load, settle, then take. */
export class SideTable {
  readonly #database: DatabaseSync
  readonly #insertRow: StatementSync
  readonly #insertAccount: StatementSync
  readonly #insertAlias: StatementSync
  readonly #insertAddress: StatementSync
  readonly #files: readonly string[]

  /**
   * @param folder a private folder that is removed after the run; the file in it is as private
   * @param files as written in the manifest; rows name them by index
   */
  constructor(folder: string, files: readonly string[]) {
    this.#files = files
    const path = join(folder, 'side-files.sqlite')
    closeSync(openSync(path, 'wx', 0o600))
    this.#database = new DatabaseSync(path)
    this.#database.exec(SCHEMA)
    const prepare = (sql: string) => this.#database.prepare(sql)
    this.#insertRow = prepare(
      'INSERT INTO side (stream, file, line, user, email, connection, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#insertAccount = prepare('INSERT OR IGNORE INTO account VALUES (?, ?, ?)')
    this.#insertAlias = prepare('INSERT OR IGNORE INTO alias VALUES (?, ?)')
    this.#insertAddress = prepare('INSERT INTO address VALUES (?, ?, ?, ?)')
  }

  addRows(stream: SideStream, file: number, rows: readonly { line: number; row: SideRow }[]): void {
    this.#database.exec('BEGIN')
    for (const { line, row } of rows) {
      const { user = null, email = null, connection = null, data } = row
      this.#insertRow.run(stream, file, line, user, email, connection, JSON.stringify(data))
    }
    this.#database.exec('COMMIT')
  }

  addUsers(users: readonly JsonObject[]): void {
    this.#database.exec('BEGIN')
    for (const { user, email, verified, ids, connections } of users.map(accountOf)) {
      this.#insertAccount.run(user, email ?? null, verified ? 1 : 0)
      for (const id of ids) this.#insertAlias.run(id, user)
      if (email === undefined) continue
      for (const { name, isDatabase } of connections) {
        this.#insertAddress.run(email, name ?? null, isDatabase ? 1 : 0, user)
      }
    }
    this.#database.exec('COMMIT')
  }

  /** Decides for every row whose it is. @returns those that are nobody's, in the order of the files */
  *settle(): Iterable<Leftover> {
    this.#database.exec(SETTLE)
    const rows = this.#database.prepare('SELECT * FROM side WHERE code IS NOT NULL ORDER BY id').iterate()
    for (const { stream, file, line, code, user, email } of rows) {
      yield {
        stream: stream === 'mfa' ? 'mfa' : 'passwords',
        file: Number(file),
        line: Number(line),
        code: code === 'no_such_user' || code === 'ambiguous_user' ? code : 'second_row',
        user: String(user ?? email),
      }
    }
  }

  /** Adds to each user its rows, and the other accounts with its address. */
  join(users: readonly JsonObject[]): void {
    const ids = JSON.stringify(users.map(({ user_id }) => user_id ?? null))
    const add = (position: unknown, list: string, row: JsonObject) => {
      const rows = users[Number(position)]?.[list]
      if (Array.isArray(rows)) rows.push(row)
    }
    for (const user of users) for (const list of ['passwords', 'mfa', 'same_email']) user[list] = []
    const rows = this.#database.prepare(
      `SELECT wanted.key AS position, side.stream, side.file, side.line, side.data FROM json_each(?) AS wanted
       CROSS JOIN side ON side.owner = wanted.value WHERE side.code IS NULL ORDER BY wanted.key, side.rank, side.id`,
    )
    for (const { position, stream, file, line, data } of rows.iterate(ids)) {
      const joined: JsonObject = JSON.parse(String(data))
      joined[ROW_FILE] = this.#files[Number(file)] ?? ''
      joined[ROW_LINE] = Number(line)
      add(position, String(stream), joined)
    }
    const others = this.#database.prepare(
      `SELECT wanted.key AS position, other.user, other.verified FROM json_each(?) AS wanted
       CROSS JOIN account AS own ON own.user = wanted.value
       CROSS JOIN account AS other ON other.email = own.email AND other.user <> own.user ORDER BY wanted.key, other.user`,
    )
    for (const { position, user, verified } of others.iterate(ids)) {
      add(position, 'same_email', { user_id: String(user), email_verified: verified === 1 })
    }
  }

  close(): void {
    this.#database.close()
  }
}

function accountOf(user: JsonObject): Account {
  const id = String(user.user_id)
  const email = typeof user.email === 'string' && user.email !== '' ? user.email.trim().toLowerCase() : undefined
  const identities = (Array.isArray(user.identities) ? user.identities : []).filter((item) => isObject(item))
  return {
    user: id,
    email,
    verified: user.email_verified === true,
    ids: [id, ...identities.map(({ provider, user_id }) => `${provider}|${user_id}`)],
    connections: identities.map(({ connection, provider }) => ({
      name: typeof connection === 'string' ? connection : undefined,
      isDatabase: provider === 'auth0',
    })),
  }
}
