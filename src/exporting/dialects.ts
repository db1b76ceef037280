/**
 * How the databases write names and values. In: text of a source, which may hold anything. Out: SQL
 * that stays what it is under every setting of the session that reads it. All values are printable,
 * and so a statement is one line.
 */

export const DIALECTS = ['postgres', 'mysql', 'sqlite'] as const
export type DialectName = (typeof DIALECTS)[number]

export interface Dialect {
  /** Before the first statement: how the rest is to be read. */
  prologue: readonly string[]
  begin: string
  commit: string
  identifier(name: string): string
  /** A value as an expression; undefined: the database cannot hold it. */
  text(value: string): string | undefined
  /**
   * Whether a column has exactly this value. Collations take `Ada` for `ada` and numbers are equal
   * to `042`: that would be another person. The first comparison is there for the index.
   */
  equals(column: string, value: string): string
}

/** Text that means the same between single quotes wherever it is read. */
const PLAIN = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/
const BACKSLASH_OR_CONTROL = /[\\\x00-\x1f\x7f-\x9f\u2028\u2029]/

const POSTGRES: Dialect = {
  prologue: ["SET client_encoding = 'UTF8';"],
  begin: 'BEGIN;',
  commit: 'COMMIT;',
  identifier: (name) => `"${name.replaceAll('"', '""')}"`,
  text: (value) => {
    const whole = value.toWellFormed()
    if (whole.includes('\0')) return undefined
    if (!BACKSLASH_OR_CONTROL.test(whole)) return quoted(whole)
    // E'' means the same whether or not standard_conforming_strings is on.
    const escaped = [...whole].map((character) =>
      CONTROL.test(character)
        ? `\\u${codeOf(character).padStart(4, '0')}`
        : character === '\\'
          ? '\\\\'
          : character === "'"
            ? "''"
            : character,
    )
    return `E'${escaped.join('')}'`
  },
  equals: (column, value) => `${column} = ${value} AND ${column}::text COLLATE "C" = ${value}`,
}

const MYSQL: Dialect = {
  prologue: ['SET NAMES utf8mb4;'],
  begin: 'START TRANSACTION;',
  commit: 'COMMIT;',
  identifier: (name) => `\`${name.replaceAll('`', '``')}\``,
  // Whether a backslash escapes depends on sql_mode, and what a byte means on the connection:
  // digits depend on neither.
  text: (value) => (PLAIN.test(value) ? `'${value}'` : `_utf8mb4 x'${hexOf(value)}'`),
  equals: (column, value) => `${column} = ${value} AND CAST(CONVERT(${column} USING utf8mb4) AS BINARY) = ${value}`,
}

const SQLITE: Dialect = {
  prologue: [],
  begin: 'BEGIN;',
  commit: 'COMMIT;',
  identifier: (name) => `"${name.replaceAll('"', '""')}"`,
  text: (value) => {
    const whole = value.toWellFormed()
    // A backslash is ordinary to SQLite. Another database that is given the file by mistake must
    // not take it for more.
    return BACKSLASH_OR_CONTROL.test(whole) ? `CAST(x'${hexOf(whole)}' AS TEXT)` : quoted(whole)
  },
  equals: (column, value) => `${column} = ${value} AND CAST(${column} AS TEXT) COLLATE BINARY = ${value}`,
}

const BY_NAME: Readonly<Record<DialectName, Dialect>> = { postgres: POSTGRES, mysql: MYSQL, sqlite: SQLITE }

export function dialectNamed(name: DialectName): Dialect {
  return BY_NAME[name]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function hexOf(text: string): string {
  return Buffer.from(text.toWellFormed(), 'utf8').toString('hex')
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16)
}
