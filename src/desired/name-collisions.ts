import type { SQLOutputValue } from 'node:sqlite'
import { someOf } from '../diagnostics/some-of.ts'
import { MAX_ROLE_SLUG } from '../kinds/role/roles.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** How many of the names a message has, and how much of each. */
const NAMED = 4
const LENGTH = 60

type Names = [name: string, origin: string][]

/**
 * Refuses what has a key or slug that expressions made of several names of the source: `Admin` and `Admin!` would be one role, and
 * whoever has one of them would get the permissions of both. All of it, until the manifest tells the names apart: which of them is meant
 * cannot be told from the slug.
 */
export function refuseNameCollisions(rundb: RunDatabase): void {
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM names)') === 0) return
  rundb.db.exec(`
    CREATE TABLE collided (kind TEXT NOT NULL, slug TEXT NOT NULL, place TEXT NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL,
      PRIMARY KEY (kind, slug, place)) WITHOUT ROWID, STRICT;
  `)
  for (const found of [COLLISIONS, HALF_MAPPED]) {
    for (const { kind, slug, place, slugs, given, names } of rundb.spool(found)) {
      const text = WORDING[String(kind)]?.(String(slug), JSON.parse(String(names)))
      if (text === undefined) continue
      for (const each of textsIn(slugs)) {
        collide(rundb, String(kind), each, String(place), text)
        if (kind === 'role') collide(rundb, 'role', `org-${each}`, String(place), text)
      }
      if (kind === 'role') for (const each of textsIn(given)) collide(rundb, 'role-name', each, String(place), text)
    }
  }
  if (rundb.count('SELECT EXISTS (SELECT 1 FROM collided)') === 0) return
  for (const [kind, code, field, found] of REFUSED) refuse(rundb, kind, code, field, found)
  refuseGrants(rundb)
}

function collide(rundb: RunDatabase, kind: string, slug: string, place: string, { message, hint }: Wording): void {
  rundb.run('INSERT OR IGNORE INTO collided VALUES (?, ?, ?, ?, ?)', kind, slug, place, message, hint)
}

/** Whether an organization has a role of its own by this slug: what it is made of matters there alone. */
const isOwn = (slug: string, organization: string) =>
  `EXISTS (SELECT 1 FROM drafts o WHERE o.kind = 'role-definition' AND o.key IN (${slug} || '@' || ${organization}, 'org-' || ${slug} || '@' || ${organization}))`

/**
 * Names of one slug in one place: a role is one of an organization where that has its own, else one of the environment.
 * @param slug what has to be the same of them
 * @param condition which names count
 * @param having which of the names that share a slug collide
 */
const collisions = (slug: 'derived' | 'slug', condition: string, having: string) => `
  SELECT kind, ${slug} AS slug, place, json_group_array(DISTINCT slug) AS slugs,
    json_group_array(DISTINCT iif(mapped, name, derived)) AS given,
    json_group_array(json_array(name, origin) ORDER BY seq, name) AS names
  FROM (
    SELECT n.kind, n.derived, n.slug, n.name, n.mapped, min(n.seq) AS seq, f.name || coalesce(':' || n.line, '') AS origin,
      CASE WHEN n.kind = 'role' AND n.scope <> '' AND ${isOwn('n.slug', 'n.scope')} THEN n.scope ELSE '' END AS place
    FROM names n JOIN files f ON f.id = n.file WHERE ${condition} GROUP BY n.kind, n.${slug}, place, n.name)
  GROUP BY kind, ${slug}, place HAVING count(DISTINCT name) > 1 ${having} ORDER BY kind, ${slug}, place`

const COLLISIONS = collisions('derived', 'NOT n.mapped', '')

/**
 * A line under `roles.map` gives one name the slug of another that has no line: `Admin!` becomes `admin-2`, which `Admin 2` is already. Two
 * lines say that the two are one role, and so does a pattern.
 */
const HALF_MAPPED = collisions(
  'slug',
  `n.kind = 'role' AND (n.mapped OR n.slug = n.derived OR EXISTS (
     SELECT 1 FROM names o WHERE o.kind = 'role' AND o.mapped AND o.derived = n.derived AND o.slug = n.slug))`,
  'AND max(mapped) AND NOT min(mapped)',
)

function textsIn(list: SQLOutputValue | undefined): string[] {
  return JSON.parse(String(list)).map(String)
}

/** Whether a role by the slug `r`, given in an organization or in none, is the collided one. */
const isThere = (slug: string, organization: string) =>
  `c.slug = ${slug} AND (c.place = ${organization} OR (c.place = '' AND NOT ${isOwn(slug, organization)}))`

const KEYED =
  'SELECT d.id, c.message, c.hint FROM drafts d JOIN collided c ON c.kind = ?1 AND c.slug = d.key WHERE d.kind = ?1'

/** What is refused, in which kind of draft, by which query for the drafts. */
const REFUSED: readonly [kind: string, code: string, field: string, found: string][] = [
  ['user', 'user_key_collision', 'key', KEYED],
  ['organization', 'organization_key_collision', 'key', KEYED],
  ['group', 'group_key_collision', 'key', KEYED],
  ['permission', 'permission_slug_collision', 'key', KEYED],
  [
    'role-definition',
    'role_slug_collision',
    'key',
    `SELECT d.id, c.message, c.hint FROM drafts d JOIN collided c
       ON c.kind = 'role' AND c.slug = d.attributes ->> '$.slug' AND c.place = coalesce(d.attributes ->> '$.organization', '')
     WHERE d.kind = ?1 GROUP BY d.id`,
  ],
  [
    'role-definition',
    'permission_slug_collision',
    'permissions',
    `SELECT d.id, c.message, c.hint FROM drafts d, json_each(d.attributes, '$.permissions') p
     JOIN collided c ON c.kind = 'permission' AND c.slug = p.value WHERE d.kind = ?1 GROUP BY d.id`,
  ],
  [
    'membership',
    'role_slug_collision',
    'roles',
    `SELECT d.id, c.message, c.hint FROM drafts d, json_each(d.attributes, '$.roles') r
     JOIN collided c ON c.kind = 'role' AND ${isThere('r.value', "(d.refs ->> '$.organization')")} WHERE d.kind = ?1 GROUP BY d.id`,
  ],
]

function refuse(rundb: RunDatabase, kind: string, code: string, field: string, found: string): void {
  const drafts = rundb.spool(found, kind)
  for (const { id, message, hint } of drafts) {
    rundb.run(
      `INSERT INTO rejects SELECT kind, key, ?, ?, ?, ?, seq, file, line, refs, records FROM drafts WHERE id = ?`,
      code,
      field,
      String(message),
      String(hint),
      Number(id),
    )
    rundb.run('DELETE FROM drafts WHERE id = ?', Number(id))
  }
}

/** Roles that are given to memberships of other records. With the scope `user` a grant has what `roles.map` has yet to translate. */
function refuseGrants(rundb: RunDatabase): void {
  const grants = rundb.spool(
    `SELECT g.rowid AS id, g.user, c.message, c.hint FROM grants g
     JOIN collided c ON c.kind = iif(g.scope = 'user', 'role-name', 'role')
       AND ${isThere('g.role', "coalesce(g.organization, '')")} GROUP BY g.rowid`,
  )
  for (const { id, user, message, hint } of grants) {
    rundb.run(
      `INSERT INTO rejects SELECT 'roleAssignment', user, 'role_slug_collision', 'role', ?, ?, seq, file, line,
         json_object('user', ?), 1 FROM grants WHERE rowid = ?`,
      String(message),
      String(hint),
      String(user),
      Number(id),
    )
    rundb.run('DELETE FROM grants WHERE rowid = ?', Number(id))
  }
}

interface Wording {
  message: string
  hint: string
}

const WORDING: Readonly<Record<string, (slug: string, names: Names) => Wording>> = {
  role: (slug, names) => ({
    message: `the roles ${named(names)} have one slug, ${slug}: whoever has one of them would have the permissions of all`,
    hint: `tell them apart in the manifest: roles: { map: { ${lines(slug, names)} } }`,
  }),
  permission: (slug, names) => ({
    message: `the permissions ${named(names)} have one slug, ${slug}: whoever has one of them would have the others`,
    hint: 'tell them apart in map.permission.key and map.role.permissions, both in the same way',
  }),
  user: (key, names) => ({
    message: `the names ${named(names)} give one key, ${key}: one user would get what belongs to another`,
    hint: 'tell them apart in map.user.key, and likewise in map.membership.user and wherever else the user is named',
  }),
  organization: (key, names) => ({
    message: `the names ${named(names)} give one key, ${key}: two organizations would be one`,
    hint: 'tell them apart in map.organization.key, and likewise in map.membership.organization; if they are one, make the names equal before $slug, with $lowercase or $replace',
  }),
  group: (key, names) => ({
    message: `the names ${named(names)} give one key, ${key}: two groups would be one`,
    hint: 'tell them apart in map.group.key, and likewise in map.groupMember.group; if they are one, make the names equal before $slug, with $lowercase or $replace',
  }),
}

function named(names: Names): string {
  const described = names.map(([name, origin]) => `${quoted(name)} (${origin})`)
  return someOf(described, { limit: NAMED })
}

/** The entries of `roles.map` that give each name a slug of its own. */
function lines(slug: string, names: Names): string {
  return names
    .slice(0, NAMED)
    .map(([name], index) => {
      const end = index === 0 ? '' : `-${index + 1}`
      return `${JSON.stringify(name)}: ${slug.slice(0, MAX_ROLE_SLUG - end.length)}${end}`
    })
    .join(', ')
}

function quoted(name: string): string {
  return JSON.stringify(name.length > LENGTH ? `${name.slice(0, LENGTH)}…` : name)
}
