import { nearest } from '../../config/nearest.ts'
import { CredentialsError, codeOf, ManifestError, OperatorError, SourceError } from '../../diagnostics/errors.ts'
import type { Problem } from '../../diagnostics/problem.ts'
import type { Asked } from '../database/driver.ts'
import { type Connection, NoAnswer, NotMySql, numberOf } from './connection.ts'
import { inBackticks, quotedText } from './dialect.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * What errors of MySQL, of MariaDB and of the connection mean. In: an error of mysql2. Out: words
 * for it, without the statement, its values or the password. Numbers:
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 */

/**
 * Too many connections (1040, 1203), the server goes down (1053), a network that fails (1158 to
 * 1161), a connection that somebody ends (1927), tables that change meanwhile (1412).
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

/** An error of connecting, as its reader needs it. */
export function explainedConnection({ name, user, database, tls }: Endpoint, error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const shown = database === undefined ? 'the database' : `the database ${database}`
  switch (numberOf(error)) {
    case 1045:
    case 1698:
      return refused(
        `${name} refuses the user ${user} or the password`,
        `check the user and the password in source.url; in a URL write %40 for @, %2F for / and %25 for %${tls === false ? '; where it wants TLS, add ssl-mode=VERIFY_IDENTITY' : ''}`,
        error,
      )
    case 1044:
      return refused(
        `the user ${user} has no right to ${shown}: ${name} refuses it`,
        `give it the right to read: GRANT SELECT ON ${inBackticks(database ?? 'database')}.* TO '${user}'@'…'`,
        error,
      )
    case 1049:
      return wrong(
        'no_such_database',
        `there is no such database: ${name}`,
        'correct the name behind the last / of source.url, or create the database',
        error,
      )
    case 1130:
      return refused(
        `${name} takes no connections from this machine`,
        `create the user for this machine's address: CREATE USER '${user}'@'address' …`,
        error,
      )
    case 1129:
      return refused(
        `${name} has blocked this machine after many failed connections`,
        'have an administrator run FLUSH HOSTS (MySQL 8: TRUNCATE TABLE performance_schema.host_cache)',
        error,
      )
    case 1820:
    case 1862:
      return refused(`the password of the user ${user} has expired in ${name}`, 'give the user a new password', error)
    case 3118:
    case 4151:
      return refused(`the user ${user} is locked in ${name}`, `unlock it: ALTER USER '${user}' ACCOUNT UNLOCK`, error)
    case 3159:
      return plainText(name, error)
    case 1251:
    case 2059:
      return refused(`${name} lets the user ${user} in by a way that is not supported`, PLUGINS, error)
  }
  if (/insecure transport/i.test(error.message)) return plainText(name, error)
  if (codeOf(error) === 'AUTH_SWITCH_PLUGIN_ERROR') {
    return refused(`${name} lets the user ${user} in by a way that is not supported`, PLUGINS, error)
  }
  if (codeOf(error) === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return source(
      'database_untrusted',
      `the connection to ${name} is not safe: the server does not offer TLS`,
      'turn on TLS in the server; on a network that you trust, add ssl-mode=DISABLED to source.url',
      error,
    )
  }
  if (isTls(error) && tls !== false) {
    return source(
      'database_untrusted',
      `the connection to ${name} is not safe: ${error.message}`,
      'name the file of the certificates that signed it: ssl-ca=file.pem in source.url (of RDS: global-bundle.pem)',
      error,
    )
  }
  if (error instanceof NotMySql) {
    return source(
      'database_not_mysql',
      `what answers is not ${name}: ${error.message}`,
      'correct host and port in source.url: MySQL and MariaDB answer on 3306; 33060 is another protocol, 5432 is PostgreSQL (type: postgres)',
      error,
    )
  }
  if (numberOf(error) === undefined && isLost(error)) {
    return source(
      'database_lost',
      `${name} cannot be reached: ${reasonOf(error)}`,
      'check host and port in source.url, and that a firewall lets this machine through; then run the same command again',
      error,
    )
  }
  return explainedAny(name, error)
}

const PLUGINS =
  'create a user that has a password of its own: IDENTIFIED WITH caching_sha2_password (MySQL) or mysql_native_password (MariaDB). A password in plain text, as PAM and LDAP want it, takes TLS with a verified certificate'

/** What was asked when an error came. */
export interface Statement {
  endpoint: Endpoint
  connection: Connection
  asked: Asked
  statementTimeout: number
}

/**
 * An error of a statement of a stream, as its reader needs it: with names that are near, and the
 * right that is missing.
 */
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
        `${of} cannot be found: source.url names no database`,
        'write the database behind the last / of source.url, or before the name of each table: shop.users',
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
        `the query of ${place} has two columns of one name: ${quotedIn(error)}`,
        'name the columns one by one in the query, each with a name of its own: select u.id as user_id, …',
        where,
        error,
      )
    case 1064:
      return manifest(
        'bad_query',
        `${of} is not understood by ${name}: ${syntaxOf(error)}`,
        'a query is one SELECT without a semicolon; try it in the client of the database first',
        where,
        error,
      )
    case 1142:
    case 1143:
    case 1044: {
      const [missing, grant] = grantFor(error, await accountOf(connection, user))
      return forbidden(`the user ${user} may not read ${missing ?? of} in ${name}`, grant, error, where)
    }
    case 1370:
    case 1356:
    case 1449:
      return forbidden(
        `${of} is a view, or calls a function, that the user ${user} cannot read: ${error.message}`,
        'see whether the DEFINER of the view still exists and has the right to read its tables; give the user EXECUTE where it calls a function',
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
        `somebody ended the reading of ${place} in ${name} (KILL QUERY)`,
        'ask its administrator why, or read a replica; then run the same command again: the reading begins anew',
        error,
        path,
      )
    case 1205:
      return source(
        'database_slow',
        `${of} is locked by somebody else, such as an ALTER TABLE`,
        'let the change of the table end, then run the same command again',
        error,
        path,
      )
    case 1792:
      return manifest(
        'bad_query',
        `the query of ${place} writes, and the source only reads`,
        'write a SELECT',
        where,
        error,
      )
    case 1412:
      return source(
        'database_changed',
        `${of} was altered while it was read: ${name} cannot show it as it was`,
        'let the change of the tables end, then run the same command again: the reading begins anew',
        error,
        path,
      )
    case 3:
    case 28:
    case 1021:
    case 1114:
      return source(
        'database_full',
        `${name} has no room to sort ${of}`,
        'make room in its tmpdir, or have the key of the stream be an index of the table',
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
        `${of} is damaged, says ${name} (error ${numberOf(error)})`,
        'have an administrator run CHECK TABLE and REPAIR TABLE',
        error,
        path,
      )
    case 1267:
    case 1271:
      return manifest(
        'bad_query',
        `the query of ${place} compares texts of different collations: ${error.message}`,
        'write COLLATE utf8mb4_bin behind one of them',
        where,
        error,
      )
  }
  return explainedAny(name, error, path)
}

const SLOW =
  'raise source.statementTimeout, give the key an index, or read a replica: the time counts until the last row of the stream has been sent'

/** What may befall any statement, and any connection. */
function explainedAny(name: string, error: Error, path?: string): unknown {
  const number = numberOf(error)
  if (number === 1040 || number === 1203 || number === 1226) {
    const hint = 'wait until others have ended theirs, or raise max_connections; then run the same command again'
    return source('database_busy', `${name} has no room for another connection`, hint, error, path)
  }
  if (number === 1153 || number === 1301 || codeOf(error) === 'ERR_OUT_OF_RANGE') {
    return source(
      'database_packet',
      `a row is larger than ${name} sends or than can be read`,
      'leave large columns out with a query, or raise max_allowed_packet in the server',
      error,
      path,
    )
  }
  if (number === undefined && !isLost(error) && !isTls(error)) return error
  if (number === undefined || PASSING.has(number)) {
    return source(
      'database_lost',
      `the connection to ${name} is lost: ${reasonOf(error)}`,
      'once the database answers, run the same command again: the reading begins anew, since one transaction is one moment',
      error,
      path,
    )
  }
  return source(
    'database_refuses',
    `${name} cannot carry out what it is asked: ${error.message} (error ${number})`,
    'see the log of the database',
    error,
    path,
  )
}

function reasonOf(error: Error): string {
  const code = codeOf(error)
  return error.message || (code ?? 'no reason is known')
}

/** `Table 'shop.usrs' doesn't exist`: the name, as the server says it. */
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
  // With 1049 the name alone is that of a database.
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
    ? 'the user sees none there: give it SELECT'
    : `the user sees ${some}${names.length > 10 ? ', …' : ''}`
}

async function namesOf(connection: Connection, sql: string): Promise<string[]> {
  try {
    const rows = await connection.rows(sql)
    return rows.flatMap(({ name }) => (typeof name === 'string' ? name : []))
  } catch {
    // The first error is what is told.
    return []
  }
}

/**
 * The columns that the manifest names are looked for before: this one is in a query, or the owner
 * of a view has taken it away.
 */
function missingColumn({ path, place, table }: Asked, error: Error): ManifestError {
  const column = quotedIn(error)
  const message = `${table === undefined ? `the query of ${place}` : `the table ${table}`} names a column that is not there: ${column}`
  const hint = 'correct the query; a name in quotes is a text there, and one in backticks a column'
  return manifest('no_such_column', message, hint, `${path}.${table === undefined ? 'query' : 'table'}`, error)
}

/** What the server says of a syntax, without the advice to read its manual. */
function syntaxOf(error: Error): string {
  const near = /near ([\s\S]*)$/.exec(error.message)?.[1]
  return near === undefined ? 'an error of syntax' : `an error of syntax near ${near.slice(0, 200)}`
}

/** What must not be read, and the statement that allows it. */
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

/** The account that the server took the user for: `'reader'@'%'`. */
async function accountOf(connection: Connection, user: string): Promise<string> {
  const [name] = await namesOf(connection, 'SELECT CURRENT_USER() AS name')
  const at = name?.lastIndexOf('@') ?? -1
  return name === undefined || at < 0 ? `'${user}'` : `'${name.slice(0, at)}'@'${name.slice(at + 1)}'`
}

function plainText(name: string, error: Error): CredentialsError {
  return refused(`${name} takes no connections without TLS`, 'add ssl-mode=VERIFY_IDENTITY to source.url', error)
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
