import type { Database } from './database.ts'
import { DEFAULT_ROLE } from './endpoints/role-store.ts'

/**
 * Finds or makes an environment: a new one has the role `member`, as every environment of WorkOS. The name is most of an API
 * key, which somebody may have taken from production: a keyed digest of it is stored.
 */
export function openEnvironment(
  database: Database,
  name: string,
  newId: (prefix: string) => string,
  at: number,
): number {
  const find = 'SELECT id FROM environments WHERE name = ?'
  const stored = database.digest(name)
  // Earlier versions stored the name itself.
  database.run('UPDATE environments SET name = ? WHERE name = ?', stored, name)
  const known = database.one<{ id: number }>(find, stored)
  if (known !== undefined) return known.id
  return database.transaction(() => {
    database.run('INSERT INTO environments (name) VALUES (?) ON CONFLICT DO NOTHING', stored)
    const id = database.one<{ id: number }>(find, stored)?.id ?? 0
    const timestamp = new Date(at).toISOString()
    database.run(
      `INSERT INTO roles (environment, organization_id, slug, id, name, description, resource_type_slug, permissions, created_at, updated_at)
        VALUES (?, '', ?, ?, 'Member', NULL, 'organization', '[]', ?, ?) ON CONFLICT DO NOTHING`,
      id,
      DEFAULT_ROLE,
      newId('role'),
      timestamp,
      timestamp,
    )
    return id
  })
}
