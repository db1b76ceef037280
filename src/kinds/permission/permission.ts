import type { Manifest } from '../../config/manifest.ts'
import { ManifestError } from '../../diagnostics/errors.ts'
import type { DesiredResource } from '../../resource.ts'
import { layOver } from '../../rundb/desired.ts'
import { keyed, namedWithPlaces } from '../collisions.ts'
import type { NormaliseResult, ValueProblem } from '../draft.ts'
import type { KindDefinition } from '../kind.ts'
import { optionalText, readLabels, take } from '../values/check.ts'
import { bySlug, createBody, pages, pick, type Spelling, textOf, updateBody } from '../wire.ts'
import { permissionSlug } from './slugs.ts'
import { permissionRemedies } from './wording.ts'

/**
 * Permissions: the mapped fields of records, entries of permissions.define, the requests and the
 * responses. role/lifecycle.ts adds permissions that only roles name.
 */

const PATH = '/authorization/permissions'

const SPELLING: Spelling = { name: 'name', description: 'description' }

const { pathOf, get, parse } = bySlug(PATH, (body) => ({
  ...pick(body, 'name', 'name'),
  ...pick(body, 'description', 'description'),
}))

/** A permission of the environment. Its key is its slug. */
export const permission: KindDefinition = {
  name: 'permission',
  plural: 'permissions',
  remedies: permissionRemedies,
  rule: 'permission',
  refs: {},
  fields: {
    name: { compare: 'value', merge: 'first' },
    description: { compare: 'value', merge: 'first' },
  },
  mapped: ['key', 'name', 'description'],
  normalise,
  lifecycle: {
    accepted(rundb, manifest) {
      for (const defined of permissionsDefined(manifest)) layOver(rundb, defined)
    },
  },
  names: {
    of: 'permission',
    wording: (slug, names) => ({
      message: `the permissions ${namedWithPlaces(names)} result in the same slug, ${slug}: anyone who has one of them would get all of them`,
      hint: 'make the slugs differ in map.permission.key and map.role.permissions, in the same way',
    }),
  },
  collisions: [keyed('permission', 'permission_slug_collision')],
  rateClass: 'other',
  onConflict: ({ roles }) => roles.onConflict ?? 'keep',
  whyNotCreatable: () => undefined,
  naturalKey: (desired) => desired.key,
  list: (api) => pages(api, PATH, {}, parse),
  find: (api, desired) => get(api, desired.key),
  get,
  create: ({ key, attributes }) => ({
    method: 'POST',
    path: PATH,
    // A permission that only a role names has no other name.
    body: { slug: key, name: key, ...createBody(attributes, SPELLING) },
  }),
  update: (id, changes) => [{ method: 'PATCH', path: pathOf(id), body: updateBody(changes, SPELLING) }],
  remove: (id) => ({ method: 'DELETE', path: pathOf(id) }),
  parse,
  exists: (codes) => codes.includes('permission_slug_conflict'),
  label: ({ attributes, key }) => textOf(attributes, 'name') ?? key,
  deletion: { madeFrom: 'role-definition' },
}

/**
 * The permissions under `permissions.define`.
 * @throws ManifestError when WorkOS would reject one
 */
function permissionsDefined({ permissions }: Pick<Manifest, 'permissions'>): DesiredResource[] {
  return Object.entries(permissions.define).map(([slug, { name, description }]) => {
    const result = normalise({ key: slug, name, description })
    if (result.ok) return { kind: 'permission', ...result.value }
    throw new ManifestError(
      result.problems.map(({ field, ...problem }) => ({
        ...problem,
        path: ['permissions.define', slug, ...(field === 'key' ? [] : [field])].join('.'),
      })),
    )
  })
}

function normalise(fields: Record<string, unknown>): NormaliseResult {
  const problems: ValueProblem[] = []
  const found = problems.length
  const key = take('key', optionalText(fields.key), problems)
  if (key === undefined && problems.length === found) {
    problems.push({
      code: 'permission_unnamed',
      field: 'key',
      message: 'the permission has no slug',
      hint: 'map its slug as key, or skip the record with map.permission.when',
    })
  }
  if (key !== undefined) take('key', permissionSlug(key), problems)
  const labels = readLabels(`permission ${JSON.stringify(key ?? null)}`, fields, problems)
  if (problems.length > 0 || key === undefined) return { ok: false, key: key ?? null, problems }
  return { ok: true, value: { key, attributes: { name: key, ...labels }, secrets: null, refs: {}, notes: [] } }
}
