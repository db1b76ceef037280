import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Numbers users by address, and memberships by user and organization, because IDs differ between
 * runs.
 */
const NUMBERED = `
  CREATE TEMP TABLE numbered_users AS SELECT id, row_number() OVER (ORDER BY email_key) AS n FROM users;
  CREATE TEMP TABLE numbered_memberships AS
    SELECT m.id, row_number() OVER (ORDER BY o.name, o.external_id, u.email_key) AS n
    FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.organization_id;
`

const users = (condition: string) => `id IN (SELECT id FROM numbered_users WHERE ${condition})`
const memberships = (condition: string) => `id IN (SELECT id FROM numbered_memberships WHERE ${condition})`

/** Strangers. Some have addresses of source users that were not applied. */
const STRANGERS = `
  WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60)
  INSERT OR IGNORE INTO users
    SELECT 1, printf('user_%026d', n), email, email, n % 2, 'Stranger', NULL, NULL, NULL, NULL, '{}', NULL, NULL, at, at
    FROM (SELECT n, iif(n % 3 = 0, 'stranger' || n, 'user' || (n * 25 + 1)) || '@example.com' AS email, '2026-01-01T00:00:00.000Z' AS at FROM n);
  INSERT OR IGNORE INTO memberships
    SELECT 1, replace(u.id, 'user_', 'om_'), u.id, o.id, 'active', '["member"]', u.created_at, u.created_at
    FROM users u JOIN organizations o ON o.external_id = 'org-1' WHERE u.first_name = 'Stranger';
`

const CHANGES = [
  `UPDATE users SET first_name = 'Changed in WorkOS' WHERE ${users('n % 10 = 1')}`,
  `UPDATE users SET last_name = NULL WHERE ${users('n % 10 = 3')}`,
  `UPDATE users SET email_verified = 1 - email_verified WHERE ${users('n % 10 = 5')}`,
  `UPDATE users SET metadata = '{"username":"changed"}' WHERE ${users('n % 10 = 7')}`,
  `UPDATE users SET external_id = NULL WHERE ${users('n % 50 = 9')}`,
  `UPDATE users SET email = 'moved-' || email, email_key = 'moved-' || email_key WHERE ${users('n % 50 = 19')}`,
  `DELETE FROM memberships WHERE user_id IN (SELECT id FROM numbered_users WHERE n % 20 = 2)`,
  `DELETE FROM auth_factors WHERE user_id IN (SELECT id FROM numbered_users WHERE n % 20 < 4)`,
  `DELETE FROM users WHERE ${users('n % 20 = 2')}`,
  `UPDATE memberships SET role_slugs = '["member"]' WHERE ${memberships('n % 10 = 1')}`,
  `UPDATE memberships SET status = 'inactive' WHERE ${memberships('n % 10 = 4')}`,
  `DELETE FROM memberships WHERE ${memberships('n % 10 = 7')}`,
  "UPDATE organizations SET name = 'Changed in WorkOS' WHERE external_id = 'org-3'",
  "DELETE FROM memberships WHERE organization_id IN (SELECT id FROM organizations WHERE external_id = 'org-5')",
  "DELETE FROM organizations WHERE external_id = 'org-5'",
  "UPDATE roles SET name = 'Changed in WorkOS' WHERE slug = 'admin'",
]

/**
 * Changes the embedded sandbox of a folder, as if someone worked in WorkOS: changed, added and
 * removed values.
 */
export function drift(folder: string): void {
  const database = new DatabaseSync(join(folder, '.workos-migrate/sandbox.sqlite'))
  try {
    database.exec(`BEGIN; ${NUMBERED} ${CHANGES.join('; ')}; ${STRANGERS} COMMIT`)
  } finally {
    database.close()
  }
}
