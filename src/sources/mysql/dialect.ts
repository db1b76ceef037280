import type { Dialect } from '../database/driver.ts'

/** The words of MySQL and MariaDB. Nothing that is put into a statement can mean anything else there. */
export const dialect: Dialect = {
  name: inBackticks,
  table: (written) => partsOf(written).map(inBackticks).join('.'),
  // In one character set, so that equal texts are equal; to the letter, as keys are compared everywhere.
  text: (expression) => `HEX(CONCAT(_utf8mb4'' COLLATE utf8mb4_bin, ${expression}))`,
  moment: (iso) => `TIMESTAMP'${iso.replaceAll("'", '').replace('T', ' ').replace('Z', '')}'`,
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
