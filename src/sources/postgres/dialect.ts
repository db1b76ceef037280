import type { Dialect } from '../database/driver.ts'

/** Quotes names and literals for PostgreSQL, safe against SQL injection. */
export const dialect: Dialect = {
  name: quoted,
  table: (written) => partsOf(written).map(quoted).join('.'),
  text: (expression) => `(${expression})::text`,
  moment: (iso) => `'${iso.replaceAll("'", '')}'`,
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `auth.users` → auth, users. A name that contains a dot is in double quotes. */
export function partsOf(written: string): string[] {
  const parts = [...written.trim().matchAll(/"((?:[^"]|"")+)"|([^."]+)/g)]
  return parts.map(([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? (plain ?? '').trim())
}
