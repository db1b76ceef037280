import type { Manifest } from '../config/manifest.ts'
import { ManifestError } from '../diagnostics/errors.ts'
import type { JsonObject } from '../json.ts'
import { createBody, requiredText, type Spelling, textOf, told, updateBody } from './body.ts'
import type { DesiredResource, KindDefinition, LiveResource, NormaliseResult, ValueProblem } from './kind.ts'
import { listed } from './paging.ts'
import { settle, shown } from './values/check.ts'
import { isRoleSlug, MAX_ROLE_SLUG } from './values/roles.ts'
import { optionalText } from './values/text.ts'

const PATH = '/authorization/roles'

const SPELLING: Spelling = { name: 'name', description: 'description' }

/** WorkOS's limits on a role, in characters. */
const MAX_LENGTH = { name: 48, description: 150 }

/** A role of the environment. Created where it is missing; an existing one is never overwritten. */
export const role: KindDefinition = {
  name: 'role',
  plural: 'roles',
  refs: {},
  fields: {
    name: { compare: 'value', merge: 'first', updatable: false },
    description: { compare: 'value', merge: 'first', updatable: false },
  },
  mapped: [],
  normalise,
  writes: 'other',
  missing: () => undefined,
  natural: (desired) => desired.key,
  list: async function* (api) {
    yield listed(PATH, await api.read(PATH)).map(parse)
  },
  find: (api, desired) => get(api, desired.key),
  get,
  create: ({ key, attributes }) => ({
    method: 'POST',
    path: PATH,
    body: { slug: key, ...createBody(attributes, SPELLING) },
  }),
  update: (id, changes) => [
    { method: 'PATCH', path: `${PATH}/${encodeURIComponent(id)}`, body: updateBody(changes, SPELLING) },
  ],
  remove: () => undefined,
  parse,
  exists: (codes) => codes.includes('role_slug_conflict'),
  label: ({ attributes, key }) => textOf(attributes, 'name') ?? key,
}

/**
 * The roles under `roles.define`.
 * @throws ManifestError when WorkOS would not take one
 */
export function rolesDefined(manifest: Pick<Manifest, 'roles'>): DesiredResource[] {
  return Object.entries(manifest.roles.define).map(([slug, { name, description }]) => {
    const result = normalise({ key: slug, name, description })
    if (!result.ok) {
      throw new ManifestError(
        result.problems.map(({ code, field, message, hint }) => ({
          code,
          message,
          hint,
          path: field === 'key' ? `roles.define.${slug}` : `roles.define.${slug}.${field}`,
        })),
      )
    }
    const { key, attributes, secrets, refs } = result.value
    return { kind: 'role', key, attributes, secrets, refs }
  })
}

function normalise(fields: Record<string, unknown>): NormaliseResult {
  const problems: ValueProblem[] = []
  const key = settle('key', optionalText(fields.key), problems) ?? null
  if (key === null || !isRoleSlug(key)) {
    problems.push({
      code: 'invalid_role_slug',
      field: 'key',
      message: `${shown(key)} is not a role slug`,
      hint: `use at most ${MAX_ROLE_SLUG} lowercase letters, digits, - and _`,
    })
  }
  const attributes: JsonObject = {}
  for (const field of ['name', 'description'] as const) {
    const text = settle(field, optionalText(fields[field]), problems)
    if (text === undefined) continue
    attributes[field] = text
    if (text.length > MAX_LENGTH[field]) {
      problems.push({
        code: 'role_text_too_long',
        field,
        message: `the ${field} of role ${shown(key)} has ${text.length} characters`,
        hint: `WorkOS takes at most ${MAX_LENGTH[field]}`,
      })
    }
  }
  if (attributes.name === undefined && key !== null) attributes.name = key
  if (problems.length > 0 || key === null) return { ok: false, key, problems }
  return { ok: true, value: { key, attributes, secrets: null, refs: {}, notes: [] } }
}

async function get(api: Parameters<KindDefinition['get']>[0], slug: string): Promise<LiveResource | undefined> {
  const body = await api.read(`${PATH}/${encodeURIComponent(slug)}`)
  return body === undefined ? undefined : parse(body)
}

function parse(body: JsonObject): LiveResource {
  const slug = requiredText(body, 'slug')
  return {
    id: slug,
    externalId: null,
    natural: slug,
    createdAt: textOf(body, 'created_at'),
    attributes: { ...told(body, 'name', 'name'), ...told(body, 'description', 'description') },
  }
}
