/**
 * Quotes names and values for each database. In: any text. Out: SQL with the same meaning under
 * every session setting. Values are printable, so a statement is one line.
 */

export const DIALECTS = ['postgres', 'mysql', 'sqlite'] as const
export type DialectName = (typeof DIALECTS)[number]

export interface Dialect {
  /** Settings before the first statement. */
  prologue: readonly string[]
  begin: string
  commit: string
  identifier(name: string): string
  /** A value as an expression; undefined if the database cannot store it. */
  text(value: string): string | undefined
  /**
   * The condition that a column has exactly this value. Collations equate `Ada` with `ada`, and
   * numbers equal `042`, which could match another user. The first comparison lets the database use
   * an index.
   */
  equals(column: string, value: string): string
}

/** Text that needs no escaping in single quotes. */
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
    // The meaning of E'' does not depend on standard_conforming_strings.
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
  // Hex digits do not depend on sql_mode, which controls backslashes, or on the character set of
  // the connection.
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
    // SQLite does not treat a backslash as an escape. If the file goes to another database by
    // mistake, that database must not either.
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
