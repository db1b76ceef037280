import { nearest } from '../../config/nearest.ts'
import { CredentialsError, codeOf, ManifestError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Asked } from '../database/driver.ts'
import { type Connection, NoAnswer, NotMySql, numberOf } from './connection.ts'
import { inBackticks, quotedText } from './dialect.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Explains errors of MySQL, MariaDB and the connection. In: an error of mysql2. Out: an error
 * without the statement, its values or the password. Numbers:
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 */

/**
 * Temporary errors: too many connections (1040, 1203), server shutdown (1053), network errors (1158
 * to 1161), a table changed during the transaction (1412), connection killed (1927).
 */
const PASSING: ReadonlySet<number> = new Set([1040, 1203, 1053, 1158, 1159, 1160, 1161, 1412, 1927])

function isLost(error: Error): boolean {
  const code = codeOf(error) ?? ''
  return (
    error instanceof NoAnswer ||
    /^(PROTOCOL_CONNECTION_LOST|E[A-Z]+|EAI_AGAIN)$/.test(code) ||
    /closed state/.test(error.message)
  )
}

function isTls(error: Error): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO|HANDSHAKE|ERR_TLS|ERR_SSL|EPROTO/.test(codeOf(error) ?? '')
}

/** Explains an error of connecting. */
export function explainedConnection({ name, user, database, tls }: Endpoint, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  switch (numberOf(error)) {
    case 1045:
    case 1698:
      return refused(
        `${name} rejected the user ${user} or the password`,
        `check both in source.url; in a URL, write %40 for @, %2F for / and %25 for %${tls === false ? '; if the server requires TLS, add ssl-mode=VERIFY_IDENTITY' : ''}`,
        error,
      )
    case 1044:
      return refused(
        `the user ${user} is not allowed to use ${name}`,
        `have an administrator run: GRANT SELECT ON ${inBackticks(database ?? 'database')}.* TO '${user}'@'…'`,
        error,
      )
    case 1049:
      return wrong(
        'no_such_database',
        `there is no such database: ${name}`,
        'correct the database name after the last / of source.url',
        error,
      )
    case 1130:
      return refused(
        `${name} rejects connections from this machine`,
        `have an administrator run, with this machine's address: CREATE USER '${user}'@'address' …`,
        error,
      )
    case 1129:
      return refused(
        `${name} blocked this machine after too many failed connections`,
        'have an administrator run FLUSH HOSTS (MySQL 8: TRUNCATE TABLE performance_schema.host_cache)',
        error,
      )
    case 1820:
    case 1862:
      return refused(
        `the password of the user ${user} of ${name} has expired`,
        'set a new password for the user',
        error,
      )
    case 3118:
    case 4151:
      return refused(
        `the user ${user} of ${name} is locked`,
        `have an administrator run: ALTER USER '${user}' ACCOUNT UNLOCK`,
        error,
      )
    case 3159:
      return plainText(name, error)
    case 1251:
    case 2059:
      return refused(`${name} requires an unsupported sign-in method for the user ${user}`, PLUGINS, error)
  }
  if (/insecure transport/i.test(error.message)) return plainText(name, error)
  if (codeOf(error) === 'AUTH_SWITCH_PLUGIN_ERROR') {
    return refused(`${name} requires an unsupported sign-in method for the user ${user}`, PLUGINS, error)
  }
  if (codeOf(error) === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return source(
      'database_untrusted',
      `the connection to ${name} is not safe: the server does not offer TLS`,
      'turn on TLS on the server; on a trusted network, add ssl-mode=DISABLED to source.url',
      error,
    )
  }
  if (isTls(error) && tls !== false) {
    return source(
      'database_untrusted',
      `the connection to ${name} is not safe: ${error.message}`,
      'set source.ca to the file with the CA certificates (for RDS: global-bundle.pem)',
      error,
    )
  }
  if (error instanceof NotMySql) {
    return source(
      'database_not_mysql',
      `the service is not ${name}: ${error.message}`,
      'correct the host and port in source.url; MySQL and MariaDB use 3306 (not 33060), and PostgreSQL (type: postgres) uses 5432',
      error,
    )
  }
  if (numberOf(error) === undefined && isLost(error)) {
    return source(
      'database_lost',
      `${name} cannot be reached: ${reasonOf(error)}`,
      'check the host and port in source.url and the firewall between; then run the same command again',
      error,
    )
  }
  return explainedAny(name, error)
}

const PLUGINS =
  'create a user with its own password: IDENTIFIED WITH caching_sha2_password (MySQL) or mysql_native_password (MariaDB). PAM and LDAP need TLS with a verified certificate'

export interface Statement {
  endpoint: Endpoint
  connection: Connection
  asked: Asked
  statementTimeout: number
}

/** Explains an error of a statement: suggests a similar name, or the missing privilege. */
export async function explained(
  { endpoint: { name, user }, connection, asked, statementTimeout }: Statement,
  error: unknown,
): Promise<unknown> {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const { path, table, place } = asked
  const of = table === undefined ? `the query of ${place}` : `the table ${table}`
  const where = table === undefined ? `${path}.query` : `${path}.table`
  switch (numberOf(error)) {
    case 1046:
      return manifest(
        'no_database',
        `${of} has no database: source.url does not name one`,
        'add the database after the last / of source.url, or before the name of each table: shop.users',
        where,
        error,
      )
    case 1049:
    case 1146:
      return manifest('no_such_table', missingTable(name, error), await nearTables(connection, error), where, error)
    case 1054:
      return missingColumn(asked, error)
    case 1060:
      return manifest(
        'duplicate_column',
        `the query of ${place} has two columns named ${quotedIn(error)}`,
        'list the columns in the query, and give each a different name: select u.id as user_id, …',
        where,
        error,
      )
    case 1064:
      return manifest(
        'bad_query',
        `${name} rejected ${of}: ${syntaxOf(error)}`,
        'write one SELECT without a semicolon, and test it in the database client first',
        where,
        error,
      )
    case 1142:
    case 1143:
    case 1044: {
      const [missing, grant] = grantFor(error, await accountOf(connection, user))
      return forbidden(`the user ${user} is not allowed to read ${missing ?? of} in ${name}`, grant, error, where)
    }
    case 1370:
    case 1356:
    case 1449:
      return forbidden(
        `${of} uses a view or function that the user ${user} cannot read: ${error.message}`,
        'check that the DEFINER of the view exists and can read its tables; grant the user EXECUTE on the functions',
        error,
        where,
      )
    case 1969:
    case 3024:
      return source(
        'database_slow',
        `${of} took longer than source.statementTimeout allows (${statementTimeout / 1000} s)`,
        SLOW,
        error,
        path,
      )
    case 1317:
      return source(
        'database_interrupted',
        `the reading of ${place} was killed in ${name} (KILL QUERY)`,
        'ask the administrator why, or read from a replica; then run the same command again to read from the beginning',
        error,
        path,
      )
    case 1205:
      return source(
        'database_slow',
        `${of} is locked by another connection, for example by ALTER TABLE`,
        'wait until the other change of the table ends, then run the same command again',
        error,
        path,
      )
    case 1792:
      return manifest(
        'bad_query',
        `the query of ${place} changes data, but a source can only read`,
        'write a SELECT that changes nothing',
        where,
        error,
      )
    case 1412:
      return source(
        'database_changed',
        `${of} was altered during the reading: ${name} can no longer show its earlier state`,
        'wait until the change of the tables ends, then run the same command again to read from the beginning',
        error,
        path,
      )
    case 3:
    case 28:
    case 1021:
    case 1114:
      return source(
        'database_full',
        `${name} has no space to sort ${of}`,
        'free space in the tmpdir of the server, or add an index on the key',
        error,
        path,
      )
    case 126:
    case 127:
    case 144:
    case 145:
    case 1034:
    case 1194:
    case 1195:
      return source(
        'database_damaged',
        `${name} reports that ${of} is damaged (error ${numberOf(error)})`,
        'have an administrator run CHECK TABLE and REPAIR TABLE',
        error,
        path,
      )
    case 1267:
    case 1271:
      return manifest(
        'bad_query',
        `the query of ${place} compares texts of different collations: ${error.message}`,
        'add COLLATE utf8mb4_bin after one of them',
        where,
        error,
      )
  }
  return explainedAny(name, error, path)
}

const SLOW =
  'raise source.statementTimeout, add an index on the key, or read from a replica; the limit covers reading all rows of the stream'

/** Errors that any statement or connection can have. */
function explainedAny(name: string, error: Error, path?: string): unknown {
  const number = numberOf(error)
  if (number === 1040 || number === 1203 || number === 1226) {
    const hint = 'wait until other connections close, or raise max_connections; then run the same command again'
    return source('database_busy', `${name} accepts no more connections`, hint, error, path)
  }
  if (number === 1153 || number === 1301 || codeOf(error) === 'ERR_OUT_OF_RANGE') {
    return source(
      'database_packet',
      `a row is too large to read from ${name}`,
      'omit large columns in a query, or raise max_allowed_packet on the server',
      error,
      path,
    )
  }
  if (number === undefined && !isLost(error) && !isTls(error)) return error
  if (number === undefined || PASSING.has(number)) {
    return source(
      'database_lost',
      `the connection to ${name} was lost: ${reasonOf(error)}`,
      'once the database is available, run the same command again; it reads the source from the beginning, because a reading shows one moment',
      error,
      path,
    )
  }
  return source(
    'database_refuses',
    `${name} returned an error: ${error.message} (error ${number})`,
    'look in the database log for the cause',
    error,
    path,
  )
}

function reasonOf(error: Error): string {
  const code = codeOf(error)
  return error.message || (code ?? 'unknown reason')
}

/** The name in an error: `Table 'shop.usrs' doesn't exist`. */
function quotedIn(error: Error): string {
  return /'([^']*)'/.exec(error.message)?.[1] ?? ''
}

function missingTable(name: string, error: Error): string {
  const [what, missing] = [numberOf(error) === 1049 ? 'database' : 'table', quotedIn(error)]
  return `there is no ${what} ${missing} in ${name}`
}

async function nearTables(connection: Connection, error: Error): Promise<string> {
  const given = quotedIn(error)
  const dot = given.indexOf('.')
  const [schema, table] = [given.slice(0, Math.max(dot, 0)), given.slice(dot + 1)]
  // For error 1049, the name is that of a database.
  const names =
    numberOf(error) === 1049
      ? await namesOf(connection, 'SELECT schema_name AS name FROM information_schema.schemata')
      : await namesOf(
          connection,
          `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ${quotedText(schema)}`,
        )
  const close = nearest(table, names)
  if (close !== undefined) return `did you mean ${close}?`
  const some = names.slice(0, 10).join(', ')
  return some === ''
    ? 'grant the user SELECT on the tables; it can read none'
    : `choose one that the user can read: ${some}${names.length > 10 ? ', …' : ''}`
}

async function namesOf(connection: Connection, sql: string): Promise<string[]> {
  try {
    const rows = await connection.rows(sql)
    return rows.flatMap(({ name }) => (typeof name === 'string' ? name : []))
  } catch {
    // The caller reports the first error.
    return []
  }
}

/**
 * The manifest's own columns were checked earlier, so this column is in a query or was removed
 * below a view.
 */
function missingColumn({ path, place, table }: Asked, error: Error): ManifestError {
  const column = quotedIn(error)
  const message = `${table === undefined ? `the query of ${place}` : `the table ${table}`} uses a column that does not exist: ${column}`
  const hint = 'correct the query; write column names in backticks, and texts in quotes'
  return manifest('no_such_column', message, hint, `${path}.${table === undefined ? 'query' : 'table'}`, error)
}

/** The server's syntax error, without its advice to read the manual. */
function syntaxOf(error: Error): string {
  const near = /near ([\s\S]*)$/.exec(error.message)?.[1]
  return near === undefined ? 'syntax error' : `syntax error near ${near.slice(0, 200)}`
}

/** The table or column that the user cannot read, and the statement that allows it. */
function grantFor({ message }: Error, account: string): [missing: string | undefined, hint: string] {
  const column = /for column '([^']*)' in table '([^']*)'/.exec(message)
  const table =
    column?.[2] ?? /for table [`']([^`']*)[`'](?:\.[`']([^`']*)[`'])?/.exec(message)?.slice(1).filter(Boolean).join('.')
  if (table === undefined || table === '') return [undefined, `have an administrator grant SELECT to ${account}`]
  const target = table.split('.').map(inBackticks).join('.')
  const columns = column?.[1] === undefined ? '' : ` (${inBackticks(column[1])})`
  const what = column?.[1] === undefined ? `the table ${table}` : `the column ${column[1]} of ${table}`
  return [what, `have an administrator run: GRANT SELECT${columns} ON ${target} TO ${account}`]
}

/** The account that the server matched to the user: `'reader'@'%'`. */
async function accountOf(connection: Connection, user: string): Promise<string> {
  const [name] = await namesOf(connection, 'SELECT CURRENT_USER() AS name')
  const at = name?.lastIndexOf('@') ?? -1
  return name === undefined || at < 0 ? `'${user}'` : `'${name.slice(0, at)}'@'${name.slice(at + 1)}'`
}

function plainText(name: string, error: Error): CredentialsError {
  return refused(`${name} rejects connections without TLS`, 'add ssl-mode=VERIFY_IDENTITY to source.url', error)
}

function refused(message: string, hint: string, cause: Error): CredentialsError {
  return new CredentialsError({ code: 'credentials_refused', message, hint, path: 'source.url' }, { cause })
}

function forbidden(message: string, hint: string, cause: Error, path: string): CredentialsError {
  return new CredentialsError({ code: 'database_forbidden', message, hint, path }, { cause })
}

function wrong(code: string, message: string, hint: string, cause: Error): ManifestError {
  return manifest(code, message, hint, 'source.url', cause)
}

function manifest(code: string, message: string, hint: string, path: string, cause: Error): ManifestError {
  return new ManifestError({ code, message, hint, path }, { cause })
}

function source(code: string, message: string, hint: string, cause: Error, path = 'source.url'): SourceError {
  const problem: Problem = { code, message, hint, path }
  return new SourceError(problem, { cause })
}
