import { isObject, type JsonObject } from '../../json.ts'
import type { DesiredResource, LiveResource, RefIds } from '../../resource.ts'
import type { KindDefinition } from '../kind.ts'
import { isInScope, refOf } from '../scope.ts'
import { pages, pick, requiredText, textOf } from '../wire.ts'
import { enrolledFault } from './totp-answer.ts'

const FACTORS = '/auth/factors'

/** Codes besides a plain 409 that say that the user has one already. WorkOS does not document one. */
const EXISTS: ReadonlySet<string> = new Set([
  'authentication_factor_already_exists',
  'entity_already_exists',
  'conflict',
])

/**
 * A user's authenticator app. It is made out of the user's secret once records are merged, and enrolled once: WorkOS never tells a
 * secret, so nobody can compare, and whoever has a factor there, of ours or not, is not given another.
 */
export const totpFactor: KindDefinition = {
  name: 'totp-factor',
  plural: 'TOTP factors',
  refs: { user: 'user' },
  fields: {
    totpSecret: { secret: true, compare: 'value', merge: 'first', updatable: false },
    issuer: { compare: 'value', merge: 'first', compared: false },
    account: { compare: 'value', merge: 'first', compared: false },
  },
  mapped: [],
  normalise: () => {
    throw new TypeError('no record describes a TOTP factor')
  },
  keyFromRefs: ({ user = '' }) => user,
  scope: { desired: isInScope('user', refOf('user')) },
  rateClass: 'write',
  within: 'user',
  sparse: true,
  deletion: { undoneAlone: true },
  stateScope: { is: 'hanging', on: 'user', of: ['user'] },
  whyNotCreatable: () => undefined,
  naturalKey: (_desired, { user }) => user ?? null,
  list: async function* (api, parentIds) {
    for await (const id of parentIds) yield* factorsOf(api, id)
  },
  find: async (api, _desired, { user }) => {
    if (user === undefined) return undefined
    for await (const [first] of factorsOf(api, user)) if (first !== undefined) return first
    return undefined
  },
  get: async (api, id) => {
    const body = await api.read(`${FACTORS}/${encodeURIComponent(id)}`)
    return body !== undefined && textOf(body, 'type') === 'totp' ? parse(body, {}) : undefined
  },
  create: ({ key, attributes, secrets }, { user }) => {
    if (user === undefined) throw new TypeError(`totp-factor ${key} cannot be created before its user`)
    const issuer = textOf(attributes, 'issuer')
    const account = textOf(attributes, 'account')
    return {
      method: 'POST',
      path: pathOf(user),
      body: {
        type: 'totp',
        totp_secret: requiredText(secrets ?? {}, 'totpSecret'),
        ...(issuer !== null && { totp_issuer: issuer }),
        ...(account !== null && { totp_user: account }),
      },
    }
  },
  update: () => [],
  remove: (id) => ({ method: 'DELETE', path: `${FACTORS}/${encodeURIComponent(id)}` }),
  parse,
  refuted,
  exists: (codes, status) => status === 409 || codes.some((code) => EXISTS.has(code)),
  label: ({ key, attributes }) => textOf(attributes, 'account') ?? key,
  planned: {
    adoptedNote: { code: 'totp_left_alone', detail: 'totpSecret' },
    secretNotes: { changed: 'totp_changed_in_source' },
  },
}

function pathOf(user: string): string {
  return `/user_management/users/${encodeURIComponent(user)}/auth_factors`
}

/** The TOTP factors of a user, page by page. None where the user is gone. */
async function* factorsOf(api: Parameters<KindDefinition['list']>[0], user: string): AsyncGenerator<LiveResource[]> {
  for await (const page of pages(api, pathOf(user), { order: 'asc' }, (body) => parse(body, { user }))) {
    yield page.filter(({ attributes }) => attributes.type === 'totp')
  }
}

/** Enrolling answers the secret, this once: another one than was sent makes codes that nobody's app shows. */
function refuted(body: JsonObject, { secrets }: DesiredResource): { code: string; message: string } | undefined {
  const { totp } = factorOf(body)
  if (!isObject(totp)) return undefined
  const fault = enrolledFault(totp as JsonObject, requiredText(secrets ?? {}, 'totpSecret'))
  return fault === undefined ? undefined : { code: 'totp_answered_otherwise', message: fault }
}

function factorOf(body: JsonObject): JsonObject {
  const enrolled = body.authentication_factor
  return isObject(enrolled) ? (enrolled as JsonObject) : body
}

/** What enrolling answers has the secret in it: nothing but what is named here is taken out of an answer. */
function parse(body: JsonObject, { user }: RefIds): LiveResource {
  const factor = factorOf(body)
  const totp = isObject(factor.totp) ? (factor.totp as JsonObject) : {}
  return {
    id: requiredText(factor, 'id'),
    externalId: null,
    naturalKey: textOf(factor, 'user_id') ?? user ?? null,
    attributes: {
      type: textOf(factor, 'type'),
      ...pick(totp, 'issuer', 'issuer'),
      ...pick(totp, 'user', 'account'),
    },
  }
}
