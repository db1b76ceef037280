import type { Dialect } from '../database/driver.ts'

/**
 * The words of MySQL and MariaDB. Nothing that is put into a statement can mean anything else
 * there.
 */
export const dialect: Dialect = {
  name: inBackticks,
  table: (written) => partsOf(written).map(inBackticks).join('.'),
  text: digestOf,
  moment: (iso) => `TIMESTAMP'${iso.replaceAll("'", '').replace('T', ' ').replace('Z', '')}'`,
}

/**
 * To the letter, as keys are compared everywhere, and in one character set, so that equal texts are
 * equal. MySQL 8 refuses to take bytes that are no text for one; numbers count as bytes there,
 * which are their digits. A digest stands for them: longer values than it would not be kept in a
 * table of a statement, which then would look for each row through all of the others.
 */
function digestOf(value: string): string {
  const digest = (bytes: string) => `UNHEX(SHA2(${bytes}, 256))`
  return `IF(CHARSET(${value}) = 'binary', ${digest(`CONCAT('', ${value})`)}, ${digest(`CONVERT(${value} USING utf8mb4)`)})`
}

export function inBackticks(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text, whatever the server takes backslashes and quotes for. */
export function quotedText(text: string): string {
  return text === '' ? "''" : `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`
}

/** `auth.users` → auth, users. A name that has a dot is in backticks. */
export function partsOf(written: string): string[] {
  const parts = [...written.trim().matchAll(/`((?:[^`]|``)+)`|([^.`]+)/g)]
  return parts.map(([, quoted, plain]) => quoted?.replaceAll('``', '`') ?? (plain ?? '').trim())
}
