import type { Dialect } from '../database/driver.ts'

/** Quotes names and literals for MySQL and MariaDB, safe against SQL injection. */
export const dialect: Dialect = {
  name: inBackticks,
  table: (written) => partsOf(written).map(inBackticks).join('.'),
  text: digestOf,
  moment: (iso) => `TIMESTAMP'${iso.replaceAll("'", '').replace('T', ' ').replace('Z', '')}'`,
}

/**
 * Compares by bytes in one character set, as keys are compared everywhere. MySQL 8 cannot convert
 * invalid bytes to text; numbers are binary there and compare by their digits. The digest keeps
 * values short enough for the statement's temporary table. Longer values would make the database
 * scan all rows for each row.
 */
function digestOf(value: string): string {
  const digest = (bytes: string) => `UNHEX(SHA2(${bytes}, 256))`
  return `IF(CHARSET(${value}) = 'binary', ${digest(`CONCAT('', ${value})`)}, ${digest(`CONVERT(${value} USING utf8mb4)`)})`
}

export function inBackticks(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text literal, independent of the server's rules for backslashes and quotes. */
export function quotedText(text: string): string {
  return text === '' ? "''" : `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`
}

/** `auth.users` → auth, users. A name that contains a dot is in backticks. */
export function partsOf(written: string): string[] {
  const parts = [...written.trim().matchAll(/`((?:[^`]|``)+)`|([^.`]+)/g)]
  return parts.map(([, quoted, plain]) => quoted?.replaceAll('``', '`') ?? (plain ?? '').trim())
}
