/**
 * Finds the user of each row of passwords and MFA secrets. In: the rows, and the IDs, addresses and
 * connections of the users. Out: at most one row of each file per user, and the rows without a
 * user. A JoinTable cannot do this: IDs, linked accounts and addresses have ranks, connections
 * limit them, and a row is clear only once all users are loaded.
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { addressForm } from '../../../addresses.ts'
import { openThrowawayIn, throwawayPath } from '../../../files/scratch.ts'
import { isObject, type Json, type JsonObject } from '../../../json.ts'
import { parseJsonText } from '../../../json-text.ts'
import { openUnchanging } from '../../../sqlite/open.ts'
import { ROW_FILE, ROW_LINE, type SideRowsOnDisk } from '../../source.ts'

export type SideStream = 'passwords' | 'mfa'

/** A row without a user, or with a user that has another row already. */
export interface Leftover {
  stream: SideStream
  file: number
  line: number
  code: (typeof CODES)[number]
  /** The ID or address in the row. */
  user: string
}

/**
 * No user; several users with the ID or address; several rows for one user by address only; a
 * second row.
 */
const CODES = ['no_such_user', 'ambiguous_user', 'ambiguous_row', 'second_row'] as const

/** The values of a user that rows can refer to. */
interface Account {
  user: string
  email: string | undefined
  verified: boolean
  /** IDs that rows can refer to, each with its connection, if known. */
  ids: { id: string; connection: string | undefined }[]
  /** `name`: undefined if not known. */
  connections: { name: string | undefined; isDatabase: boolean }[]
}

const SCHEMA = `
  CREATE TABLE side (
    id INTEGER PRIMARY KEY, stream TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, user TEXT, email TEXT,
    connection TEXT, data TEXT NOT NULL, owner TEXT, code TEXT, rank INTEGER,
    secret TEXT AS (coalesce(data ->> 'passwordHash', data ->> 'totp_secret'))
  );
  CREATE TABLE account (user TEXT PRIMARY KEY, email TEXT, verified INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE alias (id TEXT NOT NULL, user TEXT NOT NULL, connection TEXT);
  CREATE TABLE address (email TEXT NOT NULL, connection TEXT, is_database INTEGER NOT NULL, user TEXT NOT NULL);
`

/**
 * A row matches by user ID first, then by linked account, then by address; within a rank, in the
 * order of the files. If several users have the ID, the one with the row's connection counts. An
 * address counts only if the user has the row's connection, or if a row of an MFA secret has
 * neither an ID nor a connection. It must belong to one user, and its rows must agree.
 */
const RESOLVE_USERS = `
  CREATE INDEX alias_by_id ON alias (id);
  CREATE INDEX address_by_email ON address (email);
  CREATE INDEX account_by_email ON account (email);
  CREATE TEMP TABLE named AS
    SELECT side.id, alias.user, max(2 * (side.connection IS NOT NULL AND alias.connection IS side.connection) + (alias.user = side.user)) AS score
    FROM side JOIN alias ON alias.id = side.user GROUP BY side.id, alias.user;
  CREATE INDEX temp.named_by_id ON named (id, score);
  CREATE TEMP TABLE best AS
    SELECT id, count(*) AS users, max(user) AS user FROM named
    WHERE score = (SELECT max(score) FROM named AS other WHERE other.id = named.id) GROUP BY id;
  CREATE INDEX temp.best_by_id ON best (id);
  UPDATE side SET code = 'ambiguous_user' WHERE id IN (SELECT id FROM best WHERE users > 1);
  UPDATE side SET owner = (SELECT best.user FROM best WHERE best.id = side.id) WHERE code IS NULL;
  UPDATE side SET rank = iif(owner = user, 0, 1) WHERE owner IS NOT NULL;
  CREATE TEMP TABLE candidate AS
    SELECT DISTINCT side.id, side.stream, side.secret, address.user FROM side JOIN address ON address.email = side.email
    WHERE side.owner IS NULL AND side.code IS NULL AND (address.is_database OR side.stream = 'mfa')
      AND iif(side.connection IS NULL, side.user IS NULL AND side.stream = 'mfa', address.connection = side.connection);
  CREATE INDEX temp.candidate_by_id ON candidate (id);
  CREATE INDEX temp.candidate_by_user ON candidate (user, stream);
  UPDATE side SET code = CASE (SELECT count(*) FROM candidate WHERE candidate.id = side.id)
      WHEN 0 THEN 'no_such_user'
      WHEN 1 THEN (SELECT 'ambiguous_row' FROM candidate AS own JOIN candidate AS other USING (user, stream)
        WHERE own.id = side.id AND other.secret <> own.secret LIMIT 1)
      ELSE 'ambiguous_user' END
    WHERE owner IS NULL AND code IS NULL;
  UPDATE side SET rank = 2, owner = (SELECT user FROM candidate WHERE candidate.id = side.id) WHERE owner IS NULL AND code IS NULL;
  DROP TABLE named; DROP TABLE best; DROP TABLE candidate;
  CREATE INDEX side_by_owner ON side (owner, stream, rank, id);
  UPDATE side SET code = 'second_row' WHERE owner IS NOT NULL AND secret <> (
    SELECT first.secret FROM side AS first WHERE first.owner = side.owner AND first.stream = side.stream
    ORDER BY first.rank, first.id LIMIT 1);
`

/**
 * Finds the user of every row of side files. Works on disk, so that memory does not depend on the
 * size of the files. Add rows and users, resolve the users, then join.
 */
export class SideTable {
  readonly #database: DatabaseSync
  readonly #insertRow: StatementSync
  readonly #insertAccount: StatementSync
  readonly #insertAlias: StatementSync
  readonly #insertAddress: StatementSync
  readonly #files: readonly string[]
  readonly #path: string
  #rows: SideRows | undefined

  /**
   * @param folder a private folder that is removed after the run
   * @param files as written in the manifest; rows refer to them by index
   */
  constructor(folder: string, files: readonly string[]) {
    this.#files = files
    this.#path = throwawayPath(folder, 'side-files')
    this.#database = openThrowawayIn(folder, 'side-files')
    this.#database.exec(SCHEMA)
    const prepare = (sql: string) => this.#database.prepare(sql)
    this.#insertRow = prepare(
      'INSERT INTO side (stream, file, line, user, email, connection, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#insertAccount = prepare('INSERT OR IGNORE INTO account VALUES (?, ?, ?)')
    this.#insertAlias = prepare('INSERT INTO alias VALUES (?, ?, ?)')
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
      for (const { id, connection } of ids) this.#insertAlias.run(id, user, connection ?? null)
      if (email === undefined) continue
      for (const { name, isDatabase } of connections) {
        this.#insertAddress.run(email, name ?? null, isDatabase ? 1 : 0, user)
      }
    }
    this.#database.exec('COMMIT')
  }

  /** Finds the user of every row. @returns the rows without a user, in the order of the files */
  *resolveUsers(): Iterable<Leftover> {
    this.#database.exec(RESOLVE_USERS)
    const rows = this.#database.prepare('SELECT * FROM side WHERE code IS NOT NULL ORDER BY id').iterate()
    for (const { stream, file, line, code, user, email } of rows) {
      yield {
        stream: stream === 'mfa' ? 'mfa' : 'passwords',
        file: Number(file),
        line: Number(line),
        code: CODES.find((known) => known === code) ?? 'second_row',
        user: String(user ?? email),
      }
    }
  }

  /** Only after `resolveUsers`. */
  get rows(): SideRows {
    this.#rows ??= new SideRows({ path: this.#path, files: this.#files }, this.#database)
    return this.#rows
  }

  close(): void {
    this.#database.close()
  }
}

/** The rows of side files with their users, for any thread. */
export class SideRows {
  readonly table: SideRowsOnDisk
  readonly #database: DatabaseSync
  readonly #selectRows: StatementSync
  readonly #selectOthers: StatementSync

  constructor(table: SideRowsOnDisk, database: DatabaseSync) {
    this.table = table
    this.#database = database
    this.#selectRows = database.prepare(
      `SELECT wanted.key AS position, side.stream, side.file, side.line, side.data FROM json_each(?) AS wanted
       CROSS JOIN side ON side.owner = wanted.value WHERE side.code IS NULL ORDER BY wanted.key, side.rank, side.id`,
    )
    this.#selectOthers = database.prepare(
      `SELECT wanted.key AS position, other.user, other.verified FROM json_each(?) AS wanted
       CROSS JOIN account AS own ON own.user = wanted.value
       CROSS JOIN account AS other ON other.email = own.email AND other.user <> own.user ORDER BY wanted.key, other.user`,
    )
  }

  /** Opens a table that another thread has resolved. */
  static open(table: SideRowsOnDisk): SideRows {
    return new SideRows(table, openUnchanging(table.path))
  }

  /** Adds to each user its rows and the other accounts with its address. */
  join(users: readonly JsonObject[]): void {
    const ids = JSON.stringify(users.map(({ user_id }) => user_id ?? null))
    const add = (position: unknown, list: string, row: JsonObject) => {
      const rows = users[Number(position)]?.[list]
      if (Array.isArray(rows)) rows.push(row)
    }
    joinNothing(users)
    for (const { position, stream, file, line, data } of this.#selectRows.iterate(ids)) {
      const joined: JsonObject = JSON.parse(String(data))
      joined[ROW_FILE] = this.table.files[Number(file)] ?? ''
      joined[ROW_LINE] = Number(line)
      add(position, String(stream), joined)
    }
    for (const { position, user, verified } of this.#selectOthers.iterate(ids)) {
      add(position, 'same_email', { user_id: String(user), email_verified: verified === 1 })
    }
  }

  close(): void {
    this.#database.close()
  }
}

/** Adds to each user the empty lists that it has without side files. */
export function joinNothing(users: readonly JsonObject[]): void {
  for (const user of users) {
    user.passwords = []
    user.mfa = []
    user.same_email = []
  }
}

function accountOf(user: JsonObject): Account {
  const id = String(user.user_id)
  const email = typeof user.email === 'string' && user.email !== '' ? addressForm(user.email) : undefined
  const identities = (Array.isArray(user.identities) ? user.identities : [])
    .filter((item) => isObject(item))
    .map(({ provider, user_id, connection }) => ({
      id: `${provider}|${user_id}`,
      connection: typeof connection === 'string' ? connection : undefined,
      isDatabase: provider === 'auth0',
    }))
  return {
    user: id,
    email,
    verified: user.email_verified === true,
    ids: [{ id, connection: undefined }, ...identities],
    connections: identities.map(({ connection, isDatabase }) => ({ name: connection, isDatabase })),
  }
}

/** A row of a user, identified by ID or by address and connection. */
export interface SideRow {
  /** The user's ID, if the row has one. */
  user: string | undefined
  /** The address in the form for comparison; undefined with `alt_id`, where it does not count. */
  email: string | undefined
  connection: string | undefined
  /** The row for the mapping. */
  data: JsonObject
}

export type SideResult = { ok: true; row: SideRow } | { ok: false; code: string; message: string; hint: string }

const NO_USER = {
  ok: false,
  code: 'missing_key',
  message: 'the row does not name a user',
  hint: 'add alt_id, user_id, _id or email to the row',
} as const

/**
 * A line of the password hashes from Auth0's support, or of a file made from them. `_id` is
 * `{ $oid }` or text, with or without `auth0|`; `alt_id` can replace it.
 */
export function passwordRow(data: JsonObject): SideResult {
  const hash = text(data.passwordHash ?? data.password_hash)
  const owner = ownerOf(data)
  if (owner === undefined) return NO_USER
  if (hash === undefined) {
    return {
      ok: false,
      code: 'no_password_hash',
      message: 'the row has no password hash',
      hint: 'add passwordHash (or password_hash) to the row',
    }
  }
  const set_at = isObject(data.password_set_date) ? data.password_set_date.$date : data.password_set_date
  const row: JsonObject = { passwordHash: hash }
  if (owner.connection !== undefined) row.connection = owner.connection
  if (typeof set_at === 'string') row.set_at = set_at
  return { ok: true, row: { ...owner, data: row } }
}

/**
 * A line of a file of MFA secrets, with an ID or an address. The secret is in `totp_secret`,
 * `secret`, or `mfa_factors`: `[{ totp: { secret } }]` or `[{ type: "totp", secret }]`. Keeps the
 * issuer and the account, if present.
 */
export function mfaRow(data: JsonObject): SideResult {
  const owner = ownerOf(data)
  if (owner === undefined) return NO_USER
  const factor = factorIn(data.mfa_factors)
  const secret = text(data.totp_secret ?? data.totpSecret ?? data.secret) ?? text(factor.secret)
  if (secret === undefined) {
    return {
      ok: false,
      code: 'no_totp_secret',
      message: 'the row has no TOTP secret',
      hint: 'add totp_secret, secret, or mfa_factors with secret or totp.secret; other factors cannot be migrated',
    }
  }
  const row: JsonObject = { totp_secret: secret }
  const issuer = text(data.totp_issuer ?? data.issuer ?? factor.totp_issuer ?? factor.issuer)
  const account = text(data.totp_user ?? factor.totp_user ?? factor.user)
  if (issuer !== undefined) row.totp_issuer = issuer
  if (account !== undefined) row.totp_user = account
  return { ok: true, row: { ...owner, data: row } }
}

/** Types of factors that are authenticator apps. */
const APP = /^(totp|otp|authenticator|google-authenticator)$/i

/** The first authenticator app among the factors. */
function factorIn(factors: Json | undefined): JsonObject {
  for (const factor of listIn(factors)) {
    if (!isObject(factor)) continue
    const { totp, type = 'totp', ...own } = factor as JsonObject
    if (isObject(totp) && text(totp.secret) !== undefined) return { ...own, ...(totp as JsonObject) }
    if (APP.test(String(type)) && text(own.secret) !== undefined) return own
  }
  return {}
}

/**
 * `alt_id` is the ID of an imported user (`auth0|<alt_id>`). With it, neither `_id` nor the address
 * identifies the user: `_id` is internal to Auth0, and the address can belong to another user now.
 */
function ownerOf(data: JsonObject): Pick<SideRow, 'user' | 'email' | 'connection'> | undefined {
  const connection = text(data.connection)
  const own = text(data.alt_id)
  if (own === undefined && !isBlank(data.alt_id)) return undefined
  if (own !== undefined) {
    return { user: own.startsWith(PREFIX) ? own : `${PREFIX}${own}`, email: undefined, connection }
  }
  const id = data.user_id ?? data._id ?? data._ID ?? data.id
  const plain = text(isObject(id) ? (id.$oid ?? id.oid) : (id ?? data.$oid))
  const user = plain === undefined || plain.includes('|') ? plain : `${PREFIX}${plain}`
  const email = addressIn(data)
  if (user === undefined && email === undefined) return undefined
  return { user, email, connection }
}

const PREFIX = 'auth0|'

/**
 * The address in `email` or `identifiers`: `[{ type: "email", value }]`; undefined if there are two
 * different ones.
 */
function addressIn(data: JsonObject): string | undefined {
  const found = [data.email, ...listIn(data.identifiers).flatMap(addressOf)].flatMap((value) => {
    const address = text(value)
    return address === undefined ? [] : [addressForm(address)]
  })
  const [address, another] = new Set(found)
  return another === undefined ? address : undefined
}

/** In CSV, a cell contains the list as JSON text. */
function listIn(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value
  const parsed = typeof value === 'string' ? parseJsonText(value) : undefined
  return parsed?.ok && Array.isArray(parsed.value) ? parsed.value : []
}

function addressOf(identifier: Json): Json[] {
  if (!isObject(identifier)) return isAddress(identifier) ? [identifier] : []
  const { type, value, email } = identifier as JsonObject
  if (type !== undefined && type !== 'email') return []
  return [value, email].flatMap((one) => (one !== undefined && isAddress(one) ? [one] : []))
}

function isAddress(value: Json): boolean {
  return typeof value === 'string' && value.includes('@')
}

function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
