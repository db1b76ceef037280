import type { Client } from 'pg'
import { nearest } from '../../config/nearest.ts'
import { CredentialsError, codeOf, ManifestError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import { someOf } from '../../diagnostics/printable.ts'
import { isLost, isTls, PASSING, sqlStateOf } from '../../postgres/errors.ts'
import type { Asked } from '../database/driver.ts'
import { partsOf, quoted } from './dialect.ts'

/**
 * What errors of PostgreSQL and of the connection mean. In: an error of `pg`. Out: words for it,
 * without the statement, values of rows or the password. States:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** Which database, and as whom. */
export interface Place {
  /** For people, without the password. */
  name: string
  user: string
}

/** What was asked, and of which database. */
interface Question {
  place: Place
  asked: Asked
  /** Milliseconds. */
  statementTimeout: number
}

const URL_PATH = 'source.url'

/** An error of connecting, as its reader needs it. */
export function explainedConnection(place: Place, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const { name, user } = place
  const state = sqlStateOf(error)
  if (state === '28P01' || (state === undefined && /^SASL: |authentication/i.test(error.message))) {
    const message = `${name} refuses the user ${user} or the password`
    return refused(message, 'check both in source.url; in a URL write %40 for @, %2F for / and %25 for %', error)
  }
  if (state?.startsWith('28')) {
    const message = `${name} does not let the user ${user} in: ${error.message}`
    return refused(message, 'have the role made with LOGIN, and this machine let in by pg_hba.conf', error)
  }
  if (state === '3D000') {
    const hint = 'correct the name behind the last / of source.url'
    return manifest('no_such_database', `there is no such database: ${name}`, hint, URL_PATH, error)
  }
  if (state === '42501') {
    const hint = `have an administrator run: GRANT CONNECT ON DATABASE … TO ${quoted(user)}`
    return refused(`the user ${user} may not connect to ${name}`, hint, error)
  }
  const isNetwork = state === undefined ? isLost(error) && !isTls(error) : state !== '53300' && PASSING.test(state)
  if (!isNetwork) return explainedAny(place, error, URL_PATH)
  const hint =
    'check host and port in source.url, and whether this machine may reach them; then run the same command again'
  const message = `${name} cannot be reached: ${error.message || codeOf(error)}`
  return source('database_unreachable', message, hint, URL_PATH, error)
}

/**
 * An error of a statement, as its reader needs it: with the nearest name, or the right that is
 * missing. These are looked up in the database, for which the transaction is given up.
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
      return manifest('bad_query', `${of} writes, and the source only reads: ${error.message}`, hint, where, error)
    }
    case '22021': {
      const hint =
        "in a database of the encoding SQL_ASCII, have a query read such columns: convert_from(convert(convert_to(name, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'UTF8') AS name, with the encoding that they were written in"
      return source('not_utf8', `${of} has text that is not UTF-8`, hint, where, error)
    }
    case '57014':
      if (/statement timeout/.test(error.message)) return slow(question, of, error)
      break
    case '55P03': {
      const hint = 'let the change of the table end, then run the same command again'
      return source('database_slow', `${of} is locked by somebody else`, hint, asked.path, error)
    }
    case '40001':
    case '40P01': {
      const hint =
        'read the primary, or have the replica wait longer: max_standby_streaming_delay, hot_standby_feedback = on. Then run the same command again'
      return source(
        'database_conflict',
        `${place.name} ended the reading of ${asked.place}: ${error.message}`,
        hint,
        asked.path,
        error,
      )
    }
  }
  const state = sqlStateOf(error) ?? ''
  if (state.startsWith('42')) {
    const hint = 'a query is one SELECT; try it in psql first'
    return manifest('bad_query', `${of} is not understood by ${place.name}: ${error.message}`, hint, where, error)
  }
  if (state.startsWith('22')) {
    const hint = 'have the query leave out what cannot be computed; psql shows the value'
    const message = `${of} fails on a row: ${error.message.replace(/"[^"]*"/g, '"…"')}`
    return source('query_failed', message, hint, where, error)
  }
  return explainedAny(place, error, asked.path)
}

/** What may befall any statement, and any connection. */
function explainedAny({ name }: Place, error: Error, path: string): unknown {
  const state = sqlStateOf(error)
  if (state === '53300') {
    const hint = 'wait until others have ended theirs, or raise max_connections; then run the same command again'
    return source('database_busy', `${name} has no room for another connection`, hint, path, error)
  }
  if (state === undefined && isTls(error)) {
    const hint = /does not support SSL/.test(error.message)
      ? 'turn on TLS in the server; on a network that you trust, add sslmode=disable to source.url'
      : 'name the file of the certificates that signed it in source.ca (of RDS: global-bundle.pem)'
    return source('database_untrusted', `the connection to ${name} is not safe: ${error.message}`, hint, path, error)
  }
  if (state === undefined ? isLost(error) : PASSING.test(state)) {
    const hint =
      'once the database answers, run the same command again: the reading begins anew, since all of it is read at one moment'
    return source(
      'database_lost',
      `the connection to ${name} is lost: ${error.message || codeOf(error)}`,
      hint,
      path,
      error,
    )
  }
  if (state === undefined) return error
  const message = `${name} cannot carry out what it is asked: ${error.message} (${state})`
  return source('database_refuses', message, 'see the log of the database', path, error)
}

function slow({ asked, statementTimeout }: Question, of: string, error: Error): SourceError {
  const hint =
    'raise source.statementTimeout, give the key an index, or read a replica: the time counts until the last row has been read'
  const message = `${of} took longer than source.statementTimeout allows (${statementTimeout / 1000} s)`
  return source('database_slow', message, hint, asked.path, error)
}

function forbidden({ place, asked }: Question, [what, hint]: [string, string], error: Error): CredentialsError {
  const message = `the user ${place.user} may not read ${what}: ${error.message}`
  return new CredentialsError({ code: 'database_forbidden', message, hint, path: asked.path }, { cause: error })
}

/** What must not be read, and the statement that allows it. */
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
    const hint = `policies would hide rows that nobody would miss; ${administrator} ALTER ROLE ${user} BYPASSRLS`
    return [`all rows of ${table}`, hint]
  }
  const found = (await tablesLike(client, table)).find((one) => one.name === partsOf(table).at(-1))
  const full = found === undefined ? partsOf(table) : [found.schema, found.name]
  if (named === undefined)
    return [asked.place, `have an administrator give the role ${place.user} the right that is missing`]
  const usage = found !== undefined && !found.usable ? `GRANT USAGE ON SCHEMA ${quoted(found.schema)} TO ${user}; ` : ''
  return [`the table ${table}`, `${administrator} ${usage}GRANT SELECT ON ${full.map(quoted).join('.')} TO ${user}`]
}

interface Table {
  schema: string
  name: string
  /** Whether the name is found without the schema. */
  visible: boolean
  /** Whether the user may use the schema. */
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
  return tables.length === 0 ? 'the user sees no tables there' : `tables: ${someOf(names, { limit: 10 })}`
}

/** The tables and views of the database, those of the schema that is written first. */
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
    // The first error is what is told.
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
