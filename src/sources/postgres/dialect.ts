import type { Dialect } from '../database/driver.ts'

/** The words of PostgreSQL. Nothing that is put into a statement can mean anything else there. */
export const dialect: Dialect = {
  name: quoted,
  table: (written) => partsOf(written).map(quoted).join('.'),
  text: (expression) => `(${expression})::text`,
  moment: (iso) => `'${iso.replaceAll("'", '')}'`,
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `auth.users` → auth, users. A name that has a dot is in double quotes. */
export function partsOf(written: string): string[] {
  const parts = [...written.trim().matchAll(/"((?:[^"]|"")+)"|([^."]+)/g)]
  return parts.map(([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? (plain ?? '').trim())
}
