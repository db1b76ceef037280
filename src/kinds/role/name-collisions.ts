import { type CollidedNames, type CollisionRule, NAMED, type NameRules, namedWithPlaces } from '../collisions.ts'
import { MAX_ROLE_SLUG } from './roles.ts'

/**
 * Finds names that expressions turned into one role slug: `Admin` and `Admin!` would be one role,
 * and anyone who has one would get the permissions of both. A slug means an organization role if
 * the organization defines one, otherwise a role of the environment.
 */

/** Whether an organization defines its own role with this slug: then only its own names count. */
const isOwn = (slug: string, organization: string) =>
  `EXISTS (SELECT 1 FROM drafts o WHERE o.kind = 'role-definition' AND o.key IN (${slug} || '@' || ${organization}, 'org-' || ${slug} || '@' || ${organization}))`

/** How collisions refer to names that `roles.map` has yet to translate. */
const UNTRANSLATED = 'role-name'

export const roleNames: NameRules = {
  of: 'role',
  place: `CASE WHEN n.scope <> '' AND ${isOwn('n.slug', 'n.scope')} THEN n.scope ELSE '' END`,
  // A line under `roles.map` can give one name the slug of another name that has no line: `Admin!`
  // becomes `admin-2`, the slug of `Admin 2`. Two lines declare the names to be one role, and so
  // does a pattern.
  slugs: {
    condition: `(n.mapped OR n.slug = n.derived OR EXISTS (
      SELECT 1 FROM names o WHERE o.kind = 'role' AND o.mapped AND o.derived = n.derived AND o.slug = n.slug))`,
    having: 'AND max(mapped) AND NOT min(mapped)',
  },
  entries: (slugs, given) => [
    ...slugs.flatMap((slug): [string, string][] => [
      ['role', slug],
      ['role', `org-${slug}`],
    ]),
    ...given.map((name): [string, string] => [UNTRANSLATED, name]),
  ],
  wording: (slug, names) => ({
    message: `the roles ${namedWithPlaces(names)} result in the same slug, ${slug}: anyone who has one of them would get the permissions of all`,
    hint: `give each its own slug in the manifest: roles: { map: { ${lines(slug, names)} } }`,
  }),
}

/** Whether the slug `r`, in an organization or in none, means the collided role. */
const isThere = (slug: string, organization: string) =>
  `c.slug = ${slug} AND (c.place = ${organization} OR (c.place = '' AND NOT ${isOwn(slug, organization)}))`

export const definitionCollisions: readonly CollisionRule[] = [
  {
    from: 'drafts',
    code: 'role_slug_collision',
    field: 'key',
    found: `SELECT d.id, c.message, c.hint FROM drafts d JOIN collided c
       ON c.kind = 'role' AND c.slug = d.attributes ->> '$.slug' AND c.place = coalesce(d.attributes ->> '$.organization', '')
     WHERE d.kind = 'role-definition' GROUP BY d.id`,
  },
  {
    from: 'drafts',
    code: 'permission_slug_collision',
    field: 'permissions',
    found: `SELECT d.id, c.message, c.hint FROM drafts d, json_each(d.attributes, '$.permissions') p
     JOIN collided c ON c.kind = 'permission' AND c.slug = p.value WHERE d.kind = 'role-definition' GROUP BY d.id`,
  },
]

/** Collisions in memberships and groups, and in roles assigned to memberships of other records. */
export const assignedCollisions: readonly CollisionRule[] = [
  {
    from: 'drafts',
    code: 'role_slug_collision',
    field: 'roles',
    found: `SELECT d.id, c.message, c.hint FROM drafts d, json_each(d.attributes, '$.roles') r
     JOIN collided c ON c.kind = 'role' AND ${isThere('r.value', "(d.refs ->> '$.organization')")}
     WHERE d.kind IN ('membership', 'group') GROUP BY d.id`,
  },
  {
    from: 'grants',
    code: 'role_slug_collision',
    field: 'role',
    // Grants of scope `user` have names that `roles.map` has yet to translate.
    found: `SELECT g.rowid AS id, c.message, c.hint FROM grants g
     JOIN collided c ON c.kind = iif(g.scope = 'user', '${UNTRANSLATED}', 'role')
       AND ${isThere('g.role', "coalesce(g.organization, '')")} GROUP BY g.rowid`,
  },
]

/** Entries for `roles.map` that give each name its own slug. */
function lines(slug: string, names: CollidedNames): string {
  return names
    .slice(0, NAMED)
    .map(([name], index) => {
      const end = index === 0 ? '' : `-${index + 1}`
      return `${JSON.stringify(name)}: ${slug.slice(0, MAX_ROLE_SLUG - end.length)}${end}`
    })
    .join(', ')
}
