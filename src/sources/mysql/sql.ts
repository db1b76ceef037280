/** Pieces of statements for MySQL and MariaDB, in which nothing that is put in can mean anything else. */

/** A name, whatever its characters are. */
export function inBackticks(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text, whatever the server takes backslashes and quotes for. */
export function quotedText(text: string): string {
  return text === '' ? "''" : `_utf8mb4 X'${Buffer.from(text, 'utf8').toString('hex')}'`
}

/** `shop.users` as the statement needs it. A name that has a dot is in backticks in the manifest. */
export function tableName(written: string): string {
  return partsOf(written).map(inBackticks).join('.')
}

/** Database and table, or the table alone. */
export function partsOf(written: string): string[] {
  const parts = [...written.trim().matchAll(/`((?:[^`]|``)+)`|([^.`]+)/g)]
  return parts.map(([, quoted, plain]) => (quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('``', '`')))
}
