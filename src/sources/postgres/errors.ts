import type { Client } from 'pg'
import { nearest } from '../../config/nearest.ts'
import { CredentialsError, codeOf, ManifestError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import { someOf } from '../../diagnostics/printable.ts'
import { isLost, isTls, PASSING, sqlStateOf } from '../../postgres/errors.ts'
import type { Asked } from '../database/driver.ts'
import { partsOf, quoted } from './dialect.ts'

/**
 * Explains errors of PostgreSQL and of the connection. In: an error of `pg`. Out: an error without
 * the statement, values of rows or the password. SQL states:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** A database and the user that reads it. */
export interface Place {
  /** For messages, without the password. */
  name: string
  user: string
}

interface Question {
  place: Place
  asked: Asked
  /** Milliseconds. */
  statementTimeout: number
}

const URL_PATH = 'source.url'

/** Explains an error of connecting. */
export function explainedConnection(place: Place, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const { name, user } = place
  const state = sqlStateOf(error)
  if (state === '28P01' || (state === undefined && /^SASL: |authentication/i.test(error.message))) {
    const message = `${name} rejected the user ${user} or the password`
    return refused(message, 'check both in source.url; in a URL, write %40 for @, %2F for / and %25 for %', error)
  }
  if (state?.startsWith('28')) {
    const message = `${name} rejected the user ${user}: ${error.message}`
    return refused(message, 'give the role LOGIN, and allow this machine in pg_hba.conf', error)
  }
  if (state === '3D000') {
    const hint = 'correct the database name after the last / of source.url'
    return manifest('no_such_database', `there is no such database: ${name}`, hint, URL_PATH, error)
  }
  if (state === '42501') {
    const hint = `have an administrator run: GRANT CONNECT ON DATABASE … TO ${quoted(user)}`
    return refused(`the user ${user} is not allowed to connect to ${name}`, hint, error)
  }
  const isNetwork = state === undefined ? isLost(error) && !isTls(error) : state !== '53300' && PASSING.test(state)
  if (!isNetwork) return explainedAny(place, error, URL_PATH)
  const hint = 'check the host and port in source.url and the firewall between; then run the same command again'
  const message = `${name} cannot be reached: ${error.message || codeOf(error)}`
  return source('database_unreachable', message, hint, URL_PATH, error)
}

/**
 * Explains an error of a statement: suggests a similar name, or the missing privilege. It looks
 * these up in the database, which ends the transaction.
 */
export async function explained(client: Client, question: Question, error: unknown): Promise<unknown> {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const { place, asked } = question
  const of = asked.table === undefined ? `the query of ${asked.place}` : `the table ${asked.table}`
  const where = `${asked.path}.${asked.table === undefined ? 'query' : 'table'}`
  switch (sqlStateOf(error)) {
    case '42P01':
    case '3F000': {
      const [missing = asked.table ?? ''] = /"(.+)" does not exist/.exec(error.message)?.slice(1) ?? []
      const hint = await nearTables(client, asked.table ?? missing)
      return manifest(
        'no_such_table',
        `there is no table ${asked.table ?? missing} in ${place.name}`,
        hint,
        where,
        error,
      )
    }
    case '42501':
      return forbidden(question, await grantFor(client, question, error), error)
    case '42703': {
      const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : 'correct the query'
      return manifest('no_such_column', `${of}: ${error.message}`, hint, where, error)
    }
    case '25006': {
      const hint = 'write a SELECT that changes nothing'
      return manifest(
        'bad_query',
        `${of} changes data, but a source can only read: ${error.message}`,
        hint,
        where,
        error,
      )
    }
    case '22021': {
      const hint =
        "in a SQL_ASCII database, convert the columns in a query: convert_from(convert(convert_to(name, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'UTF8') AS name, with the encoding of the data in place of LATIN1"
      return source('not_utf8', `${of} has text that is not UTF-8`, hint, where, error)
    }
    case '57014':
      if (/statement timeout/.test(error.message)) return slow(question, of, error)
      break
    case '55P03': {
      const hint = 'wait until the other change of the table ends, then run the same command again'
      return source('database_slow', `${of} is locked by another connection`, hint, asked.path, error)
    }
    case '40001':
    case '40P01': {
      const hint =
        'read from the primary, or set max_standby_streaming_delay higher or hot_standby_feedback = on in the replica; then run the same command again'
      return source(
        'database_conflict',
        `${place.name} canceled the reading of ${asked.place}: ${error.message}`,
        hint,
        asked.path,
        error,
      )
    }
  }
  const state = sqlStateOf(error) ?? ''
  if (state.startsWith('42')) {
    const hint = 'write one SELECT, and test it in psql first'
    return manifest('bad_query', `${place.name} rejected ${of}: ${error.message}`, hint, where, error)
  }
  if (state.startsWith('22')) {
    const hint = 'run the query in psql to find the value, then exclude or convert it'
    const message = `${of} fails on a row: ${error.message.replace(/"[^"]*"/g, '"…"')}`
    return source('query_failed', message, hint, where, error)
  }
  return explainedAny(place, error, asked.path)
}

/** Errors that any statement or connection can have. */
function explainedAny({ name }: Place, error: Error, path: string): unknown {
  const state = sqlStateOf(error)
  if (state === '53300') {
    const hint = 'wait until other connections close, or raise max_connections; then run the same command again'
    return source('database_busy', `${name} accepts no more connections`, hint, path, error)
  }
  if (state === undefined && isTls(error)) {
    const hint = /does not support SSL/.test(error.message)
      ? 'turn on TLS on the server; on a trusted network, add sslmode=disable to source.url'
      : 'set source.ca to the file with the CA certificates (for RDS: global-bundle.pem)'
    return source('database_untrusted', `the connection to ${name} is not safe: ${error.message}`, hint, path, error)
  }
  if (state === undefined ? isLost(error) : PASSING.test(state)) {
    const hint =
      'once the database is available, run the same command again; it reads the source from the beginning, because a reading shows one moment'
    return source(
      'database_lost',
      `the connection to ${name} was lost: ${error.message || codeOf(error)}`,
      hint,
      path,
      error,
    )
  }
  if (state === undefined) return error
  const message = `${name} returned an error: ${error.message} (${state})`
  return source('database_refuses', message, 'look in the database log for the cause', path, error)
}

function slow({ asked, statementTimeout }: Question, of: string, error: Error): SourceError {
  const hint =
    'raise source.statementTimeout, add an index on the key, or read from a replica; the limit covers reading all rows of the stream'
  const message = `${of} took longer than source.statementTimeout allows (${statementTimeout / 1000} s)`
  return source('database_slow', message, hint, asked.path, error)
}

function forbidden({ place, asked }: Question, [what, hint]: [string, string], error: Error): CredentialsError {
  const message = `the user ${place.user} is not allowed to read ${what}: ${error.message}`
  return new CredentialsError({ code: 'database_forbidden', message, hint, path: asked.path }, { cause: error })
}

/** The table that the user cannot read, and the statement that allows it. */
async function grantFor(client: Client, { place, asked }: Question, { message }: Error): Promise<[string, string]> {
  const user = quoted(place.user)
  const administrator = 'have an administrator run:'
  const schema = /for schema (.+)$/.exec(message)?.[1]
  if (schema !== undefined)
    return [`the schema ${schema}`, `${administrator} GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${user}`]
  const named =
    /(?:for (?:table|view|materialized view|foreign table|relation|sequence)|policy for table) "?([^"]+)"?$/.exec(
      message,
    )?.[1]
  const table = asked.table ?? named ?? ''
  if (/row-level security/.test(message)) {
    const hint = `${administrator} ALTER ROLE ${user} BYPASSRLS`
    return [`all rows of ${table}`, hint]
  }
  const found = (await tablesLike(client, table)).find((one) => one.name === partsOf(table).at(-1))
  const full = found === undefined ? partsOf(table) : [found.schema, found.name]
  if (named === undefined)
    return [asked.place, `have an administrator grant the role ${place.user} the missing privilege`]
  const usage = found !== undefined && !found.usable ? `GRANT USAGE ON SCHEMA ${quoted(found.schema)} TO ${user}; ` : ''
  return [`the table ${table}`, `${administrator} ${usage}GRANT SELECT ON ${full.map(quoted).join('.')} TO ${user}`]
}

interface Table {
  schema: string
  name: string
  /** Whether the name resolves without the schema. */
  visible: boolean
  /** Whether the user has USAGE on the schema. */
  usable: boolean
}

async function nearTables(client: Client, written: string): Promise<string> {
  const parts = partsOf(written)
  const tables = await tablesLike(client, written)
  const same = tables.find(({ name }) => name === parts.at(-1))
  const shown = ({ schema, name, visible }: Table) => (visible ? name : `${schema}.${name}`)
  if (same !== undefined) return `did you mean ${same.schema}.${same.name}?`
  const names = tables.map((table) => (parts.length > 1 ? `${table.schema}.${table.name}` : shown(table)))
  const close = nearest(parts.join('.'), names) ?? nearest(parts.join('.').toLowerCase(), names)
  if (close !== undefined) return `did you mean ${close}?`
  return tables.length === 0
    ? 'grant the user SELECT on the tables; it can read none'
    : `tables: ${someOf(names, { limit: 10 })}`
}

/** The tables and views of the database, beginning with the schema in `written`. */
async function tablesLike(client: Client, written: string): Promise<Table[]> {
  const [schema = ''] = partsOf(written).slice(0, -1)
  try {
    await client.query('ROLLBACK')
    const { rows } = await client.query<Table>(
      `SELECT n.nspname AS schema, c.relname AS name, pg_table_is_visible(c.oid) AS visible,
          has_schema_privilege(n.oid, 'USAGE') AS usable
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
         ORDER BY n.nspname <> $1, NOT pg_table_is_visible(c.oid), n.nspname, c.relname LIMIT 5000`,
      [schema],
    )
    return rows
  } catch {
    // The caller reports the first error.
    return []
  }
}

function refused(message: string, hint: string, cause: Error): CredentialsError {
  return new CredentialsError({ code: 'credentials_refused', message, hint, path: URL_PATH }, { cause })
}

function manifest(code: string, message: string, hint: string, path: string, cause: Error): ManifestError {
  return new ManifestError({ code, message, hint, path }, { cause })
}

function source(code: string, message: string, hint: string, path: string, cause: Error): SourceError {
  return new SourceError({ code, message, hint, path }, { cause })
}
