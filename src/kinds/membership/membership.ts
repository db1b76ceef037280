import type { Manifest } from '../../config/manifest.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import type { Attributes, LiveResource } from '../../resource.ts'
import type { RunDatabase } from '../../rundb/run-database.ts'
import type { NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import type { Fallback, KindDefinition } from '../kind.ts'
import { BY_PLACE, type MergePolicy } from '../lifecycle.ts'
import { deriveRoles } from '../role/lifecycle.ts'
import { assignedCollisions } from '../role/name-collisions.ts'
import { organizationRole } from '../role/organization-role.ts'
import { role } from '../role/role.ts'
import { rankedSlugs } from '../role/role-definition.ts'
import { roleMention } from '../role/role-mention.ts'
import { rolesOf } from '../role/roles.ts'
import { memberScope } from '../scope.ts'
import { optionalText, take } from '../values/check.ts'
import { listed, pages, requiredText, textOf } from '../wire.ts'
import { assignGrants, assignUserGrants, refuseGrantsForTwo } from './grants.ts'
import { joinRoles, oneRoleForAll } from './roles.ts'
import { hasItsOwnRoles, readGroupRoles, withoutGroupRoles, withoutRolesOfGroups } from './roles-of-groups.ts'
import { describeLost, membershipRemarks, membershipRemedies } from './wording.ts'

/**
 * Memberships: the mapped fields of records, the requests and the responses. Roles also come from
 * grants (grants.ts) and from the manifest (roles.ts). Responses lose the roles that groups assign
 * (roles-of-groups.ts).
 */

const PATH = '/user_management/organization_memberships'

/** WorkOS's code for an environment with one role per membership. */
const ONE_ROLE = 'multiple_roles_not_enabled'

/** Lists return only active memberships unless all statuses are requested. */
const STATUSES = 'active,inactive,pending'

/**
 * Codes, in addition to a plain 409, for a user who is already a member. WorkOS does not document
 * one.
 */
const EXISTS: ReadonlySet<string> = new Set([
  'organization_membership_already_exists',
  'user_already_organization_member',
  'entity_already_exists',
  'conflict',
  'cannot_reactivate_pending_organization_membership',
])

/**
 * A user's membership in an organization, with its roles. Without roles WorkOS assigns its default
 * role, and roles are not managed.
 */
export const membership: KindDefinition = {
  name: 'membership',
  plural: 'memberships',
  remarks: membershipRemarks,
  remedies: membershipRemedies,
  rule: 'membership',
  alwaysCounted: true,
  refs: { user: 'user', organization: 'organization' },
  fields: { roles: { compare: 'set', merge: 'union', assigned: true } },
  mapped: ['user', 'organization', 'roles'],
  inForce: { status: 'active' },
  normalise,
  mergePolicy,
  lifecycle: {
    staged(rundb, { roles }) {
      refuseGrantsForTwo(rundb)
      return assignUserGrants(rundb, roles)
    },
    referenced: (rundb, { roles }) => assignGrants(rundb, membershipKey, roles),
    accepted(rundb, { roles }) {
      joinRoles(rundb, roles)
      deriveRoles(rundb)
    },
  },
  mootNotes: ["n.code = 'unmapped_role'"],
  collisions: assignedCollisions,
  // Memberships bring the members of an organization into a scope, and the organizations of a user.
  scope: {
    ...memberScope,
    findInScope(rundb, limit) {
      rundb.exec(TIES)
      findUsers(rundb, limit)
      findOrganizations(rundb)
    },
    narrowed: (rundb) => rundb.exec('DROP TABLE ties'),
  },
  keyFromRefs: membershipKey,
  keyRefs: ['user', 'organization'],
  mentions: ({ attributes: { roles }, refs }) =>
    Array.isArray(roles) ? roles.map(String).map((slug) => roleMention(slug, refs.organization ?? '')) : [],
  rateClass: 'write',
  within: 'organization',
  whyNotCreatable: () => undefined,
  naturalKey: (_desired, { user, organization }) =>
    user === undefined || organization === undefined ? null : `${user}@${organization}`,
  natural: (ref) => `${ref('user')} || '@' || ${ref('organization')}`,
  list: async function* (api, parentIds) {
    for await (const id of parentIds) {
      yield* pages(api, PATH, { organization_id: id, statuses: STATUSES }, parse)
    }
  },
  find: async (api, _desired, { user, organization }) => {
    if (user === undefined || organization === undefined) return undefined
    const body = await api.read(PATH, { user_id: user, organization_id: organization, statuses: STATUSES, limit: 10 })
    return listed(PATH, body ?? { data: [] })
      .map(parse)
      .find((found) => found.naturalKey === `${user}@${organization}`)
  },
  get: async (api, id) => {
    const body = await api.read(`${PATH}/${encodeURIComponent(id)}`)
    return body === undefined ? undefined : parse(body)
  },
  create: ({ key, attributes }, { user, organization }) => {
    if (user === undefined || organization === undefined) {
      throw new TypeError(`membership ${key} cannot be created before its user and its organization`)
    }
    return {
      method: 'POST',
      path: PATH,
      body: { user_id: user, organization_id: organization, ...roleBody(attributes.roles) },
    }
  },
  update: (id, changes) => [
    { method: 'PUT', path: `${PATH}/${encodeURIComponent(id)}`, body: roleBody(changes.roles) },
  ],
  remove: (id) => ({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}` }),
  parse,
  exists: (codes, status) => status === 409 || codes.some((code) => EXISTS.has(code)),
  fallback: oneRole,
  answered: withoutRolesOfGroups,
  slugsInBody: ['role_slug', 'role_slugs'],
  label: ({ refs }) => `${refs.user} in ${refs.organization}`,
  live: { prepare: readGroupRoles, own: withoutGroupRoles, wholly: hasItsOwnRoles },
  planned: {
    plain: {
      label: "(d.refs ->> '$.user') || ' in ' || (d.refs ->> '$.organization')",
      where: () => ROLES_ARE_DESIRED,
    },
  },
  stateScope: { is: 'tie', of: ['user', 'organization'] },
  deletion: { round: 'people' },
  review: { mapsFields: { except: [] }, valueWarnings: oneRoleForAll },
}

export function membershipKey({ user, organization }: Record<string, string>): string {
  return `${user}@${organization}`
}

/** Records of a membership never conflict: the first record names it. */
function mergePolicy(): MergePolicy {
  return { strategy: 'merge', rules: {}, order: BY_PLACE.join(', ') }
}

function normalise(fields: Record<string, unknown>, rules: ValueRules): NormaliseResult {
  const problems: ValueProblem[] = []
  const refs: Record<string, string> = {}
  for (const field of ['user', 'organization']) {
    const found = problems.length
    const key = take(field, optionalText(fields[field]), problems)
    if (key !== undefined) refs[field] = key
    else if (problems.length === found) {
      problems.push({
        code: 'membership_incomplete',
        field,
        message: `the membership has no ${field}`,
        hint: `map the key of the ${field}, or skip the record with map.membership.when`,
      })
    }
  }
  const { slugs, notes } = rolesOf(fields.roles, { rules, organization: refs.organization, problems })
  const key = refs.user === undefined || refs.organization === undefined ? null : membershipKey(refs)
  if (problems.length > 0 || key === null) return { ok: false, key, problems }
  const attributes: JsonObject = slugs.length === 0 ? {} : { roles: slugs }
  return { ok: true, value: { key, attributes, secrets: null, refs, notes } }
}

/** SQL condition: each role in `mentions` is desired, in the environment or in the organization. */
const ROLES_ARE_DESIRED = `NOT EXISTS (SELECT 1 FROM json_each(d.attributes, '$.roles') r
  WHERE NOT EXISTS (SELECT 1 FROM desired m WHERE m.kind = '${role.name}' AND m.key = r.value)
    AND NOT EXISTS (SELECT 1 FROM desired m WHERE m.kind = '${organizationRole.name}' AND m.key = r.value || '@' || (d.refs ->> '$.organization')))`

function parse(body: JsonObject): LiveResource {
  return {
    id: requiredText(body, 'id'),
    externalId: null,
    naturalKey: `${requiredText(body, 'user_id')}@${requiredText(body, 'organization_id')}`,
    attributes: { ...rolesIn(body), status: textOf(body, 'status') },
  }
}

/** `roles` if the environment allows several roles per membership, else `role`. */
function rolesIn(body: JsonObject): { roles?: string[] } {
  if (body.roles === undefined && body.role === undefined) return {}
  const roles = Array.isArray(body.roles) ? body.roles : [body.role ?? null]
  return { roles: roles.map((role) => (isObject(role) ? textOf(role, 'slug') : null)).filter((slug) => slug !== null) }
}

/**
 * The first role by `roles.priority`, if the environment allows one per membership and
 * `roles.notEnabled` is `first`.
 */
function oneRole(
  { roles, ...rest }: Attributes,
  codes: ReadonlySet<string> | undefined,
  { roles: { notEnabled, priority = [] } }: Pick<Manifest, 'roles'>,
): Fallback | undefined {
  if (codes !== undefined && !codes.has(ONE_ROLE)) return undefined
  if (notEnabled !== 'first' || !Array.isArray(roles) || roles.length < 2) return undefined
  const slugs = roles.map(String)
  const kept = rankedSlugs(priority).find((slug) => slugs.includes(slug))
  if (kept === undefined) return undefined
  const lost = slugs.filter((slug) => slug !== kept)
  return {
    attributes: { ...rest, roles: [kept] },
    code: 'role_lost',
    message: describeLost({ kept, lost }),
  }
}

/** WorkOS accepts `role_slug` or, with several roles enabled, `role_slugs`. */
function roleBody(roles: Json | undefined): JsonObject {
  if (!Array.isArray(roles) || roles[0] === undefined) return {}
  return roles.length === 1 ? { role_slug: roles[0] } : { role_slugs: roles }
}

/** All memberships, including rejected ones. */
const TIES = `CREATE TABLE ties AS
  SELECT key, refs ->> '$.user' AS user, refs ->> '$.organization' AS organization FROM desired WHERE kind = 'membership'
  UNION ALL SELECT r.key, coalesce(a.canonical, r.refs ->> '$.user'), r.refs ->> '$.organization' FROM rejects r
    LEFT JOIN aliases a ON a.kind = 'user' AND a.key = r.refs ->> '$.user'
    WHERE r.kind = 'membership' AND r.refs ->> '$.user' IS NOT NULL AND r.refs ->> '$.organization' IS NOT NULL;
  CREATE INDEX ties_by_user ON ties (user);
  CREATE INDEX ties_by_organization ON ties (organization)`

/**
 * Whether a tie `t` is chosen: a chosen user brings all its memberships, a chosen organization its
 * own.
 */
const CHOSEN_TIE = `(EXISTS (SELECT 1 FROM chosen c WHERE c.kind = 'organization' AND c.key = t.organization)
  OR EXISTS (SELECT 1 FROM chosen c WHERE c.kind = 'user' AND c.key = t.user))`

/** The first `limit` users are the first by key, as in the order of applying. */
function findUsers(rundb: RunDatabase, limit: number | null): void {
  rundb.run(
    `INSERT INTO in_scope SELECT 'user', key FROM chosen WHERE kind = 'user'
     UNION SELECT 'user', t.user FROM ties t WHERE ${CHOSEN_TIE}`,
  )
  if (limit === null) return
  const last = rundb
    .statement(
      `SELECT u.key FROM in_scope u WHERE u.kind = 'user'
       AND EXISTS (SELECT 1 FROM desired d WHERE d.kind = 'user' AND d.key = u.key) ORDER BY u.key LIMIT 1 OFFSET ?`,
    )
    .get(limit - 1)
  if (last !== undefined) rundb.run("DELETE FROM in_scope WHERE kind = 'user' AND key > ?", String(last.key))
}

/**
 * The chosen organizations, and those that users in scope belong to by a membership in scope.
 */
function findOrganizations(rundb: RunDatabase): void {
  rundb.run(
    `INSERT INTO in_scope SELECT 'organization', key FROM chosen WHERE kind = 'organization'
     UNION SELECT 'organization', t.organization FROM ties t WHERE ${CHOSEN_TIE}
       AND EXISTS (SELECT 1 FROM in_scope u WHERE u.kind = 'user' AND u.key = t.user)`,
  )
}
