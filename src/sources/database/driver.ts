/**
 * What a database has to bring along to be a source. In: the options of the source. Out: a session,
 * which is one read-only transaction at one moment, and the few words in which its SQL differs.
 * `postgres/` and `mysql/` have one each; everything else is the same, and here.
 */

import type { JsonObject } from '../../json.ts'
import type { Asking, CaptureContext } from '../source.ts'

/** Where a database is. */
export interface Connecting {
  url: string
  /** File of certificates, absolute. */
  ca: string | undefined
  /** Of one statement, in milliseconds. */
  statementTimeout: number
}

/** How a session is opened, and whom it tells of values that records do not show as they are. */
export type SessionContext = Pick<Asking, 'signal'> & Partial<Pick<CaptureContext, 'warn'>>

/** What a statement is about, for messages about it. */
export interface Asked {
  /** The stream in the manifest: `source.streams.users`. */
  path: string
  /** As written in the manifest; undefined: a query. */
  table: string | undefined
  /** What messages call it: the table, or the name of the stream. */
  place: string
}

/** A column of a result. */
export interface Column {
  name: string
  /** Its type, for messages. */
  type: string
  /** Whether it holds moments or days, which updatedSince can be compared with. */
  isTime: boolean
  /**
   * What is selected for it, named as the column; undefined: the column itself. Where it cannot be
   * read as it is without loss.
   */
  read?: string
  /**
   * What rows are ordered by to be in the order of this column, so that equal values follow each
   * other. Undefined: the column itself.
   */
  order?: readonly string[]
}

/** The words in which the dialects differ. */
export interface Dialect {
  /** A name, whatever its characters are. */
  name(name: string): string
  /** A table as the manifest writes it, with its schema if it says one. */
  table(written: string): string
  /** A value as text, to be compared with one of another type. */
  text(expression: string): string
  /** A moment, ISO 8601 in UTC, as it is compared with a column. */
  moment(iso: string): string
}

/**
 * One read-only transaction at one moment. Every method throws an OperatorError that says what is
 * wrong and what would be right.
 */
export interface Session {
  /** The columns of a statement, which is not carried out. */
  columns(statement: string, asked: Asked): Promise<Column[]>
  /** The one number that a statement yields. */
  count(statement: string, asked: Asked): Promise<number>
  /** The rows of a statement in batches, fetched as they are asked for. */
  rows(statement: string, columns: readonly Column[], asked: Asked): AsyncIterable<JsonObject[]>
  close(): Promise<void>
}

/** A database that can be read. */
export interface Driver {
  type: 'postgres' | 'mysql'
  dialect: Dialect
  /**
   * Which database a URL names: host, port and name, and nothing of whoever reads it.
   * @throws ManifestError for a URL that names none, or asks for less than a safe connection
   */
  address(url: string): JsonObject
  /** @throws CredentialsError, SourceError, ManifestError */
  connect(options: Connecting, context: SessionContext): Promise<Session>
}
