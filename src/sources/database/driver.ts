/**
 * The interface of a database driver. In: the options of the source. Out: a session, which is one
 * read-only transaction at one moment, and the SQL that differs between databases. `postgres/` and
 * `mysql/` implement it; everything they share is in this folder.
 */

import type { JsonObject } from '../../json.ts'
import type { Asking, CaptureContext } from '../source.ts'

/** Where a database is. */
export interface Connecting {
  url: string
  /** Absolute path of a certificate file. */
  ca: string | undefined
  /** Limit for one statement, in milliseconds. */
  statementTimeout: number
}

/** `warn` reports values that a record cannot contain unchanged. */
export type SessionContext = Pick<Asking, 'signal'> & Partial<Pick<CaptureContext, 'warn'>>

/** The stream that a statement reads, for messages. */
export interface Asked {
  /** The stream in the manifest: `source.streams.users`. */
  path: string
  /** As written in the manifest; undefined for a query. */
  table: string | undefined
  /** The name in messages: the table, or the name of the stream. */
  place: string
}

export interface Column {
  name: string
  /** For messages. */
  type: string
  /** Whether updatedSince can be compared with it. */
  isTime: boolean
  /**
   * The expression to select, with the column's name as its alias. Undefined: the column itself.
   * Set when the plain column would lose information.
   */
  read?: string
  /**
   * The expressions to order by, so that equal values are adjacent. Undefined: the column itself.
   */
  order?: readonly string[]
}

/** The SQL that differs between databases. */
export interface Dialect {
  /** A quoted name. */
  name(name: string): string
  /** A quoted table name, with its schema if the manifest has one. */
  table(written: string): string
  /** A value as text, for comparing values of different types. */
  text(expression: string): string
  /** A literal for a time in ISO 8601, UTC. */
  moment(iso: string): string
}

/**
 * One read-only transaction at one moment. Every method throws an OperatorError with a cause and a
 * remedy.
 */
export interface Session {
  /** The columns of a statement, without running it. */
  columns(statement: string, asked: Asked): Promise<Column[]>
  /** The single number that a statement returns. */
  count(statement: string, asked: Asked): Promise<number>
  /** The rows of a statement in batches, fetched on demand. */
  rows(statement: string, columns: readonly Column[], asked: Asked): AsyncIterable<JsonObject[]>
  close(): Promise<void>
}

export interface Driver {
  type: 'postgres' | 'mysql'
  dialect: Dialect
  /**
   * The database that a URL names: host, port and name, without the user.
   * @throws ManifestError for a URL that names no database, or for an unsafe connection
   */
  address(url: string): JsonObject
  /** @throws CredentialsError, SourceError, ManifestError */
  connect(options: Connecting, context: SessionContext): Promise<Session>
}
